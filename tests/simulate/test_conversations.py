"""Conversations come from truth, follow their tasks' grammars, and cannot be answered from words alone."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from geoglot.conversation import Sample, Turn
from geoglot.regions.codecs import get as codec
from geoglot.simulate import PHOTO_SENSORS, SENSORS, object_classes, pair, photo, scene, video
from geoglot.simulate.conversations import as_scene, ask_pair, ask_photo, ask_scene, ask_video
from geoglot.simulate.conversations.facts import QUARTERS, facts
from geoglot.simulate.conversations.single import ground
from geoglot.simulate.conversations.way import way
from geoglot.simulate.conversations.words import listed, nouns, plural, some
from geoglot.simulate.tables import COVER_CLASSES
from geoglot.tasks import TaskName, get


def said(sample: Sample, size: tuple[int, int]) -> str:
    """The reference reply with its regions written out."""
    frames = sample.conversation.scene.frames if sample.conversation.scene else ()
    return Turn("assistant", sample.references[0], sample.truth.regions).written(
        codec("geoglot"), [size] * max(1, len(frames))
    )


def asked(sensor: str, index: int, **more: str) -> tuple[tuple[Sample, ...], tuple[int, int]]:
    view = scene(60, index, sensor=sensor, size_px=128, **more)  # type: ignore[arg-type]
    return ask_scene(view, seed=index), (128, 128)


@pytest.mark.parametrize("sensor", SENSORS)
def test_every_reply_follows_its_grammar_and_says_the_truth(sensor: str) -> None:
    for index in range(6):
        samples, size = asked(sensor, index)
        for sample in samples:
            parsed = get(sample.task).parse(said(sample, size), size)
            if sample.truth.value is not None:
                assert parsed.value == sample.truth.value, sample
                assert parsed.unit == sample.truth.unit
            assert len(parsed.regions) == len(sample.truth.regions)


def test_a_scene_is_asked_a_dozen_questions_of_many_tasks() -> None:
    samples, _ = asked("optical", 3, label="harbour")
    assert len(samples) >= 12
    assert len({sample.task for sample in samples}) >= 8


def test_all_tasks_are_asked() -> None:
    found = {sample.task for sensor in SENSORS for index in range(12) for sample in asked(sensor, index)[0]}
    found |= {s.task for k in range(6) for s in ask_pair(pair(60, k, size_px=96, gsd_m=1.0), seed=k)}
    found |= {s.task for k in range(3) for s in ask_video(video(60, k, frames=3, size_px=96), seed=k)}
    assert found == set(TaskName)


def test_questions_are_a_pure_function_of_view_and_seed() -> None:
    view = scene(60, 4, size_px=96)
    one, two, other = ask_scene(view, seed=1), ask_scene(view, seed=1), ask_scene(view, seed=2)
    assert [s.conversation.question.text for s in one] == [s.conversation.question.text for s in two]
    assert [s.conversation.question.text for s in one] != [s.conversation.question.text for s in other]


def test_counts_in_quarters_add_up() -> None:
    for index in range(6):
        read = facts(scene(60, index, label="medium residential", size_px=128))
        for label, total in read.counts.items():
            assert sum(read.quarter_count(label, quarter) for quarter in QUARTERS) == total


def test_nothing_is_asked_that_the_pixels_cannot_show() -> None:
    read = facts(scene(60, 1, sensor="multispectral", size_px=96))
    assert "car" not in read.counts
    assert "tennis court" not in facts(scene(60, 1, sensor="sar", size_px=96, gsd_m=1.0)).counts


def test_absent_things_and_unanswerable_questions_are_asked() -> None:
    samples = [sample for k in range(40) for sample in asked("optical", k)[0]]
    kinds = Counter((sample.type, sample.references[0].split(" ")[0]) for sample in samples)
    assert kinds["presence", "No."] > 5
    assert kinds["detect", "none"] > 3
    assert kinds["ground", "none"] > 3
    assert kinds["colour", "cannot"] >= 1


@pytest.mark.parametrize("word", ["leftmost", "uppermost", "rightmost", "lowest"])
def test_a_thing_that_is_not_there_is_marked_out_as_often_as_one_that_is(word: str) -> None:
    read = facts(scene(60, 1, size_px=96))
    found = [one for one in ground(read, np.random.default_rng(0)) if word in one.fields["thing"]]
    absent = {label for label, count in read.counts.items() if count == 0}
    assert absent
    assert {one.key.partition(",")[0] for one in found if one.outcome == "none"} == absent


def test_a_view_becomes_a_scene_with_its_values() -> None:
    view = scene(60, 2, size_px=64, gsd_m=0.5)
    found = as_scene(view)
    assert found.size == (64, 64)
    assert found.gsd_m == pytest.approx(0.5, rel=1e-3)  # UTM shrinks by 0.04 % in the middle of its zone
    assert np.allclose(found.bands("red", "nir"), view.image[[0, 3]])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_ways_keep_to_dry_open_ground(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cover = np.full((64, 64), COVER_CLASSES.index("grass"), np.uint8)
    for _ in range(4):
        r, c = rng.integers(0, 7, 2) * 8
        cover[r : r + 8, c : c + 24] = COVER_CLASSES.index("water")
    start, goal = (4.0, 4.0), (60.0, 60.0)
    dry = cover[::8, ::8] != COVER_CLASSES.index("water")
    dry[0, 0] = dry[-1, -1] = True  # the ends may lie on anything
    parts = ndimage.label(dry)[0]
    corners = way(cover, start, goal)
    assert bool(corners) == (parts[0, 0] == parts[-1, -1])
    assert not corners or (corners[0], corners[-1]) == (start, goal)
    for (ax, ay), (bx, by) in pairwise(corners):
        for t in np.linspace(0.0, 1.0, 20):
            x, y = ax + (bx - ax) * t, ay + (by - ay) * t
            assert dry[int(y) // 8, int(x) // 8]


def test_a_wall_of_water_leaves_no_way() -> None:
    cover = np.full((64, 64), COVER_CLASSES.index("grass"), np.uint8)
    cover[:, 24:40] = COVER_CLASSES.index("water")
    assert way(cover, (4.0, 30.0), (60.0, 30.0)) == []


@pytest.mark.parametrize(
    ("noun", "many"),
    [("bus", "buses"), ("storage tank", "storage tanks"), ("lorry", "lorries"), ("aircraft", "aircraft"),
     ("tennis court", "tennis courts"), ("coach", "coaches"), ("solar panels", "solar panels")],
)  # fmt: skip
def test_plurals(noun: str, many: str) -> None:
    assert plural(noun) == many


def test_every_class_has_names_and_counts_read_well() -> None:
    assert all(nouns(label)[0] == label for label in object_classes())
    assert some(1, "ship") == "one ship"
    assert some(40, "bus") == "40 buses"
    assert listed(["a", "b", "c"]) == "a, b and c"


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", re.sub(r"<r\d>", "", text.casefold()))


def naive_bayes(examples: list[tuple[set[str], str]]) -> Callable[[set[str]], str]:
    """A guesser of answers from the words of questions, fitted to examples."""
    prior = Counter(answer for _, answer in examples)
    likely: dict[str, Counter[str]] = defaultdict(Counter)
    for asked, answer in examples:
        likely[answer].update(asked)
    room = 0.025 * len({word for counts in likely.values() for word in counts})

    def score(answer: str, asked: set[str]) -> float:
        hits = sum(np.log((likely[answer][word] + 0.5) / (prior[answer] + room)) for word in asked)
        return float(np.log(prior[answer]) + hits)

    return lambda asked: max(prior, key=lambda answer: score(answer, asked))


def blind_gains(samples: list[Sample], outcome: dict[int, str]) -> dict[str, tuple[float, float, int]]:
    """Per kind of question: accuracy of naive Bayes on the words, of the majority answer, and the number tested."""
    kinds: dict[str, list[tuple[set[str], str]]] = defaultdict(list)
    for k, sample in enumerate(samples):
        kinds[sample.type].append((set(words(sample.conversation.question.text)), outcome[k]))
    found = {}
    for kind, members in kinds.items():
        cut = 2 * len(members) // 3
        train, test = members[:cut], members[cut:]
        if len(test) >= 60:
            guess = naive_bayes(train)
            common = Counter(answer for _, answer in train).most_common(1)[0][0]
            right = float(np.mean([guess(asked) == answer for asked, answer in test]))
            found[kind] = (right, float(np.mean([answer == common for _, answer in test])), len(test))
    return found


def outcomes(samples: list[Sample]) -> dict[int, str]:
    """The answer of each sample in the kinds that an evaluation tells apart."""
    found = {}
    for k, sample in enumerate(samples):
        if sample.task is TaskName.AREA:
            found[k] = "none" if sample.truth.value == 0.0 else "some"
        elif sample.truth.value is not None:
            found[k] = str(sample.truth.value)
        elif sample.task is TaskName.DESCRIBE_REGION:
            found[k] = sample.references[0]
        else:
            found[k] = "some" if sample.truth.regions else "none"
    return found


@pytest.mark.slow
def test_words_alone_predict_no_answer() -> None:
    samples = [
        sample
        for sensor in ("optical", "thermal")
        for k in range(250)
        for sample in ask_scene(scene(910_000 + k // 50, k, sensor=sensor, size_px=128), seed=k, count=30)
        if sample.task not in (TaskName.CAPTION, TaskName.MULTILABEL)
    ]
    assert_words_alone_are_no_use(samples)


@pytest.mark.slow
def test_words_alone_predict_no_answer_about_photos() -> None:
    samples = [
        sample
        for sensor in PHOTO_SENSORS
        for k in range(120)
        for sample in ask_photo(photo(920_000 + k // 50, k, sensor=sensor, size_px=192), seed=k, count=30)
        if sample.task not in (TaskName.CAPTION, TaskName.MULTILABEL)
    ]
    assert_words_alone_are_no_use(samples)


def assert_words_alone_are_no_use(samples: list[Sample]) -> None:
    """Naive Bayes on the words of questions is nowhere better than the majority answer by more than chance allows."""
    gains = blind_gains(samples, outcomes(samples))
    assert gains
    for kind, (right, majority, n) in gains.items():
        # Three points, and twice the standard error of a share of n.
        assert right <= majority + 0.03 + 2.0 * np.sqrt(0.25 / n), (kind, right, majority, n)
