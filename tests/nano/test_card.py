"""The card: evidence that a language model can read, and JSON that comes back unchanged."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from geoglot.errors import InputError
from geoglot.models.nano import card
from geoglot.models.nano.evidence import CoverMap, Evidence
from geoglot.regions import Box
from tests.nano.made import EMPTY, EVIDENCE, PAIR


def same(one: Evidence, other: Evidence) -> bool:
    """Whether two pieces of evidence hold the same facts, arrays compared by value."""
    plain = [name for name in Evidence.__slots__ if name != "cover"]
    return all(getattr(one, name) == getattr(other, name) for name in plain) and all(
        (a.classes, a.box, a.frame) == (b.classes, b.box, b.frame)
        and np.array_equal(a.labels, b.labels)
        and np.array_equal(a.probability, b.probability)
        for a, b in zip(one.cover, other.cover, strict=True)
    )


@pytest.mark.parametrize("evidence", [EVIDENCE, EMPTY, PAIR], ids=["image", "empty", "pair"])
def test_evidence_comes_back_from_json_unchanged(evidence: Evidence) -> None:
    document = json.loads(json.dumps(card.as_json(evidence)))
    assert same(card.from_json(document), evidence)


@settings(deadline=None)
@given(
    arrays.arrays(
        np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.sampled_from([0, 1, 2, 255])
    ),
    st.integers(0, 1000),
)
def test_any_cover_map_comes_back_unchanged(labels: np.ndarray[Any, np.dtype[np.uint8]], seed: int) -> None:
    probability = np.random.default_rng(seed).random(labels.shape).astype(np.float16)
    cover = CoverMap(("water", "grass", "road"), labels, probability, Box(0, 0, 50, 40))
    evidence = replace(EMPTY, cover=(cover,))
    assert same(card.from_json(json.loads(json.dumps(card.as_json(evidence)))), evidence)


def _without_model(document: dict[str, Any]) -> None:
    del document["model"]


def _score_of_two(document: dict[str, Any]) -> None:
    document["objects"][0]["score"] = 2


def _box_turned_round(document: dict[str, Any]) -> None:
    document["objects"][0]["region"]["numbers"] = [9, 9, 1, 1]


def _labels_too_short(document: dict[str, Any]) -> None:
    document["cover"][0]["labels"] = [[0, 3]]


def _probabilities_of_another_size(document: dict[str, Any]) -> None:
    document["cover"][0]["probability"] = "eJw="


def _another_version(document: dict[str, Any]) -> None:
    document["version"] = 7


def _a_field_too_many(document: dict[str, Any]) -> None:
    document["surprise"] = 1


@pytest.mark.parametrize(
    "spoil",
    [
        _without_model,
        _score_of_two,
        _box_turned_round,
        _labels_too_short,
        _probabilities_of_another_size,
        _another_version,
        _a_field_too_many,
    ],
)
def test_a_document_that_is_not_evidence_is_refused(spoil: Callable[[dict[str, Any]], None]) -> None:
    document = json.loads(json.dumps(card.as_json(EVIDENCE)))
    spoil(document)
    with pytest.raises(InputError, match="evidence"):
        card.from_json(document)


def test_the_card_names_every_sure_fact_with_its_id() -> None:
    text = card.text(PAIR)
    for id in ("o1", "o8", "s1", "m1", "c1", "c4", "g1"):
        assert f"[{id}] " in text
    assert "[o1] ship 90% at 10 10 60 25 (white 90%)" in text.splitlines()
    assert "[s1] scene: harbor 80%" in text.splitlines()
    assert "[g1] land cover: water 45%, grass 27%, built 18%, road 10%" in text.splitlines()
    assert "[c4] water became grass 75% at 60 0 100 90, frame 0 to 1" in text.splitlines()
    assert text.splitlines()[0] == "rgb image, x 0 to 200, y 0 to 100, 1 m a pixel"


def test_the_card_leaves_out_what_is_hardly_likely() -> None:
    assert "m3" not in card.text(EVIDENCE)


def test_the_card_of_a_crowd_stays_short() -> None:
    many = tuple(replace(EVIDENCE.objects[0], id=f"o{i}") for i in range(1, 401))
    text = card.text(replace(EVIDENCE, objects=many))
    assert len(text.splitlines()) < 80
    assert "340 more objects, less sure" in text
