"""Questions to train the reader on: every frame can be filled, labels fit their words, tests stay unseen."""

from __future__ import annotations

import tomllib
from pathlib import Path
from random import Random

import pytest

from geoglot.models.nano import things
from geoglot.models.nano.reading.labels import CHOICES, INTENTS, TAGS
from geoglot.models.nano.reading.text import plain
from geoglot.tasks import TaskName
from geoglot.train.reader.noise import noisy
from geoglot.train.reader.paraphrase import Draft, Group, example, fill, groups
from geoglot.train.reader.vocabulary import nouns

UNSEEN = tomllib.loads((Path(__file__).parents[1] / "nano" / "unseen.toml").read_text("utf-8"))
EXAMPLES = [example(rng) for rng in [Random(3)] for _ in range(2000)]


@pytest.mark.parametrize("group", groups(), ids=lambda group: group.intent)
def test_every_frame_can_be_filled(group: Group) -> None:
    for frame in group.frames:
        draft = Draft(Random(0))
        fill(draft, frame)
        assert draft.words, frame
        assert not any(sign in word for word, _ in draft.words for sign in "(){}|"), frame


def test_labels_and_tags_are_those_that_the_network_knows() -> None:
    for one in EXAMPLES:
        assert {tag for _, tag in one.words} <= set(TAGS)
        assert all(one.whole[name] in choices for name, choices in CHOICES.items()), one


def test_every_intent_is_asked_and_every_task_has_one() -> None:
    assert {one.whole["intent"] for one in EXAMPLES} == set(INTENTS)
    told = {task for task, _ in INTENTS.values()}
    assert told >= set(TaskName) - {TaskName.GROUND, TaskName.MCQ}  # one by its noun, the other by its choices


def test_the_same_seed_gives_the_same_questions() -> None:
    assert [example(rng).text for rng in [Random(3)] for _ in range(50)] == [one.text for one in EXAMPLES[:50]]


def test_words_are_plain_as_the_reader_will_see_them() -> None:
    slipped = sum(plain(one.text) != one.text for one in EXAMPLES)
    assert slipped < 0.05 * len(EXAMPLES)  # slips of the keys may look like other signs


def test_noise_keeps_words_that_carry_meaning() -> None:
    words = [("how", "O"), ("many", "O"), ("the", "O"), ("ships", "N")]
    for seed in range(50):
        assert len([tag for _, tag in noisy(words, Random(seed)) if tag == "N"]) == 1


def test_no_unknown_noun_of_the_measuring_questions_is_trained_on() -> None:
    known, unknown = nouns()
    taught = {word for words in (*known.values(), unknown) for word in words if things.find(word) is None}
    assert not taught & {row["noun"] for row in UNSEEN["unknown"]}
    assert not {things.singular(word) for word in taught} & {row["noun"] for row in UNSEEN["unknown"]}
