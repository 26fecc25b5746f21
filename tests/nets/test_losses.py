"""Losses: each data set teaches only what it knows."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

torch = pytest.importorskip("torch")

from geoglot.nets import classes  # noqa: E402
from geoglot.nets.eye import Sight  # noqa: E402
from geoglot.nets.losses import Batch, losses, overlap, total  # noqa: E402

K, COVERS = len(classes.OBJECTS), len(classes.COVER)


def silent() -> Batch:
    """A batch of two views that knows nothing."""
    return Batch(
        image=torch.zeros(2, 9, 32, 32), present=torch.ones(2, 4), heat=torch.zeros(2, K, 8, 8),
        known=torch.zeros(2, K),
        scored=torch.ones(2, 8, 8), where=torch.zeros(0, 4, dtype=torch.long), geometry=torch.zeros(0, 8),
        oriented=torch.zeros(0), share=torch.zeros(0), held=torch.zeros(2, K),
        cover=torch.full((2, 8, 8), 255, dtype=torch.uint8),
        allowed=torch.zeros(1, COVERS, dtype=torch.bool), scene=torch.tensor([-1, -1]),
        tags=torch.full((2, len(classes.TAGS)), -1.0), quality=torch.full((2, len(classes.QUALITY)), -1.0),
    )  # fmt: skip


def guess() -> Sight:
    torch.manual_seed(0)
    sizes = (
        (K, 8, 8),
        (8, 8, 8),
        (COVERS, 8, 8),
        (len(classes.SCENES),),
        (len(classes.TAGS),),
        (len(classes.QUALITY),),
        (64, 8, 8),
    )
    return Sight(*(torch.randn(2, *size, requires_grad=True) for size in sizes))


def test_nothing_known_teaches_nothing() -> None:
    sight = guess()
    total(losses(sight, silent())).backward()
    assert all(float(getattr(sight, name).grad.abs().sum()) == 0 for name in sight.__slots__ if name != "dense")


def test_only_known_classes_are_punished() -> None:
    sight = guess()
    known = torch.zeros(2, K)
    known[0, 3] = 1
    losses(sight, replace(silent(), known=known))["heat"].backward()
    punished = sight.heat.grad.abs().sum(dim=(2, 3)) > 0
    assert punished.nonzero().tolist() == [[0, 3]]


def test_a_class_of_two_covers_is_content_with_either() -> None:
    grass, shrub, water = (classes.COVER.index(name) for name in ("grass", "shrub", "water"))
    allowed = torch.zeros(1, COVERS, dtype=torch.bool)
    allowed[0, [grass, shrub]] = True
    batch = replace(silent(), cover=torch.zeros(2, 8, 8, dtype=torch.uint8), allowed=allowed)

    def loss(cover: int) -> float:
        logits = torch.zeros(2, COVERS, 8, 8)
        logits[:, cover] = 20.0
        return float(losses(replace(guess(), cover=logits), batch)["cover"])

    assert loss(grass) == pytest.approx(0, abs=1e-3)
    assert loss(shrub) == pytest.approx(0, abs=1e-3)
    assert loss(water) > 10


def test_names_that_may_both_be_right_do_not_fight() -> None:
    truth, other = classes.SCENES.index("residential"), classes.SCENES.index("dense residential")
    sight = guess()
    losses(sight, replace(silent(), scene=torch.tensor([truth, -1])))["scene"].backward()
    assert float(sight.scene.grad[0, other]) == 0
    assert float(sight.scene.grad[0, classes.SCENES.index("forest")]) > 0


def test_a_view_of_many_objects_does_not_silence_one_of_few() -> None:
    many, few = torch.zeros(2, K, 8, 8), torch.zeros(2, K, 8, 8)
    few[1, 0, 2, 2] = 1
    many[1, 0, 2, 2] = 1
    many[0, 0] = 1

    def pull(heat: torch.Tensor) -> float:
        sight = guess()
        losses(sight, replace(silent(), heat=heat, known=torch.ones(2, K)))["heat"].backward()
        return float(sight.heat.grad[1, 0, 2, 2].abs())

    assert pull(many) == pytest.approx(pull(few))


def test_boxes_are_compared_at_their_own_cells() -> None:
    sight = guess()
    where = torch.tensor([[1, 0, 5, 6]])
    taught = replace(silent(), where=where, geometry=torch.zeros(1, 8), oriented=torch.zeros(1), share=torch.ones(1))
    losses(sight, taught)["box"].backward()
    assert sight.geometry.grad.abs().sum(dim=1).nonzero().tolist() == [[1, 5, 6]]


NUMBERS = st.tuples(st.floats(-1, 3), st.floats(-1, 3), st.floats(-3, 3), st.floats(-3, 3))


@settings(deadline=None)
@given(NUMBERS, NUMBERS)
def test_the_overlap_of_boxes_is_that_of_shapely(said: tuple[float, ...], truth: tuple[float, ...]) -> None:
    one, other = torch.tensor([said]), torch.tensor([truth])
    boxes = [
        box(x - math.exp(w) / 2, y - math.exp(h) / 2, x + math.exp(w) / 2, y + math.exp(h) / 2)
        for w, h, x, y in (said, truth)
    ]
    shared, union = boxes[0].intersection(boxes[1]).area, boxes[0].union(boxes[1]).area
    around = box(*boxes[0].union(boxes[1]).bounds).area
    assert float(overlap(one, other)) == pytest.approx(shared / union - (around - union) / around, abs=1e-3)


def test_a_truck_among_sixty_cars_weighs_more_than_a_sixtieth() -> None:
    car, truck = 0, 1
    heat = torch.zeros(2, K, 8, 8)
    heat[0, car].view(-1)[:60] = 1
    heat[0, truck, 7, 7] = 1
    known = torch.zeros(2, K)
    known[0] = 1
    batch = replace(silent(), heat=heat, known=known)

    def pull(cls: int, row: int, column: int) -> float:
        sight = replace(guess(), heat=torch.zeros(2, K, 8, 8, requires_grad=True))
        losses(sight, batch)["heat"].backward()
        return float(sight.heat.grad[0, cls, row, column].abs())

    assert pull(truck, 7, 7) == pytest.approx(pull(car, 0, 0) * 60**0.5, rel=1e-4)


def test_views_of_one_class_weigh_alike_however_many_things_they_hold() -> None:
    heat = torch.zeros(2, K, 8, 8)
    heat[0, 0].view(-1)[:60] = 1
    heat[1, 0].view(-1)[:10] = 1
    known = torch.zeros(2, K)
    known[:, 0] = 1
    sight = replace(guess(), heat=torch.full((2, K, 8, 8), -9.0, requires_grad=True))
    losses(sight, replace(silent(), heat=heat, known=known))["heat"].backward()
    pulls = (sight.heat.grad * (heat == 1)).abs().sum(dim=(1, 2, 3))
    assert float(pulls[0]) == pytest.approx(float(pulls[1]), rel=1e-4)
