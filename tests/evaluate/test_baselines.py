"""Simple bars: each knows exactly what it should know, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from geoglot.conversation import Conversation, Sample
from geoglot.errors import InputError, UnknownName
from geoglot.evaluate import baselines
from geoglot.evaluate.baselines.features import features
from geoglot.evaluate.baselines.forest import grown
from geoglot.evaluate.baselines.indices import otsu
from geoglot.evaluate.runner import evaluate
from geoglot.scenes import Scene, SceneKind
from geoglot.scenes.arrays import scene_from_array
from geoglot.tasks import Parsed, TaskName
from tests.evaluate.toy import boxes, counting, detecting, outlining, sample, toy_benchmark, toy_scene

Read = Callable[[Path], Iterator[Sample]]


def textures(data: Path) -> Iterator[Sample]:
    """Stripes against noise, ten for training and ten for testing each; brightness tells nothing."""
    rng = np.random.default_rng(4)
    for index in range(40):
        kind = ("stripes", "noise")[index % 2]
        pixels = rng.integers(60, 190, (32, 32))
        if kind == "stripes":
            pixels = np.sort(pixels, axis=0)[np.argsort(np.tile(np.arange(8), 4), kind="stable")]
        scene = scene_from_array(np.repeat(pixels[None], 3, axis=0).astype(np.uint8), sensor="rgb")
        split = "train" if index < 20 else "test"
        yield sample(f"{index}", scene, "Stripes or noise?", Parsed(kind), TaskName.CLASSIFY, split)


def trained(read: Read) -> Read:
    """The same samples as training and as test."""

    def both(data: Path) -> Iterator[Sample]:
        from dataclasses import replace

        for one in read(data):
            yield replace(one, split="test")
            yield replace(one, id=f"{one.id}-seen", split="train")

    return both


def score(name: str, read: Read, tmp_path: Path, *, protocol: str = "vqa/exact@1", headline: str = "OA") -> float:
    benchmark = toy_benchmark(read, protocol=protocol, headline=headline)
    return evaluate(f"baseline:{name}", benchmark, data=tmp_path, out=tmp_path / name).main.value


def test_majority_says_the_commonest_answer_to_every_question(tmp_path: Path) -> None:
    model = baselines.fit("majority", toy_benchmark(), tmp_path)
    blind = Conversation.about(None, "whatever")
    counts = [one.truth.value for one in counting(tmp_path) if one.split == "train" and one.task is TaskName.COUNT]
    assert model.answer(blind, task=TaskName.COUNT).value == min(set(counts), key=lambda n: (-counts.count(n), n))
    assert model.answer(blind, task=TaskName.PRESENCE).value is True


def test_lookup_knows_each_question_but_no_image(tmp_path: Path) -> None:
    def two_questions(data: Path) -> Iterator[Sample]:
        for index in range(6):
            scene = toy_scene(index % 3)
            yield sample(f"{index}a", scene, "Any sand?", Parsed(True), TaskName.PRESENCE, "test")
            yield sample(f"{index}b", scene, "Any snow?", Parsed(False), TaskName.PRESENCE, "test")

    assert score("lookup", trained(two_questions), tmp_path) == 100
    assert score("majority", trained(two_questions), tmp_path) == 50


def test_random_draws_the_same_for_the_same_image_and_seed(tmp_path: Path) -> None:
    model = baselines.fit("random", toy_benchmark(trained(detecting)), tmp_path)
    asked = Conversation.about(toy_scene(2), "Detect all squares.")
    assert model.answer(asked, seed=1).regions == model.answer(asked, seed=1).regions
    drawn = {model.answer(asked, seed=seed).regions for seed in range(20)}
    assert drawn <= {boxes(count) for count in range(5)}
    assert len(drawn) > 2


def test_random_fitted_on_the_test_never_gives_an_image_its_own_truth(tmp_path: Path) -> None:
    model = baselines.fit("random", toy_benchmark(detecting), tmp_path)
    for one in detecting(tmp_path):
        drawn = {model.answer(one.conversation, seed=seed).regions for seed in range(30)}
        alike = sum(other.truth.regions == one.truth.regions for other in detecting(tmp_path))
        assert len(drawn) > 2
        assert (one.truth.regions in drawn) == (alike > 1)


def test_nearest_knows_an_image_it_has_seen(tmp_path: Path) -> None:
    assert score("nearest", trained(detecting), tmp_path, protocol="detection/dota@1", headline="mAP@0.5") == 100


@pytest.mark.parametrize("name", ["nearest", "linear", "kernel"])
def test_texture_tells_stripes_from_noise(name: str, tmp_path: Path) -> None:
    assert score(name, textures, tmp_path) >= 90


@pytest.mark.parametrize("name", ["nearest", "linear", "kernel"])
def test_without_its_image_a_seeing_baseline_gives_no_answer(name: str, tmp_path: Path) -> None:
    model = baselines.fit(name, toy_benchmark(textures), tmp_path)
    with pytest.raises(InputError, match="without an image"):
        model.answer(Conversation.about(None, "Stripes or noise?"), task=TaskName.CLASSIFY)


def test_an_image_of_other_bands_gets_no_answer(tmp_path: Path) -> None:
    grey = scene_from_array(np.zeros((1, 32, 32), np.uint8), sensor="grey")
    for name in ("nearest", "linear"):
        model = baselines.fit(name, toy_benchmark(textures), tmp_path)
        with pytest.raises(InputError, match="other bands"):
            model.answer(Conversation.about(grey, "Stripes or noise?"), task=TaskName.CLASSIFY)


@pytest.mark.parametrize("name", ["pixels", "forest"])
def test_a_rule_for_pixels_learns_a_threshold(name: str, tmp_path: Path) -> None:
    model = baselines.fit(name, toy_benchmark(trained(outlining)), tmp_path)
    for one in outlining(tmp_path):
        (said,) = model.answer(one.conversation, task=TaskName.SEGMENT).regions
        assert said.iou(one.truth.regions[0]) > 0.95


def test_trees_learn_what_no_line_parts() -> None:
    rng = np.random.default_rng(0)
    rows = rng.uniform(-1, 1, (4000, 4))
    inside = (rows[:, 0] * rows[:, 1] > 0).astype(np.float64)
    trees = [grown(rows[:3000], inside[:3000], np.random.default_rng(seed)) for seed in range(15)]
    said = np.mean([tree.at(rows[3000:]) for tree in trees], axis=0) > 0.5
    assert (said == inside[3000:]).mean() > 0.9


def test_a_tree_is_drawn_from_its_seed_alone_and_keeps_its_depth() -> None:
    rng = np.random.default_rng(1)
    rows, inside = rng.uniform(0, 1, (500, 3)), rng.integers(0, 2, 500).astype(np.float64)
    one, other = (grown(rows, inside, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one.at(rows), other.at(rows))
    assert one.at(rows).mean() == pytest.approx(inside.mean(), abs=1e-9)
    assert grown(rows, np.ones(500), rng).at(rows).tolist() == [1.0] * 500


def test_a_ridge_gives_no_regions_and_pixels_no_values(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="values only"):
        baselines.fit("linear", toy_benchmark(trained(detecting)), tmp_path)
    for name in ("pixels", "forest"):
        with pytest.raises(InputError, match="masks only"):
            baselines.fit(name, toy_benchmark(), tmp_path)


def test_without_a_training_part_only_blind_baselines_are_fitted_and_say_on_what(tmp_path: Path) -> None:
    benchmark = toy_benchmark(detecting)
    assert baselines.fit("majority", benchmark, tmp_path).name == "baseline:majority (fitted on the test)"
    for name in ("nearest", "linear", "pixels", "forest"):
        with pytest.raises(InputError):
            baselines.fit(name, benchmark, tmp_path)


def test_names_are_known_and_others_are_no_baselines() -> None:
    assert baselines.named("baseline:kernel") == "kernel"
    assert baselines.named("nano") is None
    with pytest.raises(UnknownName):
        baselines.named("baseline:oracle")


class TestIndices:
    """Rules with published thresholds."""

    def test_water_is_dark_in_the_infrared(self) -> None:
        bands = ("green", "swir16")
        pixels = np.full((2, 8, 8), 0.1, np.float32)
        pixels[1, :, 4:] = 0.3
        pixels[1, :, :4] = 0.02
        scene = scene_from_array(pixels, sensor="multispectral-reflectance", bands=bands)
        (mask,) = self.answer(scene, "Segment the water.").regions
        assert mask.bounds.x1 == 4

    def test_water_is_dark_to_radar(self) -> None:
        pixels = np.full((1, 8, 8), -8.0, np.float32)
        pixels[:, :3] = -22
        scene = scene_from_array(pixels, sensor="sar-db", bands=("VV",))
        assert self.answer(scene, "What percentage of the image is covered by water?", TaskName.AREA).value == 37.5

    def test_change_is_where_two_dates_differ(self) -> None:
        frames = [toy_scene(0).frame, toy_scene(3).frame]
        answer = self.answer(Scene(SceneKind.PAIR, frames), "Which buildings have changed?", TaskName.CHANGE_MASK)
        assert answer.regions[0].area_px == 3 * 16

    def test_other_questions_have_no_rule(self) -> None:
        with pytest.raises(InputError, match="No rule"):
            self.answer(toy_scene(1), "How many squares?")

    @staticmethod
    def answer(scene: Scene, question: str, task: TaskName = TaskName.SEGMENT):  # type: ignore[no-untyped-def]
        model = baselines.fit("index", toy_benchmark(), Path())
        return model.answer(Conversation.about(scene, question), task=task)


def test_otsu_parts_two_heaps() -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(-20, 1, 500), rng.normal(-8, 1, 1500)])
    assert -18 < otsu(values) < -10


def test_features_ignore_where_north_is_and_missing_pixels() -> None:
    rng = np.random.default_rng(2)
    pixels = np.sort(rng.normal(0, 1, (1, 32, 32)), axis=1).astype(np.float32)
    scene = scene_from_array(pixels, sensor="elevation")
    turned = scene_from_array(np.rot90(pixels, axes=(1, 2)).copy(), sensor="elevation")
    assert np.corrcoef(features(scene), features(turned))[0, 1] > 0.999
    holed = pixels.copy()
    holed[0, 0, :5] = np.nan
    assert np.isfinite(features(scene_from_array(holed, sensor="elevation"))).all()
