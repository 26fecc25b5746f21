"""`python -m tests.bench.order`: colours tell the order of bands where they can, and what is told is right."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch")

from geoglot.data.readers import Card, Labelled
from geoglot.sensors import Unit
from geoglot.train import shard
from tests.bench import order
from tests.bench.order import ORDERS, PIXELS

WARM = (40, 10, -20)  # how far red, green and blue stand above the light of a place


def warm(count: int, *, seed: int) -> NDArray[np.uint8]:
    """(count, 3, 2, PIXELS) pixels and their neighbours, of pictures with red above green and that above blue."""
    rng = np.random.default_rng(seed)
    light = rng.integers(60, 180, (count, 1, 2, PIXELS))
    grain = rng.integers(-8, 9, (count, 3, 2, PIXELS))
    return np.asarray(light + np.array(WARM)[:, None, None] + grain, np.uint8)


def picture(name: str, split: str, *, size: tuple[int, int] = (64, 48), seed: int = 0) -> Labelled:
    rng = np.random.default_rng(seed)
    width, height = size
    light = rng.integers(60, 180, (height, width))
    pixels = (light + np.array(WARM)[:, None, None] + rng.integers(-8, 9, (3, height, width))).astype(np.uint8)
    return Labelled(name, split, ("red", "green", "blue"), pixels, Unit.DISPLAY, 0.5)


def written(folder: Path, *images: Labelled) -> Path:
    card = Card(folder.name, "Warm pictures", "", "none", "own", True, "", "", (("train", 1),), frozenset())
    shard.write(folder, card, images)
    return folder


def test_swapped_bands_give_the_statistics_of_the_other_orders() -> None:
    pixels = warm(2, seed=0)
    known = order.statistics(pixels)
    for swap in ORDERS:
        found = order.statistics(pixels[:, list(swap)])
        for place, then in enumerate(ORDERS):
            both = tuple(swap[band] for band in then)
            assert np.array_equal(found[:, place], known[:, ORDERS.index(both)])


def test_the_statistics_of_other_orders_differ() -> None:
    known = order.statistics(warm(1, seed=0))[0]
    assert len({row.tobytes() for row in known}) == len(ORDERS)


@pytest.mark.parametrize("rule", ["line", "network"])
def test_a_rule_prefers_the_order_that_pictures_have(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "BATCH", 16)  # of few pictures
    fitted = getattr(order, rule)(order.statistics(warm(60, seed=1)), np.ones(60))
    others = [fitted(order.statistics(warm(20, seed=2)[:, list(swap)])) for swap in ORDERS]
    for swap, scores in zip(ORDERS, others, strict=True):
        right = tuple(swap.index(band) for band in range(3))  # what brings the bands back
        assert (scores.argmax(axis=1) == ORDERS.index(right)).all()


def test_the_margin_is_what_the_best_other_order_scores_more() -> None:
    scores = np.array([[3.0, 1.0, 0.0, -1.0, 2.0, 0.0]])
    assert order.margin(scores).tolist() == [[-1.0, 2.0, 3.0, 4.0, 1.0, 3.0]]


def test_a_pixel_is_drawn_with_its_right_neighbour(tmp_path: Path) -> None:
    steps = np.broadcast_to(np.arange(64, dtype=np.uint8) * 3 + 10, (3, 48, 64))
    ramp = Labelled("ramp", "train", ("red", "green", "blue"), steps, Unit.DISPLAY, 0.5)
    (found,) = order.drawn(written(tmp_path / "ramp", ramp), ("train",), 9, np.random.default_rng(0))
    assert found.shape == (3, 2, PIXELS)
    assert set(np.unique(found[:, 1].astype(int) - found[:, 0])) <= {2, 3}  # a level is 254 / 255 of a count


def test_large_pictures_are_drawn_by_tiles_and_those_without_data_not_at_all(tmp_path: Path) -> None:
    large = picture("large", "train", size=(520, 300))
    half, small, other = picture("half", "train"), picture("small", "train"), picture("other", "val")
    folder = written(tmp_path / "some", large, half, small, other)
    np.lib.format.open_memmap(folder / "levels.npy", "r+")[1, :, :24] = 0  # as a shard says: no data
    found = order.drawn(folder, ("train",), 9, np.random.default_rng(0))
    assert len(found) == 2 + 1
    assert len(order.drawn(folder, ("train", "val"), 9, np.random.default_rng(0))) == 2 + 1 + 1
    assert len(order.drawn(folder, ("val",), 9, np.random.default_rng(0))) == 1


def test_another_light_keeps_grey_grey_and_colours_in_their_order() -> None:
    rng = np.random.default_rng(3)
    grey = np.repeat(warm(40, seed=4)[:, :1], 3, axis=1)
    lit = order.in_other_light(grey, rng).astype(int)
    assert lit.min() >= 1
    assert np.abs(lit - grey).mean() > 5  # another light it is
    assert np.median(np.ptp(lit.mean(axis=(2, 3)), axis=1)) < 20
    red, green, blue = order.in_other_light(warm(40, seed=4), rng).mean(axis=(2, 3)).T
    assert ((red > green) & (green > blue)).mean() > 0.9


def test_the_interval_of_a_share_is_that_of_as_many_pictures() -> None:
    assert order.between(np.ones((50, 5), bool)) == "100.0 (100.0 to 100.0)"
    half = np.arange(400)[:, None] % 2 == 0
    told = re.fullmatch(r"50\.0 \((.+) to (.+)\)", order.between(half))
    assert told
    assert [float(end) for end in told.groups()] == pytest.approx([45.1, 54.9], abs=1.0)  # 1.96 * sqrt(0.25 / 400)


def test_the_table_tells_what_is_noticed_of_each_group(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("a", "b"):
        written(
            tmp_path / name,
            *[picture(f"t{k}", "train", seed=k) for k in range(20)],
            *[picture(f"v{k}", "val", seed=100 + k) for k in range(10)],
        )
    monkeypatch.setattr(order, "BATCH", 16)
    monkeypatch.setattr(order, "TAUGHT", ("a", "b"))
    monkeypatch.setattr(order, "GROUPS", {"taught": ("a",), "others": ("b",)})
    order.main(tmp_path)
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("| a line", "| a network"))]
    assert len(rows) == 2 * (2 + 2 * 2)  # of each rule: each group, and each group at two limits
    assert rows[0] == "| a line | taught | 10 | 100, 100, 100, 100, 100 |"
    assert all("noticed 100.0 (100.0 to 100.0)" in row for row in rows if "limit" in row)
