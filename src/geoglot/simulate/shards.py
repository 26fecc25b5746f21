"""Simulated scenes in tar shards for training on other systems: webdataset's layout with a hashed manifest.

Members of one scene follow each other and share their name up to the first dot: `<name>.image.npy` (float32 (C, H, W)
in the sensor's unit), `<name>.cover.npy` (uint8 (H, W)), `<name>.truth.json`, `<name>.questions.json`; of photos also
`<name>.numbers.npy` and `<name>.place.npy`, as of photo_files.
`manifest.json`, written last, tells the job and each shard's scenes, bytes and SHA-256.
Source: the WebDataset format, github.com/webdataset/webdataset, "The WebDataset Format".
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.conversation import Json
from geoglot.errors import InputError
from geoglot.ledger import Ledger
from geoglot.scenes.write import writing
from geoglot.simulate.earth import time_of
from geoglot.simulate.photo import SimulatedPhoto
from geoglot.simulate.photo_files import numbers_of, on_earth, photo_record
from geoglot.simulate.record import question_record, view_record, write_json
from geoglot.simulate.samples import Kind, check, made_questions, make

_LEDGER, _FACTS = ".ledger", ("scenes", "bytes", "sha256")


def write_shards(out: Path, *, seed: int, count: int, sensor: str = "optical", a_shard: int = 256) -> Path:
    """Write `count` scenes of a sensor below `out`, a_shard of them in each tar, and give the manifest's path.

    The scenes are those of `samples` for the same seed. Going on where an earlier call stopped; equal arguments give
    equal bytes. Raises as `samples` does, InputError where `out` holds other shards.
    """
    check(Kind.IMAGE, sensor, count)
    manifest = out / "manifest.json"
    job: dict[str, Json] = {"sensor": sensor, "seed": seed, "count": count, "a_shard": a_shard}
    if manifest.is_file():
        if json.loads(manifest.read_text(encoding="utf-8"))["job"] != job:
            raise InputError("the folder holds other shards", value=str(out), hint="choose a folder that is not there")
        return manifest
    ledger = Ledger(out / _LEDGER, job)
    for first in range(0, count, a_shard):
        name = f"{sensor}-{first // a_shard:06d}.tar"
        if name not in ledger:
            numbers = range(first, min(first + a_shard, count))
            ledger.add(name, _write_shard(out / name, seed, sensor, numbers))
    shards: list[Json] = [
        {"file": name, **{key: facts[key] for key in _FACTS}}  # type: ignore[misc]
        for name, facts in ledger.results()
    ]
    write_json(manifest, {"job": job, "shards": shards})
    ledger.remove()
    return manifest


def _write_shard(path: Path, seed: int, sensor: str, numbers: range) -> dict[str, Json]:
    with writing(path) as temporary:
        with tarfile.open(temporary, "w", format=tarfile.USTAR_FORMAT) as tar:
            for number in numbers:
                for suffix, content in _members(seed, sensor, number):
                    entry = tarfile.TarInfo(f"{sensor}-{number:06d}.{suffix}")  # its time stays 0
                    entry.size = len(content)
                    tar.addfile(entry, io.BytesIO(content))
        content_hash = hashlib.sha256(temporary.read_bytes()).hexdigest()
        size = temporary.stat().st_size
    return {"scenes": len(numbers), "bytes": size, "sha256": content_hash}


def _members(seed: int, sensor: str, number: int) -> list[tuple[str, bytes]]:
    made = make(Kind.IMAGE, seed, number, sensor=sensor)
    if isinstance(made.what, SimulatedPhoto):
        return _photo_members(made.what)
    view = made.views[0]
    time = f"{time_of(view.season, night=view.night):%Y-%m-%dT%H:%M:%SZ}"
    questions = [question_record(sample, ()) for sample in made_questions(made, number)]
    return [
        ("image.npy", _npy(view.image)),
        ("cover.npy", _npy(view.cover)),
        ("truth.json", json.dumps(view_record(view, time=time), allow_nan=False).encode()),
        ("questions.json", json.dumps(questions, ensure_ascii=False, allow_nan=False).encode()),
    ]


def _photo_members(photo: SimulatedPhoto) -> list[tuple[str, bytes]]:
    return [
        ("image.npy", _npy(photo.image)),
        ("cover.npy", _npy(photo.cover)),
        ("numbers.npy", _npy(numbers_of(photo))),
        ("place.npy", _npy(on_earth(photo))),
        ("truth.json", json.dumps(photo_record(photo), allow_nan=False).encode()),
        ("questions.json", b"[]"),
    ]


def _npy(array: NDArray[np.generic]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()
