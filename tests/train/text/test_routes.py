"""The same question is answered in words and from a state, and both answers are scored by one rule."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from geoglot.nets.batch import Batch  # noqa: E402
from geoglot.nets.box_head import Boxes  # noqa: E402
from geoglot.nets.family import Member  # noqa: E402
from geoglot.nets.trajectory_head import Paths, TrajectoryHeadConfig  # noqa: E402
from geoglot.regions import Box, Mask, OrientedBox, Path, Point  # noqa: E402
from geoglot.train.text.drawn import Drawn  # noqa: E402
from geoglot.train.text.member_feed import groups  # noqa: E402
from geoglot.train.text.member_layout import Layout, Taught  # noqa: E402
from geoglot.train.text.routes import (  # noqa: E402
    SILENT,
    Both,
    Written,
    agreement,
    both,
    matched,
    replied,
    scored,
    scores,
)
from geoglot.train.text.seen import Asked  # noqa: E402
from geoglot.train.text.truths import (  # noqa: E402
    box_targets,
    boxes_of,
    mask_of,
    mask_target,
    path_of,
    path_target,
    turned_boxes_of,
)
from tests.train.text.test_member import ASKED, DRAWN, TINY, talk  # noqa: E402
from tests.train.text.test_member import layout as layout  # noqa: E402

CONFIG = TrajectoryHeadConfig(0, steps=4)


def test_turned_boxes_come_back_from_their_targets() -> None:
    regions = (OrientedBox(12, 8, 16, 6, 20), OrientedBox(50, 40, 4, 10, -10))
    target = box_targets(regions, 64)
    angle = target.turned[:, 2:]
    turned = torch.cat([target.turned[:, :2], (2 * angle).sin(), (2 * angle).cos()], dim=1)
    given = Boxes(torch.tensor([[[3.0], [5.0]]]), target.upright[None], turned[None])
    back = turned_boxes_of(given, 0, 64)
    assert [one.iou(other) for one, other in zip(back, regions[::-1], strict=True)] == pytest.approx([1, 1], abs=1e-3)
    upright = boxes_of(given, 0, 64)
    assert upright[0].iou(regions[1].bounds) == pytest.approx(1, abs=1e-4)
    assert upright[0].score == pytest.approx(1 / (1 + math.exp(-5)))
    assert len(boxes_of(given, 0, 64, least=0.99)) == 1


def test_boxes_are_cut_to_the_frame_and_plain_ones_have_no_angle() -> None:
    target = box_targets((Box(-10, 0, 10, 20),), 40)
    assert target.upright[0].tolist() == pytest.approx([0.125, 0.25, 0.25, 0.5])
    assert bool(target.turned.isnan().all())
    assert box_targets((), 40).upright.shape == (0, 4)


def test_a_mask_comes_back_as_far_as_its_cells_go() -> None:
    inside = np.zeros((64, 64), bool)
    inside[8:40, 16:30] = True
    target = mask_target(Mask.from_array(inside), 64, 16)
    assert float(target[2, 4]) == 1
    assert float(target[2, 7]) == 0.5
    back = mask_of(target - 0.4, 64)
    assert back.iou(Mask.from_array(inside)) == pytest.approx(14 / 16, abs=1e-6)


@pytest.mark.parametrize("gsd_m", [None, 0.5, 10.0])
def test_a_path_comes_back_in_pixels_and_a_long_one_is_cut_evenly(gsd_m: float | None) -> None:
    path = Path(((4, 4), (20, 4), (20, 30)))
    target = path_target(path, gsd_m, CONFIG)
    assert target.lengths.tolist() == [2]
    stop = torch.where(torch.arange(4) == target.lengths[0] - 1, 5.0, -5.0)[None]
    back = path_of(Paths(target.steps, stop), 0, (4, 4), gsd_m, CONFIG.scale_m)
    assert back.outline == pytest.approx(path.outline, abs=1e-4)
    winding = Path(tuple((float(x), float(x % 2) * 3) for x in range(12)))
    even = path_target(winding, gsd_m, CONFIG)
    assert even.lengths.tolist() == [4]
    end = path_of(Paths(even.steps, stop * 0 - 5), 0, (0, 0), gsd_m, CONFIG.scale_m).outline[-1]
    assert end == pytest.approx(winding.outline[-1], abs=1e-4)


def test_boxes_are_matched_one_to_one() -> None:
    one, other = Box(0, 0, 10, 10), Box(0, 0, 10, 5)
    assert matched((one,), (other, one)) == [1.0]
    assert sorted(matched((one, other), (one,))) == [1.0]
    assert matched((), (one,)) == []


def test_a_reply_that_cannot_be_read_found_nothing_and_stays_at_the_start() -> None:
    detect, _, _, _, navigate = DRAWN
    found = [
        Both(detect, None, 9, (detect.regions[0].bounds,), 0.5),
        Both(navigate, None, 9, (navigate.regions[0],), 0.5),
    ]
    scored = scores(found)
    assert (scored["words"]["boxes, F1"], scored["state"]["boxes, F1"]) == (0, 1)
    assert scored["words"]["paths, metres from the end"] == pytest.approx(0.5 * math.hypot(16, 8))
    assert scored["state"]["paths, metres from the end"] == 0
    assert math.isnan(scored["words"]["masks, IoU"])


def test_u_2_agreement_is_of_boxes_that_meet_and_of_their_numbers() -> None:
    truth = replace(DRAWN[0], regions=(Box(0, 0, 10, 10), Box(20, 20, 30, 30)))
    words = (Box(0, 0, 10, 10), Box(20, 20, 30, 30))
    found = [Both(truth, words, 9, (Box(0, 0, 10, 5),), 1.0), Both(truth, None, 9, words, 1.0)]
    told = agreement(found)
    assert (told.pairs, told.iou, told.counts_apart, told.unread) == (1, 0.5, 0.5, 0.5)


def test_u_7_a_box_in_words_has_the_probability_of_its_label_and_its_place(layout: Layout) -> None:
    """As the runtime scores it: tests/models/autoregressive/test_writing.py."""
    boxes = (Box(0, 0, 16, 16), Box(16, 16, 32, 32))
    said = layout.written("ship <r0>; ship <r1>", boxes, (32, 32))
    ids = layout.words.ids(said)
    logs = [-0.01 * index for index in range(len(ids))]
    middle = len(layout.words.ids(said.partition(";")[0]))
    first, second = scored(boxes, Written(ids, logs), layout, (32, 32))
    assert first.score == pytest.approx(math.exp(sum(logs[:middle])))
    assert second.score == pytest.approx(math.exp(sum(logs[middle:])))
    assert [first.bounds, second.bounds] == [
        replace(one, score=score.score) for one, score in zip(boxes, (first, second), strict=True)
    ]


def test_an_untrained_member_answers_both_ways(layout: Layout) -> None:
    torch.manual_seed(0)
    member = Member(TINY).eval()
    detect, mask, path = both(member, layout, talk("sar"), [(1, DRAWN[place]) for place in (0, 2, 4)], most=6)
    assert max(one.written for one in (detect, mask, path)) <= 6
    assert path.state[0].outline[0].tolist() == [4, 4]
    assert isinstance(mask.state[0], Mask)


@pytest.fixture(scope="module")
def lively() -> Member:
    """A member whose untrained replies differ from question to question, in words and in length."""
    torch.manual_seed(1)
    member = Member(TINY).eval()
    with torch.no_grad():
        for matrix in (one for one in member.writer.parameters() if one.ndim >= 2):
            matrix.mul_(4)
    return member


def test_questions_side_by_side_are_answered_as_each_alone(layout: Layout, lively: Member) -> None:
    seen = talk("optical")
    seen = replace(seen, views=seen.views * 2, scenes=(*seen.scenes[:2], replace(seen.scenes[2], frames=(1, 0))))
    asked: list[tuple[int, Asked | Drawn]] = [(2, ASKED[0]), (0, ASKED[1]), (2, DRAWN[0]), (1, DRAWN[4])]
    together = replied(lively, layout, seen, asked, most=12)
    alone = [replied(lively, layout, seen, [one], most=12)[0] for one in asked]
    assert together == alone
    assert len(set(together)) > 1


def test_a_reply_is_what_reading_everything_anew_for_every_word_gives(layout: Layout, lively: Member) -> None:
    laid = layout.laid(talk("optical"), 2, Taught())
    start = laid.ids[laid.block == 0].tolist()
    stems = [stem.name for stem in layout.config.stems]
    frames = groups(laid.shown, stems, tiled=False)
    question = layout.prompt(ASKED[0].question, sensor="optical", task="count")
    ids = [*start, *question]
    never = [layout.words[word] for word in SILENT if word in layout.words]
    with torch.no_grad():
        for _ in range(8):
            logits = lively.writer.logits(lively(Batch(torch.tensor([ids]), frames)).hidden[0, -1])
            logits[never] = -torch.inf
            ids.append(int(logits.argmax()))
            if ids[-1] == layout.words.end:
                break
    written = layout.words.text(
        ids[len(start) + len(layout.prompt(ASKED[0].question, sensor="optical", task="count")) :]
    )
    assert replied(lively, layout, talk("optical"), [(2, ASKED[0])], most=8) == [written]


def test_words_and_points_of_a_question_are_written_in_the_members_form(layout: Layout) -> None:
    asked = Drawn("navigate", "From <r0> to <r1>?", "none", (Point(4, 4), Point(20, 12)), ())
    text = layout.written(asked.question, asked.shown, (32, 32))
    over_the_edge = layout.written("<r0>", [(-4.0, 8.0, 16.0, 40.0)], (32, 32))
    assert over_the_edge == '{"hbox_2d": [<0>, <250>, <500>, <999>]}'
    assert text == 'From {"point_2d": [<125>, <125>]} to {"point_2d": [<625>, <375>]}?'
