"""What an eye told becomes facts: in a fixed order, with the words by which objects are pointed at."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from geoglot.models.autoregressive.facts import (
    CHANGES,
    KINDS,
    NUMBERS,
    OBJECTS,
    PLACES,
    POINTERS,
    Pointed,
    as_ids,
    corners,
    facts,
    pointers,
    written,
)
from geoglot.models.autoregressive.told import Change, Thing, Told, overlap

CLASSES = ("car", "ship", "tree")
LEFT, MIDDLE, RIGHT = (0.0, 40.0, 10.0, 50.0), (50.0, 0.0, 60.0, 10.0), (90.0, 80.0, 100.0, 100.0)
TOLD = Told(
    "thermal", 1, (100, 100), 0.2,
    objects=(Thing("car", 0.9, MIDDLE, 0, "red"), Thing("car", 0.6, LEFT), Thing("car", 0.3, RIGHT),
             Thing("ship", 0.4, RIGHT)),
    faint=(Thing("tree", 0.1, (0.0, 0.0, 20.0, 20.0)),),
    covers=((0, "water", 0.6), (0, "snow", 0.001)), scenes=(("harbor", 0.7),), tags=(("mobile-home", 0.8),),
)  # fmt: skip


def fact(kind: str, name: str):  # type: ignore[no-untyped-def]
    return next(one for one in facts(TOLD, pointers(TOLD), CLASSES) if (one.kind, one.name) == (kind, name))


def test_facts_come_in_the_order_of_their_kinds_and_every_class_has_one_at_the_end() -> None:
    found = facts(TOLD, pointers(TOLD), CLASSES)
    kinds = [KINDS.index(one.kind) for one in found]
    assert kinds == sorted(kinds)
    assert found[0].name == "[IR]"
    assert [one.name for one in found[-3:]] == list(CLASSES)
    assert fact("tag", "mobile home")
    assert not any(one.name == "snow" for one in found)


def test_a_class_tells_how_many_are_likely_and_how_many_to_expect() -> None:
    assert fact("class", "car").places[4:] == ("2", "2")
    assert fact("class", "ship").places[4:] == ("0", "0")


def test_an_object_carries_its_corners_its_colour_and_its_pointer() -> None:
    car = next(one for one in facts(TOLD, pointers(TOLD), CLASSES) if one.kind == "object")
    assert car.places == ("<500>", "<0>", "<600>", "<100>", " red", "<o1>")


def test_outermost_objects_of_the_likely_ones_are_marked() -> None:
    sides = {
        one.places[0]: one.numbers[6:10]
        for one in facts(TOLD, pointers(TOLD), CLASSES)
        if one.name == "car" and one.places[0]
    }
    assert sides == {"<500>": (0, 1, 1, 0), "<0>": (1, 0, 0, 1), "<900>": (0, 0, 0, 0)}


def test_a_marked_place_is_written_as_the_object_that_is_meant() -> None:
    pointed = pointers(TOLD)
    assert written("What is <r0>?", [(51.0, 0.0, 60.0, 10.0)], TOLD, pointed) == "What is <o1><510><0><600><100>?"
    assert written("<r0>", [(0.0, 0.0, 20.0, 20.0)], TOLD, pointed) == "tree <0><0><200><200>"
    assert written("<r0>", [(70.0, 0.0, 75.0, 20.0)], TOLD, pointed) == "<700><0><750><200>"
    assert written("<r0>", [MIDDLE], None, Pointed()) == "here"


def test_of_many_objects_the_surest_become_facts_and_the_outermost_always() -> None:
    many = tuple(Thing("car", 0.9, (float(x), 50.0, float(x) + 2, 52.0)) for x in range(10, 90))
    edge = Thing("car", 0.55, (0.0, 50.0, 2.0, 52.0))
    kept = pointers(replace(TOLD, objects=(*many, edge))).things
    assert len(kept) == OBJECTS
    assert edge in kept.values()


def test_objects_and_changes_share_the_pointers() -> None:
    things = tuple(Thing("car", 0.9, (float(x), 50.0, float(x) + 2, 52.0)) for x in range(60))
    changes = tuple(Change("appeared", "car", "", x / 60, LEFT) for x in range(60))
    found = pointers(replace(TOLD, objects=things, changes=changes))
    assert len(found.things) + len(found.changes) == len(POINTERS) == OBJECTS + CHANGES
    assert not found.things.keys() & found.changes.keys()
    assert max(one.score for one in found.changes.values()) == 59 / 60
    assert facts(replace(TOLD, frames=2, changes=changes[-1:]), pointers(replace(TOLD, changes=changes[-1:])), CLASSES)


def test_facts_become_ids_with_nothing_where_a_word_is_missing() -> None:
    rows = facts(TOLD, pointers(TOLD), CLASSES)
    ids = as_ids(rows, lambda text: list(range(len(text))))
    assert ids.kind.shape == (len(rows),)
    assert ids.places.shape == (len(rows), PLACES)
    assert ids.numbers.shape == (len(rows), NUMBERS)
    assert (ids.words[0] >= 0).sum() == len("[IR]")
    assert (ids.places[0] == -1).all()
    assert np.isfinite(ids.numbers).all()


def test_what_was_told_comes_back_from_json() -> None:
    changed = replace(TOLD, frames=2, changes=(Change("became", "crop", "bare", 0.5, LEFT),))
    assert Told.from_json(asdict(changed)) == changed


def test_overlap_is_intersection_over_union() -> None:
    assert overlap((0, 0, 2, 2), (1, 1, 3, 3)) == 1 / 7
    assert overlap((0, 0, 1, 1), (1, 0, 2, 1)) == 0


@given(st.tuples(*[st.floats(-50, 150, allow_nan=False)] * 4))
def test_corners_are_words_of_the_vocabulary_wherever_a_box_lies(box: tuple[float, float, float, float]) -> None:
    assert all(0 <= int(word[1:-1]) <= 999 for word in corners(box, (100, 100)))
