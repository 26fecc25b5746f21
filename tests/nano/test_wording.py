"""Wording: good plain sentences that the task's own parser reads back as the value."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.models.nano import telling, wording
from geoglot.models.nano.evidence import Evidence
from geoglot.models.nano.query import Aim, Noun, Query
from geoglot.models.nano.reason import Fact, Finding
from geoglot.regions import Box, Region
from geoglot.scenes import Scene
from geoglot.tasks import TaskName, get
from tests.nano.made import BOTH, EMPTY, EVIDENCE, PAIR, SCENE, SIZE, found, read


def said(
    question: str, evidence: Evidence = EVIDENCE, scene: Scene | None = SCENE, *, regions: tuple[Region, ...] = ()
) -> str:
    return wording.say(read(question, regions=regions), found(question, evidence, scene, regions=regions), evidence)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many ships are there?", "Two ships."),
        ("How many bridges are there?", "One bridge."),
        ("How many buses are there?", "No buses."),
        ("How many lorries are there?", "One lorry."),
        ("How many white ships are in the left half?", "One white ship in the left part."),
        ("How many ships are near the bridge?", "One ship near the bridge."),
        ("Is there a bridge?", "Yes, there is one bridge."),
        ("Are there ships?", "Yes, there are two ships."),
        ("Is there a helicopter?", "No, I see no helicopter."),
        ("Is there water?", "Yes, there is water."),
        ("Is it cloudy?", "No, I see no cloud."),
        ("Is the image free of cars?", "No, there are two cars."),
        ("Is the image free of buses?", "Yes, I see no bus."),
        ("Are there more than 2 cars?", "No, there are two cars."),
        ("Are there more cars than trucks?", "Yes, I count two cars and one truck."),
        ("What percentage of the image is water?", "About 45 % of the image (9,007 m²) is water."),
        ("How many hectares of water are there?", "About 0.901 ha (45 % of the image) of water."),
        ("How much of the left half is water?", "About 90 % of the ground in the left part is water."),
        ("How many m2 of water are in the upper half?", "About 5,004 m² of water in the upper part."),
        ("Is more than 30 % of the image water?", "Yes, about 45 %."),
        ("Is there more water than grass?", "Yes, I see about 45 % water and about 27 % grass."),
        ("Is there a harbour?", "Yes, there is a harbour."),
        ("How many lakes are there?", "One patch of water."),
        ("What kind of scene is this?", "Harbor."),
        ("Is this rural or urban?", "Urban."),
        ("Tag this image.", "Ship, water and dock."),
        ("What is the relation between the bridge and the house?", "The bridge is left of the house."),
        ("What colour is the largest ship?", "White."),
        ("How many cars are there? A) 0 B) 1 C) 2", "C. 2"),
        ("Find all cars.", "Three cars."),
        ("Find all buses.", "No buses."),
        ("Where is the largest ship?", "The largest ship is here."),
        ("Where is the roundabout?", "No roundabout."),
        ("Segment the water.", "The water, outlined."),
        ("How many zebras are there?", "I do not know that thing: zebras."),
        ("How hot is the roof?", "I cannot tell: an optical image does not measure temperature."),
        ("What has changed?", "I cannot tell: a change needs two images of the same place, and this is one."),
    ],
)
def test_an_answer_is_a_plain_sentence(question: str, answer: str) -> None:
    assert said(question) == answer


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Has anything changed?", "Yes."),
        ("How many new houses are there?", "Two new houses."),
        (
            "What has changed?",
            "Two houses appeared in the lower right, about 18 % of the image in the centre turned from water into "
            "grass and one boat disappeared at the top.",
        ),
        ("Show where something changed.", "Three changed places."),
        ("Where are the new houses?", "Two new houses."),
    ],
)
def test_a_change_is_told_in_a_sentence(question: str, answer: str) -> None:
    assert said(question, PAIR, BOTH) == answer


def test_a_short_caption_is_one_sentence_and_a_detailed_one_has_numbers() -> None:
    short = said("Describe the image.")
    assert short == "A harbor with two cars, two ships and one bridge, the ground mostly water and grass."
    detailed = said("Describe the image in detail.")
    assert detailed.startswith("This is a harbor. There are ")
    assert "about 45 % water" in detailed


def test_a_region_is_described_by_what_lies_in_it() -> None:
    assert said("What is in <r0>?", regions=(Box(160, 35, 175, 50),)) == "One red car on built-up land."


def test_nothing_to_say_is_said() -> None:
    assert telling.caption([], detailed=False) == telling.NOTHING
    assert telling.changes_told([]) == "No change."


QUESTIONS = [
    "How many {}?",
    "Is there any {}?",
    "Are there more {} than trees?",
    "How much of the image is {}?",
    "How many m2 of {}?",
    "What is the relation between the {} and the bridge?",
    "What kind of scene is this?",
    "Tag this image.",
    "Describe the image.",
    "Find all {}.",
    "Segment the {}.",
    "How many {}? A) 1 B) 2 C) 3",
    "What colour is the {}?",
    "What has changed?",
    "Is the image free of {}?",
    "Are there at least 2 {}?",
    "How many {} are in the left half near the bridge?",
]
NOUNS = [
    "ships",
    "cars",
    "water",
    "buildings",
    "boats",
    "helicopters",
    "grass",
    "houses",
    "vehicles",
    "lakes",
    "red cars",
]


@settings(deadline=None)
@given(st.sampled_from(QUESTIONS), st.sampled_from(NOUNS), st.sampled_from([EVIDENCE, EMPTY, PAIR]))
def test_what_is_said_is_read_back_as_the_value(question: str, noun: str, evidence: Evidence) -> None:
    asked = question.format(noun)
    scene = BOTH if evidence is PAIR else SCENE
    query, finding = read(asked), found(asked, evidence, scene)
    text = wording.say(query, finding, evidence)
    if finding.refused:
        assert text.startswith("I ")
        return
    if finding.regions and get(query.task).gives:
        return  # the regions are the answer; they are written by a codec
    parsed = get(query.task).parse(text, SIZE)
    if isinstance(finding.value, float):
        assert parsed.value == pytest.approx(finding.value, rel=0.006)
        assert parsed.unit == finding.unit
    elif query.task is TaskName.VQA:
        assert parsed.value == str(finding.value).casefold().rstrip(".")
    else:
        assert parsed.value == finding.value


@settings(deadline=None)
@given(st.integers(0, 5000), st.sampled_from(["car", "bus", "person", "truck"]))
def test_numbers_agree_with_their_nouns(number: int, name: str) -> None:
    query = Query(TaskName.COUNT, Aim.COUNT, noun=Noun(name, name))
    text = wording.say(query, Finding(value=number, confidence=0.9), EVIDENCE)
    assert get("count").parse(text, SIZE).value == number
    if name == "bus":
        assert ("buses" in text) is (number != 1)


@pytest.mark.parametrize("asked", ["urban land", "open water", "grassland"])
def test_what_is_measured_has_no_plural(asked: str) -> None:
    thing = {"urban land": "urban", "open water": "water", "grassland": "grass"}[asked]
    query = Query(TaskName.AREA, Aim.AREA, noun=Noun(asked, thing), unit="ha")
    assert wording.say(query, Finding(value=2.0, unit="ha", confidence=0.9), EVIDENCE) == f"About 2 ha of {asked}."


@settings(deadline=None)
@given(st.floats(0.001, 1e9), st.sampled_from(["m2", "ha", "km2", "%", "px"]))
def test_amounts_keep_three_digits_and_are_read_back(value: float, unit: str) -> None:
    query = Query(TaskName.AREA, Aim.AREA, noun=Noun("water", "water"), unit=unit)
    parsed = get("area").parse(wording.say(query, Finding(value=value, unit=unit, confidence=0.9), EVIDENCE), SIZE)
    assert parsed.value == pytest.approx(value, rel=0.006)
    assert parsed.unit == unit


FACTS = st.builds(
    Fact,
    st.sampled_from(["scene", "cover", "objects", "change", "quality"]),
    st.sampled_from(["harbor", "water", "ship", "cloud", "urban", "dense residential"]),
    st.floats(0, 1),
    number=st.one_of(st.floats(0, 1), st.integers(1, 30)),
    place=st.sampled_from([None, "left", "upper right", "centre"]),
    detail=st.sampled_from([None, "red", "appeared"]),
    became=st.sampled_from([None, "urban"]),
)


@settings(deadline=None)
@given(st.lists(FACTS, max_size=8), st.booleans())
def test_any_facts_make_a_caption_that_its_task_reads(facts: list[Fact], detailed: bool) -> None:
    text = telling.caption(facts, detailed=detailed)
    get("caption").parse(text, SIZE)
    assert text[0].isupper() or text[0].isdigit()
    assert text.endswith(".")
    assert "  " not in text
    get("change-caption").parse(telling.changes_told(facts), SIZE)


def test_unsure_numbers_are_said_to_be_about() -> None:
    finding = replace(found("How many cars are there?"), value=12, unsure=True)
    assert wording.say(read("How many cars are there?"), finding, EVIDENCE) == "About twelve cars."
