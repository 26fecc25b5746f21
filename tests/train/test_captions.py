"""Teaching the caption writer: what is kept of the texts, and what is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geoglot.errors import InputError
from geoglot.models.nano.sentences import REACH, SHIPPED
from geoglot.train.captions import RARE, Example, examples, fit, tidied


def test_sentences_are_tidied() -> None:
    told = tidied("This is a old  Baseball diamond, surounded by tres..")
    assert " ".join(told) == "this is an old baseball diamond surrounded by trees"
    assert tidied("An white blue-green parkinglot.") == ("a", "white", "blue-green", "parking", "lot")


def test_a_sentence_with_a_rare_word_is_not_learned() -> None:
    common = Example("forest", frozenset(), (("a", "forest"),))
    rare = Example("forest", frozenset(), (("a", "jungle"),))
    words = fit([*[common] * RARE, rare])["words"]
    assert words.tolist() == ["", "a", "forest"]


def test_counts_are_those_of_the_texts() -> None:
    kept = fit([Example("forest", frozenset(), (("a", "forest"), ("a", "wood")))] * RARE)
    rows = dict(zip(map(tuple, kept["grams"].tolist()), kept["counts"].tolist(), strict=True))
    assert rows[0, 0, 0, 0, 1] == 2 * RARE
    assert rows[0, 0, 0, 1, 2] == rows[0, 0, 0, 1, 3] == RARE
    assert kept["images"].tolist() == [RARE] * 5
    assert int(kept["total"]) == RARE


def test_without_texts_there_is_nothing_to_learn() -> None:
    with pytest.raises(InputError):
        fit([Example("forest", frozenset(), ())])


def test_the_tilt_raises_the_likelihood_and_stays_small_without_a_reason() -> None:
    lot = Example("lot", frozenset({"cars"}), (("many", "cars"),))
    empty = Example("lot", frozenset(), (("no", "cars"),))
    kept = fit([*[lot] * 20, *[empty] * 20])
    words = kept["words"].tolist()
    (tilt,) = kept["tilt"].astype(np.float64)
    assert tilt[words.index("many")] > 0 > tilt[words.index("no")]
    assert tilt[words.index("cars")] == 0


@pytest.mark.data
def test_the_val_part_is_not_read(shared_data: Path) -> None:
    taught = list(examples(shared_data / "real" / "ucm_landuse"))
    assert len(taught) == 1680
    assert all(len(one.sentences) == 5 for one in taught)


def test_no_sentence_lies_in_the_shipped_file() -> None:
    with np.load(SHIPPED) as held:
        texts = [str(text) for name in ("words", "scenes", "tags") for text in held[name]]
        assert held["grams"].shape[1] == 1 + REACH + 1  # a scene and four words in a row
    assert max(len(text.split()) for text in texts) <= 3  # "mobile home park"
