"""Questions about several frames follow from what is there and from the order in which it is shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from geoglot.regions import codecs  # noqa: E402
from geoglot.train.text.member_feed import groups  # noqa: E402
from geoglot.train.text.member_layout import Layout, Taught  # noqa: E402
from geoglot.train.text.several import (  # noqa: E402
    OPPOSITE,
    Moved,
    Saying,
    Thing,
    decomposed,
    of_dates,
    of_marks,
    of_sensors,
    of_video,
    presence,
    triplets,
)
from geoglot.train.text.views import Talk  # noqa: E402
from tests.train.text.test_member import TINY, VOCABULARY, talk  # noqa: E402

SAYING = Saying(lambda label: label)
SHIP = Thing("ship", (10, 10, 20, 20))


@pytest.mark.parametrize("seed", range(40))
def test_when_there_is_more_follows_from_the_order_that_is_shown(seed: int) -> None:
    posed = of_dates(({"ship": 3, "car": 0}, {"ship": 1, "car": 0}), SAYING, np.random.default_rng(seed))
    asked = {one.kind: one.reply for one in posed.asked}
    if len(posed.frames) == 2 and len(set(posed.frames)) == 2:
        assert asked["more when"] == ("first" if posed.frames == (0, 1) else "last")
    else:
        assert "more when" not in asked
    assert asked.get("images", str(len(posed.frames))) == str(len(posed.frames))
    assert 1 <= len(posed.frames) <= 4


def test_every_number_of_images_is_asked_for_equally_often() -> None:
    rng = np.random.default_rng(0)
    posed = [of_dates(({"ship": 1}, {"ship": 2}), SAYING, rng) for _ in range(3000)]
    counted = Counter(one.reply for each in posed for one in each.asked if one.kind == "images")
    assert set(counted) == {"1", "2", "3", "4"}
    assert max(counted.values()) < 1.25 * min(counted.values())


def test_what_one_sensor_alone_tells_is_no_control() -> None:
    rng = np.random.default_rng(1)
    camera, radar = {"ship": 1, "pool": 1, "court": 0, "car": 0}, {"ship": 1, "car": 0}
    for _ in range(50):
        for one in of_sensors(camera, radar, SAYING, rng, cloudy=False).asked:
            alone = any(label in one.question for label in ("pool", "court"))
            assert one.kind == ("fusion needed" if alone else "fusion control")
        assert {one.kind for one in of_sensors({}, radar, SAYING, rng, cloudy=True).asked} <= {"fusion needed"}


def test_a_clip_shown_backwards_goes_the_other_way_from_where_it_ends() -> None:
    rng = np.random.default_rng(2)
    found = {of_video([Moved(SHIP, (12.0, 1.0))], {}, SAYING, rng, frames=3).frames for _ in range(20)}
    assert found == {(0, 1, 2), (2, 1, 0)}
    for _ in range(20):
        posed = of_video([Moved(SHIP, (12.0, 1.0))], {}, SAYING, rng, frames=3)
        (way,) = posed.asked
        forward = posed.frames == (0, 1, 2)
        assert way.reply == ("right" if forward else OPPOSITE["right"])
        assert way.shown == ((SHIP.box if forward else (22.0, 11.0, 32.0, 21.0)),)


def test_a_rare_class_is_marked_as_often_as_a_frequent_one() -> None:
    rng = np.random.default_rng(3)
    things = [SHIP, *(Thing("car", (x, 30, x + 5, 35)) for x in range(0, 60, 6))]
    posed = [of_marks(things, SAYING, rng) for _ in range(600)]
    counted = Counter(thing.label for _, thing in posed)
    assert abs(counted["ship"] - counted["car"]) < 90
    for each, thing in posed:
        (one,) = each.asked
        assert one.reply == thing.label
        assert thing.label not in one.question
        assert (one.shown == (thing.box,)) == (one.kind == "described")
        assert each.frames == ((0, 1) if one.kind == "marked" else (0,))


def test_presence_is_levelled_and_asks_nothing_that_only_one_answer_fits() -> None:
    rng = np.random.default_rng(4)
    assert presence({"ship": 2}, SAYING, rng, kind="presence") == []
    never = Saying(lambda label: label, lambda label, there: 0.0 if there else 1.0)
    replies = {one.reply for _ in range(60) for one in presence({"ship": 2, "car": 0}, never, rng, kind="presence")}
    assert replies == {"no"}


def test_a_decomposition_names_how_each_lies_to_the_next() -> None:
    car, tank = Thing("car", (50, 12, 60, 22)), Thing("tank", (52, 50, 60, 60))
    one = decomposed([SHIP, car, tank], SAYING, np.random.default_rng(0))
    assert one is not None
    sides = {"ship left of car", "car right of ship", "car above tank", "tank below car"}
    assert triplets(one.reply) <= sides
    assert len(triplets(one.reply)) == 2
    assert decomposed([SHIP, car], SAYING, np.random.default_rng(0)) is None


@pytest.fixture(scope="module")
def two() -> Talk:
    """A talk of a camera's and a radar's view."""
    camera, radar = talk("optical"), talk("sar")
    scenes = tuple(replace(one, frames=frames) for one, frames in zip(camera.scenes, ((0, 1), (1, 0), (0,), (1, 1)),
                                                                     strict=True))  # fmt: skip
    return Talk("sensors", (*camera.views, *radar.views), scenes)


def test_views_go_to_their_stems_in_the_order_that_is_shown(two: Talk) -> None:
    layout = Layout(TINY, VOCABULARY, codecs.get("geoglot-tokens"), side_px=32, length=160)
    laid = [layout.laid(two, index, Taught()) for index in range(4)]
    assert [[(one.stem, one.told.order) for one in each.shown] for each in laid] == [
        [("rgb", 0), ("sar", 1)], [("sar", 0), ("rgb", 1)], [("rgb", 0)], [("sar", 0), ("sar", 1)]]  # fmt: skip
    tokens = [int((each.block == 0).sum()) for each in laid]
    assert tokens == [layout.image_tokens * count for count in (2, 2, 1, 2)]
    short = replace(layout, length=60)
    for one in (layout, short):
        assert one.lengths(two, Taught()).tolist() == [len(one.laid(two, index, Taught()).ids) for index in range(4)]
    assert max(short.lengths(two, Taught())) <= 60 < max(layout.lengths(two, Taught()))
    rgb, sar = groups([one for each in laid for one in each.shown], ["rgb", "sar"], tiled=False)
    assert (rgb.places, sar.places) == ((0, 3, 4), (1, 2, 5, 6))
    assert np.allclose(sar.pixels[1].numpy(), two.views[1].pictures[1].astype(np.float32))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dates", "sensors", "video", "marks"])
def test_talks_of_several_frames_are_made_of_simulated_scenes(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("numba")
    from geoglot.train.text.talk import make, read

    made, again = (make(tmp_path / name, kind, count=6, seed=5, size_px=96) for name in "ab")
    assert made.scenes == again.scenes == read(tmp_path / "a").scenes
    views = {"dates": 2, "sensors": 2, "video": 4, "marks": 2}[kind]
    assert [view.pictures.shape[2:] for view in made.views] == [(96, 96)] * views
    assert all(np.array_equal(one.pictures, other.pictures) for one, other in zip(made.views, again.views, strict=True))
    kinds = {one.kind for scene in made.scenes for one in scene.asked}
    assert kinds & {"dates": {"any date", "images"}, "sensors": {"fusion needed", "fusion control"},
                    "video": {"way", "still"}, "marks": {"marked", "described", "unmarked"}}[kind]  # fmt: skip
    if kind == "marks":
        canvas = np.asarray(made.views[1].pictures)
        assert set(np.unique(canvas)) <= {0.0, 4.0}
        assert canvas.any()


@pytest.mark.slow
def test_eo_18_no_held_out_picture_is_nearly_one_that_was_taught(tmp_path: Path) -> None:
    """Talks of the seeds that the trials use; a planted mirror image of a taught one is found."""
    pytest.importorskip("numba")
    from geoglot.data.duplicates import difference_hash, near_pairs
    from geoglot.train.text.talk import make

    taught, held = (
        make(tmp_path / str(seed), "optical", count=12, seed=seed, size_px=128) for seed in (500_000, 900_000)
    )
    hashes = [
        {one.id: difference_hash(talk_.views[0].pictures[index]) for index, one in enumerate(talk_.scenes)}
        for talk_ in (taught, held)
    ]
    assert near_pairs(hashes[0], hashes[1]) == ()
    planted = {"planted": difference_hash(np.asarray(taught.views[0].pictures[3])[:, :, ::-1])}
    assert [pair.first for pair in near_pairs(hashes[0], planted)] == [taught.scenes[3].id]
