"""Heads: least-cost matching, losses against plain geometry, padding that is not seen, paths in metres."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
scipy_optimize = pytest.importorskip("scipy.optimize")

from geoglot.errors import InputError  # noqa: E402
from geoglot.nets.box_head import ABSENT, Boxes, BoxHead, BoxHeadConfig, BoxTargets  # noqa: E402
from geoglot.nets.box_loss import focal, giou, prob_iou_loss  # noqa: E402
from geoglot.nets.bridge import BridgeConfig, frame_places  # noqa: E402
from geoglot.nets.mask_head import MaskHead, MaskHeadConfig  # noqa: E402
from geoglot.nets.matching import assign  # noqa: E402
from geoglot.nets.pixels import Pixels  # noqa: E402
from geoglot.nets.states import States  # noqa: E402
from geoglot.nets.trajectory_head import Paths, PathTargets, TrajectoryHead, TrajectoryHeadConfig  # noqa: E402
from geoglot.nets.trunk import Levels  # noqa: E402


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.integers(0, 9), st.integers(0, 2**32 - 1), st.booleans())
def test_the_assignment_costs_least(rows: int, more: int, seed: int, ties: bool) -> None:
    rng = np.random.default_rng(seed)
    shape = (rows, rows + more)
    costs = rng.integers(-3, 3, shape).astype(float) if ties else rng.normal(size=shape)
    chosen = assign(costs)
    assert len(set(chosen.tolist())) == rows
    expected = costs[scipy_optimize.linear_sum_assignment(costs)].sum()
    assert costs[np.arange(rows), chosen].sum() == pytest.approx(expected, abs=1e-9)


def test_costs_that_cannot_be_assigned_are_refused() -> None:
    for costs in (np.zeros((3, 2)), np.array([[1.0, np.nan]])):
        with pytest.raises(InputError):
            assign(costs)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([0.5, 0.5, 1, 1], [0.5, 0.5, 1, 1], 1.0),
        ([0.5, 0.5, 1, 1], [1.0, 0.5, 1, 1], 1 / 3),
        ([0.5, 0.5, 1, 1], [2.5, 0.5, 1, 1], -1 / 3),  # one unit apart: hull 3, union 2
        ([0.5, 0.5, 1, 1], [0.5, 0.5, 0.5, 0.5], 0.25),
    ],
)
def test_giou_of_boxes_by_hand(one: list[float], other: list[float], expected: float) -> None:
    assert float(giou(torch.tensor(one), torch.tensor(other))) == pytest.approx(expected, abs=1e-6)


def turned_guess(angle: float, long: float = 0.2, short: float = 0.05) -> torch.Tensor:
    return torch.tensor([[0.4, 0.6, long, short, math.sin(2 * angle), math.cos(2 * angle)]])


def test_equal_turned_boxes_are_at_distance_nought_whichever_way_round() -> None:
    for angle in (0.0, 0.3, 1.2, 2.9):
        truth = torch.tensor([[0.4, 0.6, 0.2, 0.05, angle + math.pi]])
        assert float(prob_iou_loss(turned_guess(angle), truth)) < 2e-3


def test_the_distance_of_turned_boxes_is_that_of_their_gaussians() -> None:
    """Hellinger distance by numerical integration of the two densities."""
    guess, truth = turned_guess(0.3), torch.tensor([[0.43, 0.58, 0.15, 0.08, 0.9]])
    grid = np.linspace(-0.4, 1.4, 1200)
    x, y = np.meshgrid(grid, grid)

    def density(cx: float, cy: float, long: float, short: float, angle: float) -> np.ndarray:
        u = (x - cx) * math.cos(angle) + (y - cy) * math.sin(angle)
        v = -(x - cx) * math.sin(angle) + (y - cy) * math.cos(angle)
        a, b = long**2 / 12, short**2 / 12
        return np.exp(-(u**2) / (2 * a) - v**2 / (2 * b)) / (2 * math.pi * math.sqrt(a * b))

    overlap = np.sqrt(density(0.4, 0.6, 0.2, 0.05, 0.3) * density(0.43, 0.58, 0.15, 0.08, 0.9)).sum()
    overlap *= (grid[1] - grid[0]) ** 2
    assert float(prob_iou_loss(guess, truth)) == pytest.approx(math.sqrt(1 - overlap), abs=1e-3)


def test_the_focal_loss_forgives_what_is_nearly_right() -> None:
    logits, wanted = torch.tensor([4.0, -4.0, 0.0]), torch.tensor([1.0, 0.0, 1.0])
    p = torch.sigmoid(logits)
    right = torch.where(wanted > 0, p, 1 - p)
    share = torch.where(wanted > 0, 0.25, 0.75)
    torch.testing.assert_close(focal(logits, wanted), -share * (1 - right) ** 2 * right.log())


def states(count: int = 2, seen: int = 6, width: int = 32) -> States:
    return States(torch.randn(count, width), torch.randn(count, seen, width), torch.ones(count, seen, dtype=torch.bool))


def boxes_of(*upright: list[float]) -> BoxTargets:
    n = len(upright)
    return BoxTargets(torch.zeros(n, dtype=torch.long), torch.tensor(upright).view(n, 4), torch.full((n, 3), math.nan))


@torch.no_grad()
def test_queries_begin_with_boxes_spread_over_the_frame() -> None:
    head = BoxHead(BoxHeadConfig(0, queries=16), 32)
    x, y, width, height = head.starts.detach().sigmoid().T
    quarters = {(int(2 * a), int(2 * b)) for a, b in zip(x.tolist(), y.tolist(), strict=True)}
    assert quarters == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert torch.pdist(torch.stack([x, y], dim=-1)).min() > 0.1
    assert torch.allclose(width, torch.full((16,), 17**-0.5))
    assert torch.equal(width, height)


def test_boxes_that_lie_right_cost_least_in_any_order() -> None:
    torch.manual_seed(0)
    head = BoxHead(BoxHeadConfig(0, queries=5), 32)
    boxes = head(states(1))
    first, second = boxes.upright[0, 1].tolist(), boxes.upright[0, 3].tolist()
    there = head.loss(boxes, (boxes_of(first, second),))
    assert torch.equal(there, head.loss(boxes, (boxes_of(second, first),)))
    moved = [[x + 0.2, y, w, h] for x, y, w, h in (first, second)]
    assert head.loss(boxes, (boxes_of(*moved),)) > there + 0.5


def test_following_the_loss_leads_to_the_boxes_upright_and_turned() -> None:
    """The guesses themselves are moved, without a network between: what is tested is where the loss points."""
    generator = torch.Generator().manual_seed(0)
    head = BoxHead(BoxHeadConfig(0, queries=4), 32)
    target = BoxTargets(
        torch.zeros(2, dtype=torch.long),
        torch.tensor([[0.2, 0.3, 0.1, 0.1], [0.7, 0.6, 0.3, 0.2]]),
        torch.tensor([[math.nan] * 3, [0.3, 0.1, 0.5]]),
    )
    free = [torch.randn(1, 4, n, generator=generator).requires_grad_() for n in (1, 6, 2)]

    def guesses() -> Boxes:
        sides, unit = free[1].sigmoid(), torch.nn.functional.normalize(free[2], dim=-1)
        return Boxes(free[0], sides[..., :4], torch.cat([sides[..., 4:], unit], -1))

    for step in range(300):
        slopes = torch.autograd.grad(head.loss(guesses(), (target,)), free)
        with torch.no_grad():
            for values, slope in zip(free, slopes, strict=True):
                values -= 0.1 * (1 - step / 300) * slope.sign()
    with torch.no_grad():
        boxes = guesses()
        odds = boxes.logits[0, :, 0].sigmoid()
        sure = odds.argsort(descending=True)
        assert float(odds[sure[1]]) > 0.9 > 0.1 > float(odds[sure[2]])
        overlap = giou(boxes.upright[0, sure[:2], None], target.upright[None])
        assert float(overlap.max(0).values.min()) > 0.9
        turned = boxes.turned[0, sure[int(overlap[:, 1].argmax())]]
        assert turned[:2].tolist() == pytest.approx([0.3, 0.1], abs=0.02)
        assert math.atan2(*turned[2:].tolist()) / 2 == pytest.approx(0.5, abs=0.05)


@torch.no_grad()
def test_no_boxes_and_more_boxes_than_queries_have_a_loss_too() -> None:
    head = BoxHead(BoxHeadConfig(0, queries=3), 32)
    boxes = head(states(2))
    many = boxes_of(*[[0.1 * k + 0.1, 0.5, 0.1, 0.1] for k in range(5)])
    loss = head.loss(boxes, (boxes_of(), many))
    assert bool(loss.isfinite())


@torch.no_grad()
def test_an_image_token_begins_with_the_box_of_what_it_shows_and_a_tag_with_none() -> None:
    head = BoxHead(BoxHeadConfig(0, queries=3), 32)
    for parameter in head.geometry[-1].parameters():
        parameter.zero_()
    places = frame_places(BridgeConfig(4, tags=True), 4, 6)
    given = replace(states(1, 7), places=places[None])
    boxes = head(given)
    assert torch.equal(boxes.logits[0, :, 0] > ABSENT, torch.tensor([True] * 3 + [False] + [True] * 6))
    torch.testing.assert_close(boxes.upright[0, 4:], places[1:])
    assert places[0].tolist() == [0] * 4
    assert places[6].tolist() == pytest.approx([5 / 6, 3 / 6, 1 / 3, 1 / 3])


@torch.no_grad()
def test_boxes_of_a_row_with_fewer_image_tokens_are_the_same_and_the_missing_ones_are_never_taken() -> None:
    torch.manual_seed(0)
    head = BoxHead(BoxHeadConfig(0, queries=2), 32)
    places = frame_places(BridgeConfig(4), 4, 4)[None]
    short = replace(states(1, 4), places=places)
    there = torch.tensor([[True] * 4 + [False] * 4])
    padded = States(short.state, torch.randn(1, 8, 32), there, places=torch.cat([places, places], dim=1))
    padded.visual[:, :4] = short.visual
    one, other = head(short), head(padded)
    torch.testing.assert_close(one.upright, other.upright[:, :6], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(one.logits, other.logits[:, :6], atol=1e-5, rtol=1e-5)
    many = boxes_of(*[[0.1 * k + 0.1, 0.5, 0.1, 0.1] for k in range(8)])  # more than the six that there are
    torch.testing.assert_close(head.loss(one, (many,)), head.loss(other, (many,)), atol=1e-4, rtol=1e-4)


def taught_places(*, steps: int, kinds: int, alike: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Teach a head on given features where things of some kinds are; give scores of other scenes, and what is asked.

    alike: a thing is asked for by the very features it is seen by. Scores and what is there are (K, 16), of tokens.
    """
    torch.manual_seed(0)
    head = BoxHead(BoxHeadConfig(0, queries=4, narrow=32, layers=1), 16)
    adam = torch.optim.AdamW(head.parameters(), 3e-3)
    places = frame_places(BridgeConfig(4), 8, 8)  # (16, 4)
    shown = torch.randn(kinds, 16)
    words = shown if alike else torch.randn(kinds, 16)
    chances = torch.tensor([0.8, *[0.2 / kinds] * kinds])

    def drawn(count: int) -> tuple[States, torch.Tensor]:
        lying = torch.multinomial(chances, count * 16, replacement=True).view(count, 16)
        asked = torch.randint(kinds, (count,))
        seen = torch.cat([torch.zeros(1, 16), shown])[lying] + 0.1 * torch.randn(count, 16, 16)
        there = torch.ones(count, 16, dtype=torch.bool)
        given = States(words[asked], seen, there, places=places.expand(count, -1, -1))
        return given, lying == asked[:, None] + 1

    for _ in range(steps):
        given, right = drawn(16)
        head.loss(head(given), tuple(boxes_of(*places[row].tolist()) for row in right)).backward()
        adam.step()
        adam.zero_grad()
    with torch.no_grad():
        given, right = drawn(64)
        return head(given).logits[:, 4:, 0].sigmoid(), right


