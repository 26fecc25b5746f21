"""Text goes to ids and comes back; numbers and added words are one id each."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")

from geoglot.errors import InputError, ModelError
from geoglot.nets import tokens
from geoglot.train.text.vocabulary import Vocabulary

WORDS = tokens.superset(500)
TEXTS = ["How many ships are there?", "There are 12 ships.", "Where is the storage tank?"] * 4
KNOWN = Vocabulary.learned(TEXTS, base=500, added=WORDS.words)


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_text_comes_back(text: str) -> None:
    if "<" not in text:  # a text may hold what looks like a word of its own
        assert KNOWN.text(KNOWN.ids(text)) == text


def test_numbers_below_a_hundred_are_one_id() -> None:
    assert all(len(KNOWN.ids(str(number))) == 1 for number in range(100))
    assert len(KNOWN.ids("137")) == 3 - 1  # 1 and 37


def test_added_words_have_the_ids_that_the_networks_expect() -> None:
    assert KNOWN.base == WORDS.base
    assert len(KNOWN) == WORDS.vocab
    assert all(KNOWN[word] == WORDS[word] for word in ("<image>", "<0>", "<999>", "[SAR]", "<traj>"))
    assert KNOWN.ids("<12><400>") == [WORDS["<12>"], WORDS["<400>"]]


def test_a_vocabulary_is_read_as_it_was_written(tmp_path: Path) -> None:
    KNOWN.write(tmp_path / "v.json")
    read = Vocabulary.read(tmp_path / "v.json")
    assert (read.base, len(read)) == (KNOWN.base, len(KNOWN))
    assert read.ids("There are 12 ships at <3>.") == KNOWN.ids("There are 12 ships at <3>.")


def test_what_is_no_vocabulary_is_refused(tmp_path: Path) -> None:
    (tmp_path / "v.json").write_text("{}")
    with pytest.raises(ModelError, match="no vocabulary"):
        Vocabulary.read(tmp_path / "v.json")
    with pytest.raises(InputError, match="bytes"):
        Vocabulary.learned(TEXTS, base=100, added=())
