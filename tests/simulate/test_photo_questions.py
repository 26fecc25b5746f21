"""Photos are asked what they show: boxes in the picture, nothing that is too small, nothing that needs a scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geoglot.conversation import Turn
from geoglot.regions import Box
from geoglot.regions.codecs import get as codec
from geoglot.simulate import PHOTO_SENSORS, SimulatedPhoto, object_classes, photo
from geoglot.simulate.conversations import as_photo, ask_photo
from geoglot.simulate.conversations.balance import tables
from geoglot.simulate.conversations.facts import photo_facts
from geoglot.simulate.conversations.single import candidates, detect
from geoglot.simulate.photo import NOTHING, SKY
from geoglot.simulate.products import display
from geoglot.simulate.samples import Kind, Made, made_questions
from geoglot.tasks import TaskName, get

PLACES = (("oblique", "parking lot"), ("ground", "medium residential"))
_KEPT: dict[str, SimulatedPhoto] = {}


@pytest.fixture(params=PLACES, ids=" of ".join)
def taken(request: pytest.FixtureRequest) -> SimulatedPhoto:
    """A small photo; each is taken once."""
    sensor, label = request.param
    if sensor not in _KEPT:
        _KEPT[sensor] = photo(20, 3, sensor=sensor, size_px=128, label=label)
    return _KEPT[sensor]


def test_every_reply_follows_its_grammar_and_says_the_truth(taken: SimulatedPhoto) -> None:
    size = taken.view.camera.size_px
    found = [sample for seed in range(6) for sample in ask_photo(taken, seed=seed)]
    assert len({sample.task for sample in found}) >= 4
    for sample in found:
        reply = Turn("assistant", sample.references[0], sample.truth.regions).written(codec("geoglot"), [size])
        parsed = get(sample.task).parse(reply, size)
        assert sample.truth.value is None or parsed.value == sample.truth.value
        assert len(parsed.regions) == len(sample.truth.regions)
    streamed = [sample for seed in range(6) for sample in made_questions(Made(Kind.IMAGE, taken), seed)]
    assert [(one.id, one.references) for one in found] == [(one.id, one.references) for one in streamed]


def test_nothing_is_asked_that_needs_a_scale_or_a_map(taken: SimulatedPhoto) -> None:
    tasks = {one.task for one in candidates(photo_facts(taken), np.random.default_rng(0))}
    assert not tasks & {TaskName.AREA, TaskName.NAVIGATE}
    # A view from the street may look away from the place that it was taken for.
    assert (TaskName.CLASSIFY in tasks) == (TaskName.MCQ in tasks) == (taken.sensor == "oblique")


def test_boxes_are_those_of_the_pixels_that_show_a_thing(taken: SimulatedPhoto) -> None:
    clear = {thing.id for things in photo_facts(taken).clear.values() for thing in things}
    sightings = tuple(each for each in taken.sightings if each.thing.id in clear)[:3]  # with others, none is listed
    read = photo_facts(replace(taken, sightings=sightings, faint=frozenset()))
    seen = {each.box for each in sightings}
    boxes = [box for one in detect(read, np.random.default_rng(0)) for box in one.truth.regions]
    assert boxes
    assert all(isinstance(box, Box) and (box.x0, box.y0, box.x1, box.y1) in seen for box in boxes)


def test_a_class_is_absent_only_if_no_pixel_shows_it_and_counted_only_if_all_of_it_is_clear(
    taken: SimulatedPhoto,
) -> None:
    read = photo_facts(taken)
    told = {each.thing.label for each in taken.sightings}
    shown = set(np.unique(taken.ids).tolist()) - {NOTHING}
    assert bool(shown - {each.thing.id for each in taken.sightings}) == bool(taken.faint)
    for label, there in read.there.items():
        assert there == bool(read.clear[label])
        assert there or label not in told | taken.faint
    for label, count in read.counts.items():
        assert label not in taken.faint
        assert count == sum(each.thing.label == label for each in taken.sightings)


def test_what_is_too_small_to_be_told_leaves_its_class_open() -> None:
    sky = np.full((48, 64), SKY, np.uint8)
    bare = replace_truth(photo(20, 3, size_px=32), sky)
    assert photo_facts(bare).there == dict.fromkeys(photo_facts(bare).counts, False)
    assert {"car", "house"} <= set(photo_facts(bare).counts)
    faint = replace(bare, faint=frozenset({"car"}))
    assert "car" not in photo_facts(faint).there
    assert "car" not in photo_facts(faint).counts
    assert "house" in photo_facts(faint).counts


def replace_truth(taken: SimulatedPhoto, cover: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> SimulatedPhoto:
    """The photo with nothing in it."""
    ids = np.full(cover.shape, NOTHING, np.int64)
    return replace(taken, cover=cover, ids=ids, sightings=(), faint=frozenset())


def test_shares_of_cover_are_of_the_whole_image_and_the_sky_is_none(taken: SimulatedPhoto) -> None:
    assert sum(photo_facts(taken).shares.values()) == pytest.approx(1.0 - taken.sky_share)


def test_a_photo_is_asked_about_as_its_file_is_read(taken: SimulatedPhoto) -> None:
    scene = as_photo(taken)
    assert scene.size == taken.view.camera.size_px
    assert scene.gsd_m is None
    assert np.array_equal(scene.bands("red", "green", "blue"), display(taken.image))


@pytest.mark.parametrize("sensor", PHOTO_SENSORS)
def test_both_answers_were_seen_when_balance_was_measured(sensor: str) -> None:
    seen = tables()[sensor]
    assert set(seen["presence|car"]) == {"yes", "no"}
    asked = {key.partition("|")[2] for key in seen if key.startswith("presence|")}
    assert asked & set(object_classes())
    assert not any(key.startswith(("area|", "navigate|")) for key in seen)