def test_u_2_a_head_that_is_taught_where_things_are_says_so_with_more_than_a_half() -> None:
    """On given features: every token says what lies on it. Learned queries alone stay below a half for long."""
    scores, right = taught_places(steps=120, kinds=2, alike=True)
    assert 0.8 * int(right.sum()) <= int((scores > 0.5).sum()) <= 1.2 * int(right.sum())


def test_u_2_what_is_asked_for_is_told_from_what_else_lies_there() -> None:
    """A word and what it means do not look alike. A head that only adds the two gave every thing the same score."""
    scores, right = taught_places(steps=45, kinds=4, alike=False)
    said = scores > 0.5
    assert 2 * int((said & right).sum()) > 0.9 * int(said.sum() + right.sum())


@pytest.mark.parametrize("kind", ["mlp", "queries"])
@torch.no_grad()
def test_padding_is_not_seen(kind: str) -> None:
    torch.manual_seed(0)
    head = TrajectoryHead(TrajectoryHeadConfig(0, steps=4, kind=kind), 32)  # type: ignore[arg-type]
    short = states(1, 4)
    padded = States(
        short.state,
        torch.cat([short.visual, torch.randn(1, 3, 32)], 1),
        torch.tensor([[True] * 4 + [False] * 3]),
    )
    torch.testing.assert_close(head(short).steps, head(padded).steps, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_steps_beyond_the_goal_are_not_scored() -> None:
    head = TrajectoryHead(TrajectoryHeadConfig(0, steps=4, kind="mlp"), 8)
    goal = PathTargets(torch.randn(2, 4, 3), torch.tensor([2, 4]))
    paths = Paths(torch.randn(2, 4, 3), torch.randn(2, 4))
    beyond = Paths(paths.steps.clone(), paths.stop.clone())
    beyond.steps[0, 2:] += 5
    beyond.stop[0, 2:] += 5
    torch.testing.assert_close(head.loss(paths, goal), head.loss(beyond, goal))
    beyond.steps[0, 1] += 5
    assert head.loss(beyond, goal) > head.loss(paths, goal)


@torch.no_grad()
def test_the_path_loss_is_its_formula() -> None:
    head = TrajectoryHead(TrajectoryHeadConfig(0, steps=2, kind="mlp"), 8)
    paths = Paths(torch.tensor([[[0.5, 0.0, 0.0], [0.05, 0.0, 0.0]]]), torch.tensor([[0.0, 2.0]]))
    goal = PathTargets(torch.zeros(1, 2, 3), torch.tensor([2]))

    def smooth(x: float) -> float:
        return 0.5 * x**2 / 0.1 if x < 0.1 else x - 0.05

    step = (smooth(0.5) + smooth(0.05)) / 2
    stop = (math.log(2) + math.log1p(math.exp(-2.0))) / 2
    end = smooth(0.55) / 3
    assert float(head.loss(paths, goal)) == pytest.approx(step + 0.5 * stop + end, abs=1e-6)


def test_positions_are_metres_from_the_start() -> None:
    paths = Paths(torch.tensor([[[0.1, 0.0, 0.0], [0.1, -0.2, 0.0]]]), torch.zeros(1, 2))
    torch.testing.assert_close(paths.positions_m(100.0)[0], torch.tensor([[10.0, 0.0, 0.0], [20.0, -20.0, 0.0]]))


@torch.no_grad()
def test_masks_are_scored_by_cross_entropy_and_dice() -> None:
    head = MaskHead(MaskHeadConfig(0, width=8), 32)
    given = states(2)
    logits = head(States(given.state, given.visual, given.present, torch.randn(2, 8, 6, 10)))
    assert logits.shape == (2, 6, 10)
    truth = (torch.rand(2, 6, 10) > 0.5).float()
    perfect = (truth * 2 - 1) * 20
    assert float(head.loss(perfect, truth)) < 1e-3
    odds = logits.sigmoid()
    entropy = -(truth * odds.log() + (1 - truth) * (1 - odds).log()).mean()
    dice = [1 - (2 * (o * t).sum() + 1) / (o.sum() + t.sum() + 1) for o, t in zip(odds, truth, strict=True)]
    torch.testing.assert_close(head.loss(logits, truth), entropy + torch.stack(dice).mean())
    with pytest.raises(InputError):
        head(given)


@torch.no_grad()
def test_what_masks_are_drawn_on_has_a_cell_for_every_four_pixels_of_all_depths() -> None:
    drawn, tap, last = Pixels((16, 32), 11), torch.randn(1, 4, 6, 16), torch.randn(1, 2, 3, 32)
    features = drawn(Levels((tap,), last), (64, 96))
    assert features.shape == (1, 11, 16, 24)
    for other in (Levels((tap + 1,), last), Levels((tap,), last + 1)):
        assert float((drawn(other, (64, 96)) - features).abs().max()) > 0
