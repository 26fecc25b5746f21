"""What the trained reader resolves by rule: bounds, slips of the keys, word pieces, tagged words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoglot.conversation import Turn
from geoglot.models.nano.query import Aim, Threshold
from geoglot.models.nano.reading import labels
from geoglot.models.nano.reading.bounds import read_bound
from geoglot.models.nano.reading.ear import Heard
from geoglot.models.nano.reading.pieces import Pieces
from geoglot.models.nano.reading.spans import draft_of
from geoglot.models.nano.reading.spelling import distance, mended
from geoglot.tasks import TaskName

LETTERS = "abcdefghijklmnopqrtuvwxyz"
SIGNS = ["s", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
PIECES = Pieces(["[PAD]", "[unused1]", "[UNK]", "[CLS]", "[SEP]", "how", "many", "ship", "##s", "near", "?", *SIGNS])


@pytest.mark.parametrize(
    ("words", "number", "unit"),
    [
        ("more than 12", 12, ""), ("over a dozen", 12, ""), ("half a dozen", 6, ""), ("two dozen", 24, ""),
        ("over half", 50, "%"), ("at least a third", 100 / 3, "%"), ("two thirds of it", 200 / 3, "%"),
        ("more than 3 km2", 3, "km2"), ("under 2.5 %", 2.5, "%"), ("twenty or more", 20, ""), ("a hundred", 100, ""),
        ("three quarters", 75, "%"), ("at least one hectare ha", 1, "ha"), ("forty-two", 42, ""),
    ],
)  # fmt: skip
def test_a_bound_is_read_in_figures_words_and_shares(words: str, number: float, unit: str) -> None:
    assert read_bound("more", words.split()) == Threshold("more", pytest.approx(number), unit)


def test_words_without_a_number_are_no_bound() -> None:
    assert read_bound("more", ["more", "than", "usual"]) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [("shps", "ships"), ("storge tanks", "storage tanks"), ("buldings", "buildings"), ("brdge", "bridge"),
     ("whale", "whale"), ("goats", "goats"), ("red crs", "red crs"), ("ships", "ships"), ("hleicopter", "helicopter"),
     ("hwo mnay ships", "hwo many ships"), ("<r0> evry", "<r0> every"), ("gsd", "gsd"),
     ("trawlers", "trawlers")],
)  # fmt: skip
def test_slips_of_the_keys_are_mended_but_words_are_not(written: str, meant: str) -> None:
    assert mended(written, frozenset({"whale", "goat", "storage"}).__contains__) == meant


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_distance_is_a_symmetric_count_of_slips(one: str, other: str) -> None:
    assert distance(one, other) == distance(other, one)
    assert (distance(one, other) == 0) == (one == other)
    assert distance(one, other) <= len(one) + len(other)


def test_words_are_cut_greedily_and_markers_have_a_piece_of_their_own() -> None:
    numbers, starts = PIECES.numbers(["how", "many", "ships", "<r0>", "?"], most=64)
    assert numbers == [3, 5, 6, 7, 8, 1, 10, 4]
    assert starts == [1, 2, 3, 5, 6]
    assert PIECES.numbers(["Ω"], most=64)[0] == [3, 2, 4]


def test_what_is_too_long_is_left_out() -> None:
    numbers, starts = PIECES.numbers(["ships"] * 40, most=64)
    assert len(numbers) <= 64
    assert len(starts) == 31


@given(st.lists(st.text(min_size=1, max_size=12), max_size=10))
def test_any_words_have_pieces(words: list[str]) -> None:
    numbers, starts = PIECES.numbers(words, most=64)
    assert numbers[0] == 3
    assert numbers[-1] == 4
    assert starts == sorted(set(starts))


def heard(intent: str, tags: str, **said: str) -> Heard:
    whole = {name: choices[0] for name, choices in labels.CHOICES.items()} | {"intent": intent} | said
    return Heard(whole, 1.0, "other", tuple(tags.split()))


def test_tagged_words_become_a_query() -> None:
    words = [
        "how",
        "many",
        "big",
        "red",
        "vans",
        "stand",
        "north",
        "of",
        "the",
        "bridge",
        "in",
        "the",
        "top",
        "left",
        "corner",
        "?",
    ]
    tags = "O O N N N O R:side R:side O A O O P P O O"
    draft = draft_of(heard("count", tags), words, Turn("user", ""))
    assert draft.query.task is TaskName.COUNT
    assert draft.query.thing == "car"
    assert draft.query.noun is not None
    assert draft.query.noun.attributes == (("size", "large"), ("colour", "red"))
    assert draft.query.relation is not None
    assert (draft.query.relation.kind, draft.query.relation.anchors[0].thing) == ("north of", "bridge")
    assert draft.query.place == "upper left"


def test_a_bound_is_kept_only_where_yes_or_no_is_asked() -> None:
    words, tags = ["are", "there", "over", "ten", "boats", "?"], "O O B:more B:more N O"
    assert draft_of(heard("presence", tags), words, Turn("user", "")).query.threshold == Threshold("more", 10.0)
    assert draft_of(heard("count", tags), words, Turn("user", "")).query.threshold is None


def test_pointing_at_what_changed_is_a_change_mask() -> None:
    words, tags = ["mark", "the", "new", "houses"], "O O O N"
    query = draft_of(heard("point", tags, change="appeared"), words, Turn("user", "")).query
    assert (query.task, query.aim, query.thing) == (TaskName.CHANGE_MASK, Aim.CHANGE, "house")


def test_a_comparison_names_its_two_things_by_their_tags() -> None:
    words, tags = ["fewer", "cars", "than", "trucks", "?"], "O M O N O"
    query = draft_of(heard("compare", tags), words, Turn("user", "")).query
    assert query.other is not None
    assert (query.thing, query.other.thing) == ("truck", "car")
