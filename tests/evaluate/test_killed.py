"""`geoglot evaluate`, killed at any moment and started again, gives the same bytes; so do processes and batches."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoglot.data.readers import eurosat_rgb5, eurosat_rgb_5class
from geoglot.evaluate.benchmarks import benchmark
from geoglot.evaluate.runner import Run, evaluate

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

NAME = "eurosat-classify"
IMAGES = 24
KILLS = 6
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """EuroSAT as it lies on disk, its pictures made of noise."""
    root = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    small, large = (root / one.CARD.folder for one in (eurosat_rgb_5class, eurosat_rgb5))
    for folder in (small, large):
        folder.mkdir(parents=True)
    pictures = {f"{number}.jpg": _picture(rng) for number in range(IMAGES)}
    rows = [{"image": name, "split": "val"} for name in pictures]
    for place, row in enumerate(rows):
        row["label"] = row["cls"] = list(eurosat_rgb_5class.SCENES)[place % 5]
        row["tar"] = "part.tar"
    with zipfile.ZipFile(small / "images.zip", "w") as archive:
        for row in rows[::2]:
            archive.writestr(row["image"], pictures[row["image"]])
    with tarfile.open(large / "part.tar", "w") as tape:
        for row in rows[1::2]:
            member = tarfile.TarInfo(row["image"])
            member.size = len(pictures[row["image"]])
            tape.addfile(member, io.BytesIO(pictures[row["image"]]))
    for folder, some in ((small, rows[::2]), (large, rows[1::2])):
        (folder / "labels.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in some))
    return root


def _picture(rng: np.random.Generator) -> bytes:
    store = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (8, 8, 3), np.uint8)).resize((64, 64)).save(store, "JPEG")
    return store.getvalue()


def start(data: Path, out: Path, workers: int) -> subprocess.Popen[bytes]:
    """Start the command in a session of its own, so that a kill reaches its workers too."""
    program = Path(sys.executable).with_name("geoglot")
    options = ["--data", str(data), "--out", str(out), "--workers", str(workers), "--quiet"]
    return subprocess.Popen(
        [program, "evaluate", "nano", NAME, *options], start_new_session=True, stdout=subprocess.DEVNULL
    )


def finish(data: Path, out: Path, workers: int) -> Files:
    """Run the command to its end and give the bytes of every file it left."""
    assert start(data, out, workers).wait() == 0
    return left(out)


def left(out: Path) -> Files:
    """The bytes of everything in a result folder."""
    folder = out / NAME / "nano"
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def straight(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Files, float]:
    """What a run leaves that nothing disturbed, and how many seconds it took."""
    began = time.perf_counter()
    files = finish(data, tmp_path_factory.mktemp("straight"), 1)
    return files, time.perf_counter() - began


def test_a_result_names_everything_it_rests_on(straight: tuple[Files, float]) -> None:
    assert set(straight[0]) == {"predictions.jsonl", "report.html", "result.json"}
    assert json.loads(straight[0]["result.json"])["samples"] == IMAGES


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_at_random_moments_it_ends_in_the_same_bytes(
    straight: tuple[Files, float], data: Path, tmp_path: Path, workers: int
) -> None:
    files, took_s = straight
    moments = np.random.default_rng(workers).uniform(0.3, 1.0, KILLS) * took_s
    for moment_s in moments:
        process = start(data, tmp_path, workers)
        try:
            process.wait(timeout=float(moment_s))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
        now = left(tmp_path)
        assert "result.json" not in now or now["result.json"] == files["result.json"], "half a result"
    assert finish(data, tmp_path, workers) == files


def test_two_processes_leave_the_bytes_of_one(straight: tuple[Files, float], data: Path, tmp_path: Path) -> None:
    assert finish(data, tmp_path, 2) == straight[0]


@pytest.mark.parametrize("batch", [1, 8])
def test_any_batch_leaves_the_same_bytes(straight: tuple[Files, float], data: Path, tmp_path: Path, batch: int) -> None:
    evaluate("nano", benchmark(NAME), data=data, out=tmp_path / NAME / "nano", run=Run(batch=batch))
    assert left(tmp_path) == straight[0]
