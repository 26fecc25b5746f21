"""Tar shards of simulated scenes: what the manifest says, what webdataset expects, equal bytes after a stop."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.simulate import samples
from geoglot.simulate.samples import Kind, make
from geoglot.simulate.shards import _npy, write_shards


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("shards") / "heat", seed=6, count=5, sensor="thermal", a_shard=2).parent


def test_the_manifest_tells_every_shard_with_its_hash(shards: Path) -> None:
    manifest = json.loads((shards / "manifest.json").read_text())
    assert [entry["scenes"] for entry in manifest["shards"]] == [2, 2, 1]
    for entry in manifest["shards"]:
        content = (shards / entry["file"]).read_bytes()
        assert (entry["bytes"], entry["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert {path.name for path in shards.iterdir()} == {"manifest.json", *(e["file"] for e in manifest["shards"])}


def test_members_of_a_scene_follow_each_other_and_share_its_name(shards: Path) -> None:
    with tarfile.open(shards / "thermal-000001.tar") as tar:
        names = [member.name for member in tar]
    suffixes = ["image.npy", "cover.npy", "truth.json", "questions.json"]
    assert names == [f"thermal-00000{number}.{suffix}" for number in (2, 3) for suffix in suffixes]


def test_arrays_truth_and_questions_are_those_that_stream(shards: Path) -> None:
    view = make(Kind.IMAGE, 6, 3, sensor="thermal").views[0]
    with tarfile.open(shards / "thermal-000001.tar") as tar:
        found = {member.name.partition(".")[2]: tar.extractfile(member).read() for member in tar if "3." in member.name}  # type: ignore[union-attr]
    assert np.array_equal(np.load(io.BytesIO(found["image.npy"])), view.image)
    assert np.array_equal(np.load(io.BytesIO(found["cover.npy"])), view.cover)
    assert len(json.loads(found["truth.json"])["objects"]) == len(view.objects)
    streamed = [sample.id for sample in samples(6, 1, sensor="thermal", start=3)]
    assert [question["id"] for question in json.loads(found["questions.json"])] == streamed


def test_what_stopped_goes_on_with_equal_bytes(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[object] = []

    def stop(array: NDArray[np.generic]) -> bytes:
        written.append(array)
        if len(written) > 6:  # in the second shard
            raise KeyboardInterrupt
        return _npy(array)

    with monkeypatch.context() as stopped:
        stopped.setattr("geoglot.simulate.shards._npy", stop)
        with pytest.raises(KeyboardInterrupt):
            write_shards(tmp_path / "heat", seed=6, count=5, sensor="thermal", a_shard=2)
    write_shards(tmp_path / "heat", seed=6, count=5, sensor="thermal", a_shard=2)
    for path in shards.iterdir():
        assert (tmp_path / "heat" / path.name).read_bytes() == path.read_bytes()


def test_other_shards_are_left_alone(shards: Path) -> None:
    with pytest.raises(InputError, match="other shards"):
        write_shards(shards, seed=7, count=5, sensor="thermal", a_shard=2)
