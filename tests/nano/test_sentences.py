"""The taught writer: what it was taught it says, with the probabilities that follow from the counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geoglot.errors import ModelError
from geoglot.models.nano import telling, wording
from geoglot.models.nano.evidence import Evidence, Guess
from geoglot.models.nano.sentences import Sentences, open_sentences, shipped
from geoglot.train.captions import Example, fit
from tests.nano.made import EVIDENCE, found, read

FOREST = ("here is a forest", "here is a forest", "here is a dense forest", "lots of trees")
PARK = ("cars in a lot", "cars in a lot", "an empty lot", "an empty lot")


def example(scene: str, texts: tuple[str, ...], *tags: str) -> Example:
    return Example(scene, frozenset(tags), tuple(tuple(text.split()) for text in texts))


TAUGHT = (
    *[example("forest", FOREST, "trees")] * 6,
    *[example("parking lot", PARK[:2], "cars", "pavement")] * 6,
    *[example("parking lot", PARK[2:], "pavement")] * 6,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    np.savez(tmp_path / "s.npz", **fit(TAUGHT))  # type: ignore[arg-type]
    return tmp_path / "s.npz"


@pytest.fixture
def writer(path: Path) -> Sentences:
    return open_sentences(path)


def said(writer: Sentences, scene: str, tags: dict[str, float]) -> dict[str, float]:
    return {" ".join(writer.words[n] for n in s): p for p, s in writer.sentences(scene, tags)}


def test_sentences_come_with_their_shares_likeliest_first(writer: Sentences) -> None:
    told = said(writer, "forest", {})
    assert told == pytest.approx({"here is a forest": 0.5, "here is a dense forest": 0.25, "lots of trees": 0.25})
    assert next(iter(told)) == "here is a forest"


def test_probabilities_of_all_sentences_add_up_to_one(writer: Sentences) -> None:
    for tags in ({}, {"cars": 1.0}, {"cars": 0.0}):
        assert sum(said(writer, "parking lot", tags).values()) == pytest.approx(1.0)


def test_tags_tilt_the_words_towards_what_is_there(writer: Sentences) -> None:
    with_cars, without = (said(writer, "parking lot", {"cars": p}) for p in (1.0, 0.0))
    assert with_cars["cars in a lot"] > 0.5 > without["cars in a lot"]
    assert said(writer, "parking lot", {})["cars in a lot"] == pytest.approx(0.5, abs=0.01)


def test_the_best_of_a_scene_is_written(writer: Sentences) -> None:
    assert writer.write({"forest": 0.9, "sea of fog": 0.1}, {}) == "here is a forest"
    assert writer.write({"parking lot": 1.0}, {"cars": 1.0}) == "cars in a lot"


def test_a_scene_that_is_not_known_is_an_error(writer: Sentences) -> None:
    with pytest.raises(ValueError, match="none of the scenes"):
        writer.write({"moon": 1.0}, {})


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("format", np.array("another/1")),
        ("grams", np.zeros((3, 4), np.int16)),
        ("counts", np.zeros(1, np.int16)),
        ("words", np.array(["", "a"])),
        ("tilt", np.zeros((1, 1))),
        ("phrases", np.full((2, 4), 999, np.int16)),
    ],
)
def test_a_broken_file_is_refused(path: Path, name: str, broken: np.ndarray) -> None:
    with np.load(path) as held:
        parts = dict(held)
    np.savez(path, **parts | {name: broken})
    with pytest.raises(ModelError):
        open_sentences(path)


def test_a_word_that_nothing_follows_is_refused(path: Path) -> None:
    with np.load(path) as held:
        parts = dict(held)
    last = parts["grams"][:, -1] == 0
    np.savez(path, **parts | {"grams": parts["grams"][~last], "counts": parts["counts"][~last]})
    with pytest.raises(ModelError, match="nothing follows"):
        open_sentences(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not there"):
        open_sentences(tmp_path / "none.npz")


def test_a_pickle_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "s.npz", format=np.array([{"a": 1}], object))
    with pytest.raises(ModelError):
        open_sentences(tmp_path / "s.npz")


PHOTO = replace(EVIDENCE, gsd_m=0.3)


class TestTheShippedWriter:
    def test_it_knows_the_scenes_of_aerial_photographs(self) -> None:
        assert {"harbor", "runway", "golf course", "dense residential"} <= set(shipped().scenes)

    @pytest.mark.parametrize("scene", shipped().scenes)
    def test_it_has_something_to_say_of_every_scene(self, scene: str) -> None:
        assert len(shipped().write({scene: 1.0}, {}).split()) >= 3

    def test_every_word_it_knows_is_spelt_in_small_letters(self) -> None:
        assert all(word == word.lower() and " " not in word for word in shipped().words)

    def test_it_captions_a_photograph_in_its_domain(self) -> None:
        text = caption(PHOTO)
        assert "harbor" in text
        assert text[0].isupper()
        assert text.endswith(".")
        assert text != caption(EVIDENCE_COARSE)

    @pytest.mark.parametrize(
        "outside",
        [
            replace(PHOTO, gsd_m=None),
            replace(PHOTO, gsd_m=10.0),
            replace(PHOTO, modality="sar"),
            replace(PHOTO, scenes=(Guess("s1", "harbor", 0.4),)),
            replace(PHOTO, scenes=(Guess("s1", "industrial", 0.9),)),
            replace(PHOTO, quality=(Guess("q1", "cloud", 0.8),)),
        ],
    )
    def test_outside_its_domain_the_facts_are_told(self, outside: Evidence) -> None:
        facts = found("Describe the image.", outside).facts
        assert caption(outside) == telling.caption(facts, detailed=False)

    def test_a_detailed_caption_is_made_of_facts(self) -> None:
        assert "There are" in caption(PHOTO, "Describe the image in detail.")


EVIDENCE_COARSE = replace(EVIDENCE, gsd_m=10.0)


def caption(evidence: Evidence, question: str = "Describe the image.") -> str:
    return wording.say(read(question), found(question, evidence), evidence)
