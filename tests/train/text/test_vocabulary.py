"""Text goes to ids and comes back; numbers and added words are one id each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")

from geoglot.errors import InputError, ModelError
from geoglot.models.autoregressive.vocabulary import Vocabulary as Runtime
from geoglot.nets import tokens
from geoglot.regions import Mask, codecs
from geoglot.regions.codecs.words import runs, spatial
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


def test_training_and_the_runtime_have_the_same_words_for_places() -> None:
    cells = {codec.name: codec.cells for codec in map(codecs.get, ("geoglot-tokens", "earth-onevision"))}
    assert WORDS.words[1 : 1 + len(spatial())] == spatial(cells["geoglot-tokens"])
    assert tokens.earth_onevision(9).words[1:] == spatial(cells["earth-onevision"])
    assert len(set(spatial())) == 1000 + 2 + 48


@pytest.mark.parametrize("name", ["geoglot-tokens", "earth-onevision"])
def test_a_mask_is_cut_into_the_same_tokens_by_training_and_the_runtime(name: str, tmp_path: Path) -> None:
    KNOWN.write(tmp_path / "tokenizer.json")
    runtime = Runtime(tmp_path / "tokenizer.json")
    inside = np.hypot(*np.mgrid[-48:48, -48:48]) < 30
    text = codecs.get(name).write(Mask.from_array(inside, label="lake"), (96, 96))
    ids = KNOWN.ids(text)
    assert ids == runtime.encode(text)
    assert runtime.decode(ids) == KNOWN.text(ids) == text
    taken = [KNOWN.text([number]) for number in ids]
    assert sum(word in runs(48) for word in taken) == text.count("*")
    assert not any("*" in word for word in taken if word not in runs(48))


def test_words_that_steer_have_no_text_in_the_runtime(tmp_path: Path) -> None:
    KNOWN.write(tmp_path / "tokenizer.json")
    runtime = Runtime(tmp_path / "tokenizer.json")
    steering = [WORDS[word] for word in ("<image>", "[SAR]", "<boxes>")] + [KNOWN.end, KNOWN["<unused_0>"]]
    assert not any(runtime.spelled[number] for number in steering)
    assert runtime.spelled[WORDS[" *48"]] == b" *48"
