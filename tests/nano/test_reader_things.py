"""The words for things: names, synonyms, plurals, narrower words, and honest ignorance."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.models.nano import things
from geoglot.models.nano.things import ThingMatch


@pytest.mark.parametrize(
    ("noun", "name"),
    [
        ("ship", "ship"),
        ("Ships", "ship"),
        ("aeroplanes", "airplane"),
        ("aircraft", "airplane"),
        ("lorries", "truck"),
        ("buses", "bus"),
        ("tennis-courts", "tennis court"),
        ("Storage_Tanks", "storage tank"),
        ("people", "person"),
        ("harbour", "harbor"),
        ("denseresidential", "dense residential"),
        ("built-up area", "urban"),
        ("bare-soil", "bare"),
        ("football pitches", "soccer field"),
        ("woods", "forest"),
        ("body of water", "water"),
        ("tanks", "storage tank"),
        ("crossroads", "intersection"),
        ("beaches", "beach"),
        ("car parks", "parking lot"),
        ("ground track fields", "athletics track"),
    ],
)
def test_a_word_finds_its_thing(noun: str, name: str) -> None:
    match = things.find(noun)
    assert match is not None
    assert (match.name, match.exact) == (name, True)


def test_a_word_that_means_less_says_so() -> None:
    assert things.find("lakes") == ThingMatch("water", "lake", exact=False)
    assert things.find("vans") == ThingMatch("car", "van", exact=False)


@pytest.mark.parametrize("noun", ["", "unicorn", "zebras", "shi", "carp", "water tower", "the", "s", "boathouse"])
def test_an_unknown_word_finds_nothing(noun: str) -> None:
    assert things.find(noun) is None


@pytest.mark.parametrize("known", things.all_things(), ids=lambda known: known.name)
def test_every_thing_is_found_by_its_name_plural_and_synonyms(known: things.Thing) -> None:
    for word in (known.name, known.plural, *known.also):
        match = things.find(word)
        assert match is not None
        assert match.name == known.name, f"{word} means {match.name} and {known.name}"


@pytest.mark.parametrize("known", things.all_things(), ids=lambda known: known.name)
def test_narrower_words_and_members_are_known_and_no_synonym_of_another(known: things.Thing) -> None:
    for word in known.narrower:
        match = things.find(word)
        assert match is not None
        assert (match.name, match.exact) == (known.name, False), word
    assert {things.thing(name).name for name in known.members} == set(known.members)


def test_members_reach_down_to_the_last() -> None:
    assert things.members("building") == {"building", "house", "greenhouse", "mobile home"}
    assert "beach" in things.members("bare")
    assert things.members("unheard of") == {"unheard of"}


@pytest.mark.parametrize(
    ("name", "one", "two"),
    [
        ("bus", "bus", "buses"),
        ("person", "person", "people"),
        ("water", "water", "water"),
        ("igloo", "igloo", "igloos"),
    ],
)
def test_a_name_agrees_with_its_number(name: str, one: str, two: str) -> None:
    assert (things.plural(name, 1), things.plural(name, 2)) == (one, two)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_looked_up_without_complaint(noun: str) -> None:
    match = things.find(noun)
    assert match is None or things.thing(match.name).name == match.name
