"""Every benchmark is what its entry says, and its own truths pass it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from geoglot.conversation import Sample
from geoglot.data.duplicates import difference_hash, near_pairs
from geoglot.data.readers import oam_kampala, reader
from geoglot.errors import ReadError, UnknownName
from geoglot.evaluate.benchmarks import Benchmark, benchmark, names
from geoglot.evaluate.forms import size_of, truth_form
from geoglot.evaluate.metrics import PROTOCOLS, Prediction
from geoglot.evaluate.modes import scene_digest
from geoglot.scenes import Scene
from tests.evaluate.toy import counting, toy_benchmark

ALL = names()
REAL = tuple(name for name in ALL if not name.startswith("sim-"))


def test_names_are_unique_and_found() -> None:
    assert len(set(ALL)) == len(ALL) >= 15
    assert all(benchmark(name).name == name for name in ALL)
    with pytest.raises(UnknownName):
        benchmark("ucm")


@pytest.mark.parametrize("name", ALL)
def test_the_protocol_of_a_benchmark_exists_and_its_sets_have_licences(name: str) -> None:
    one = benchmark(name)
    assert one.protocol in PROTOCOLS
    assert all(card.licence and card.source for card in one.cards)


def test_the_order_is_that_of_hashes_whatever_the_order_of_reading() -> None:
    def backwards(data: Path) -> Iterator[Sample]:
        return reversed(list(counting(data)))

    one, other = toy_benchmark().samples(Path()), toy_benchmark(backwards).samples(Path())
    assert [sample.id for sample in one] == [sample.id for sample in other]
    assert [sample.id for sample in one] != sorted(sample.id for sample in one)


def test_another_version_has_another_order() -> None:
    one, other = toy_benchmark().samples(Path()), toy_benchmark(version=2).samples(Path())
    assert {sample.id for sample in one} == {sample.id for sample in other}
    assert [sample.id for sample in one] != [sample.id for sample in other]


def test_missing_images_are_told_with_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"--data DIR"):
        benchmark("ucm-classify").samples(tmp_path)


def test_a_missing_file_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "real" / "ucm_landuse").mkdir(parents=True)
    with pytest.raises(ReadError, match=r"labels\.jsonl"):
        benchmark("ucm-classify").samples(tmp_path)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
class TestRealCopies:
    """What only the real images can show."""

    def test_the_test_part_is_as_large_as_said(self, name: str, shared_data: Path) -> None:
        one = benchmark(name)
        samples = one.samples(shared_data)
        images = {id(sample.conversation.scene) for sample in samples}
        assert (len(samples), len(images)) == one.size
        assert len({sample.id for sample in samples}) == len(samples)

    def test_its_own_truths_get_the_full_score(self, name: str, shared_data: Path) -> None:
        one = benchmark(name)
        predictions = [perfect(sample) for sample in one.samples(shared_data)]
        full = PROTOCOLS[one.protocol].score(predictions, 0).scores[one.headline].value
        assert full >= 99.99

    def test_no_sample_is_in_both_parts(self, name: str, shared_data: Path) -> None:
        one = benchmark(name)
        tested = {sample.id for sample in one.samples(shared_data)}
        assert tested.isdisjoint(sample.id for sample in one.training(shared_data))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sim-thermal-detect", "sim-sar-presence", "sim-multispectral-segment"])
def test_simulated_samples_are_made_alike_and_pass_their_own_truth(name: str, tmp_path: Path) -> None:
    one = benchmark(name)
    first, again = one.samples(tmp_path), one.samples(tmp_path)
    assert (len(first), len({id(sample.conversation.scene) for sample in first})) == one.size
    for sample, other in zip(first[::20], again[::20], strict=True):
        assert sample.id == other.id
        assert truth_form(sample) == truth_form(other)
        assert scene_digest(scene_of(sample)) == scene_digest(scene_of(other))
    scores = PROTOCOLS[one.protocol].score([perfect(sample) for sample in first], 0).scores
    assert scores[one.headline].value >= 99.99


def scene_of(sample: Sample) -> Scene:
    """The scene of a sample that has one."""
    assert sample.conversation.scene is not None
    return sample.conversation.scene


def perfect(sample: Sample) -> Prediction:
    """The truth, said as an answer."""
    truth = truth_form(sample)
    said = truth
    if sample.references:
        said = sample.references[0]
    elif isinstance(truth, list):
        said = [item for item in truth if not (isinstance(item, Mapping) and item.get("difficult"))]
    return Prediction(sample.id, sample.task.value, said, truth, sample.type, size_of(sample), "geoglot")


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(
    "sets",
    [
        ("ucm_landuse",),
        ("eurosat_rgb_5class", "eurosat_rgb5"),
        ("hit_uav_thermal", "hit_uav"),
        ("aerial_cars",),
        ("neon_crowns",),
        ("oam_kampala",),
    ],
)
def test_no_tested_image_is_nearly_one_for_training(sets: tuple[str, ...], shared_data: Path) -> None:
    hashes = {True: {}, False: {}}  # type: ignore[var-annotated]
    for name in sets:
        source = reader(name)
        for image in source.read(shared_data / source.card.folder):
            hashes[image.split == "train"][f"{name}/{image.id}"] = difference_hash(image.pixels)
    assert near_pairs(hashes[False], hashes[True]) == ()


@pytest.mark.data
def test_no_tested_tile_of_kampala_covers_ground_for_training(shared_data: Path) -> None:
    images = list(oam_kampala.read(shared_data / oam_kampala.CARD.folder))
    for one, other in combinations(images, 2):
        if one.split != other.split:
            assert not overlap(one.id, other.id), (one.id, other.id)


def test_a_tile_covers_the_ground_of_those_it_was_cut_into() -> None:
    assert overlap("kampala-4-6-3-a.jpg", "kampala-19-25-5-b.jpg")
    assert overlap("kampala-19-25-5-b.jpg", "kampala-4-6-3-a.jpg")
    assert not overlap("kampala-4-6-3-a.jpg", "kampala-20-25-5-b.jpg")


def overlap(first: str, second: str) -> bool:
    """Whether two web-mercator tiles share ground: one is the other's ancestor."""
    (x, y, z), (a, b, c) = sorted((place(first), place(second)), key=lambda tile: tile[2])
    return (a >> (c - z), b >> (c - z)) == (x, y)


def place(name: str) -> tuple[int, int, int]:
    x, y, z = name.removesuffix(".jpg").split("-")[1:4]
    return int(x), int(y), int(z)


def test_a_benchmark_can_be_sent_to_another_process() -> None:
    import pickle

    for name in ALL:
        again = pickle.loads(pickle.dumps(benchmark(name)))
        assert isinstance(again, Benchmark)
        assert again == replace(benchmark(name))
