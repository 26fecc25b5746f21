"""A folder of simulated scenes opens as its sensors' files, tells the truth, and depends on the job alone."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyogrio
import pytest

import geoglot
from geoglot.errors import InputError, UnknownName, WorkError
from geoglot.regions import Box
from geoglot.scenes import SceneKind
from geoglot.sensors import Unit
from geoglot.simulate import COVER_CLASSES, dataset, samples
from geoglot.simulate.dataset import Job, write_folder, write_one
from geoglot.simulate.earth import CRS, grid_of, time_of
from geoglot.simulate.products import READ_AS
from geoglot.simulate.samples import Kind, check, make

UNITS = {
    "optical": Unit.REFLECTANCE,
    "multispectral": Unit.REFLECTANCE,
    "sar": Unit.SIGMA0,
    "thermal": Unit.KELVIN,
    "hyperspectral": Unit.DN,  # ENVI has no field for the unit
    "elevation": Unit.METRE,
}


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file by its path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("sensor", list(READ_AS))
def test_each_sensor_opens_with_its_name_unit_place_and_time(sensor: str, tmp_path: Path) -> None:
    name, entry = write_one(Job(sensor, 1, 3), tmp_path, 0)
    made = make(Kind.IMAGE, 3, 0, sensor=sensor).views[0]
    images = entry["images"]
    assert isinstance(images, list)
    for what in (tmp_path / images[0], tmp_path / name / "images"):
        scene = geoglot.read(what)
        assert scene.kind is SceneKind.IMAGE
        assert scene.sensor.name == READ_AS[sensor]
        assert {channel.band.unit for channel in scene.frame.channels} == {UNITS[sensor]}
        assert scene.gsd_m == pytest.approx(made.gsd_m, rel=2e-3)
        grid = grid_of(made.x_m, made.y_m, scene.size, made.gsd_m)
        corner, expected = scene.grid.to_lonlat([(0.0, 0.0)])[0], grid.to_lonlat([(0.0, 0.0)])[0]
        assert np.abs(corner - expected).max() < 1e-5  # a metre: radar is placed by control points
        assert scene.time is not None
        assert abs(scene.time - time_of(made.season, night=made.night)) < timedelta(days=1)  # a name tells the day


@pytest.mark.parametrize("sensor", ["optical", "thermal", "elevation", "hyperspectral", "multispectral", "sar"])
def test_values_come_back_as_they_were_rendered(sensor: str, tmp_path: Path) -> None:
    _, entry = write_one(Job(sensor, 1, 3), tmp_path, 0)
    made = make(Kind.IMAGE, 3, 0, sensor=sensor).views[0]
    images = entry["images"]
    assert isinstance(images, list)
    scene = geoglot.read(tmp_path / images[0])
    box = Box(12, 24, 72, 84)
    names = tuple(channel.band.name for channel in scene.frame.channels)
    found = np.stack([scene.bands(name, box=box)[0] for name in names])
    expected = made.image[:, 24:84, 12:72]
    if sensor == "multispectral":  # coarse bands are put on the finest grid between their own pixels
        order = [names.index(name) for name in ("B02", "B03", "B04", "B08")]
        assert np.abs(found[order] - expected[[1, 2, 3, 7]]).max() < 1e-4
    elif sensor == "sar":
        assert np.median(np.abs(found / expected - 1.0)) < 0.05  # amplitude counts
    else:
        assert np.abs(found - expected).max() <= 1e-4 * np.abs(expected).max()


def test_a_pair_opens_as_two_dates_with_what_changed_between_them(tmp_path: Path) -> None:
    name, _ = write_one(Job("optical", 1, 5, Kind.PAIR), tmp_path, 0)
    scene = geoglot.read(tmp_path / name / "images")
    assert scene.kind is SceneKind.PAIR
    before, after = (frame.time for frame in scene.frames)
    assert before is not None
    assert after is not None
    assert 150 < (after - before).days < 550
    truth = json.loads((tmp_path / name / "truth.json").read_text())
    assert len(truth["frames"]) == 2
    change = geoglot.read(tmp_path / name / "change.tif", sensor="classes").bands()[0]
    pair = make(Kind.PAIR, 5, 0).pair
    assert pair is not None
    assert truth["event"] == pair.kind
    assert np.array_equal(change, pair.change)


def test_a_series_opens_as_the_dates_of_a_year(tmp_path: Path) -> None:
    name, _ = write_one(Job("optical", 1, 5, Kind.SERIES), tmp_path, 0)
    scene = geoglot.read(tmp_path / name / "images")
    assert scene.kind is SceneKind.SERIES
    times = [frame.time for frame in scene.frames]
    assert times == sorted(times, key=lambda time: time or datetime.min.replace(tzinfo=UTC))
    assert len(set(times)) == 6


@pytest.mark.slow
def test_a_clip_opens_as_video_with_tracks_in_every_frame(tmp_path: Path) -> None:
    name, _ = write_one(Job("optical", 1, 5, Kind.VIDEO), tmp_path, 0)
    scene = geoglot.read(tmp_path / name / "images" / "clip.mp4")
    assert scene.kind is SceneKind.VIDEO
    truth = json.loads((tmp_path / name / "truth.json").read_text())
    assert len(truth["frames"]) == len(scene.frames) == 16
    clip = make(Kind.VIDEO, 5, 0).what
    ids = [[str(thing.id) for thing in things] for things in clip.objects]  # type: ignore[union-attr]
    assert [[thing["id"] for thing in frame["objects"]] for frame in truth["frames"]] == ids


def test_truth_agrees_between_json_geopackage_and_raster(tmp_path: Path) -> None:
    name, _ = write_one(Job("optical", 1, 3), tmp_path, 1)
    made = make(Kind.IMAGE, 3, 1).views[0]
    frame = json.loads((tmp_path / name / "truth.json").read_text())["frames"][0]
    assert [thing["label"] for thing in frame["objects"]] == [thing.label for thing in made.objects]
    meta, _, places, cells = pyogrio.raw.read(tmp_path / name / "objects.gpkg", layer="objects")
    columns = dict(zip(meta["fields"], cells, strict=True))
    assert meta["crs"] == CRS
    assert len(places) == len(made.objects)
    assert list(columns["id"]) == [thing["id"] for thing in frame["objects"]]
    assert list(columns["label"]) == [thing.label for thing in made.objects]
    cover = geoglot.read(tmp_path / name / "cover.tif", sensor="classes").bands()[0]
    assert np.array_equal(cover, made.cover + 1)
    share = frame["cover"][COVER_CLASSES[int(made.cover[0, 0])]]
    assert share == pytest.approx((made.cover == made.cover[0, 0]).mean(), abs=1e-6)


def test_questions_are_those_that_stream(tmp_path: Path) -> None:
    name, entry = write_one(Job("optical", 2, 3), tmp_path, 1)
    lines = [json.loads(line) for line in (tmp_path / name / "questions.jsonl").read_text().splitlines()]
    streamed = list(samples(3, 1, start=1))
    assert [line["id"] for line in lines] == [sample.id for sample in streamed]
    assert [line["question"] for line in lines] == [sample.conversation.question.text for sample in streamed]
    assert len(lines) == entry["questions"] > 5
    assert all((tmp_path / path).exists() for line in lines for path in line["images"])


def test_a_second_process_changes_no_byte(tmp_path: Path) -> None:
    for processes in (1, 2):
        write_folder(Job("thermal", 3, 8), tmp_path / str(processes), processes=processes)
    assert hashes(tmp_path / "1") == hashes(tmp_path / "2")


def test_a_killed_job_goes_on_and_changes_no_byte(tmp_path: Path) -> None:
    job = Job("optical", 4, 9)
    write_folder(job, tmp_path / "straight")
    process = multiprocessing.get_context("spawn").Process(target=write_folder, args=(job, tmp_path / "killed"))
    process.start()
    lines = tmp_path / "killed" / ".ledger" / "done.jsonl"
    while process.is_alive() and not lines.exists():
        time.sleep(0.005)
    process.kill()
    process.join()
    assert not (tmp_path / "killed" / "scenes.json").exists()
    write_folder(job, tmp_path / "killed")
    assert hashes(tmp_path / "straight") == hashes(tmp_path / "killed")


def test_what_stopped_between_a_scene_and_its_record_is_made_again(tmp_path: Path) -> None:
    job = Job("elevation", 2, 9)
    write_folder(job, tmp_path / "straight")
    write_one(job, tmp_path / "torn", 0)
    (tmp_path / "torn" / job.name(0) / "truth.json").write_text("{")
    with pytest.raises(InputError, match="not empty"):
        write_folder(job, tmp_path / "torn")
    shutil.copytree(tmp_path / "straight", tmp_path / "other")
    with pytest.raises(InputError, match="other simulated scenes"):
        write_folder(Job("elevation", 2, 10), tmp_path / "other")
    assert write_folder(job, tmp_path / "other") == json.loads((tmp_path / "straight" / "scenes.json").read_text())


def test_what_a_sensor_has_not_is_refused_before_any_work() -> None:
    with pytest.raises(InputError, match="No video"):
        check(Kind.VIDEO, "sar", 1)
    with pytest.raises(UnknownName, match="lidar"):
        check(Kind.IMAGE, "lidar", 1)


def test_samples_stream_without_end_and_from_any_start() -> None:
    first = next(iter(samples(4, 1_000_000, sensor="sar")))
    assert first.conversation.scene is not None
    assert first.conversation.scene.sensor.name == "sentinel-1-sigma0"
    ids = [sample.id for sample in samples(4, 3, sensor="thermal")]
    assert len(set(ids)) == len(ids)
    assert ids[-1] == [sample.id for sample in samples(4, 1, sensor="thermal", start=2)][-1]


def test_a_full_disk_is_told_and_the_job_goes_on_with_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Job("elevation", 2, 3)

    def fails(draft: Path, made: object) -> list[Path]:
        raise RuntimeError("opj_end_compress() failed")  # as a driver of GDAL says it

    with monkeypatch.context() as broken:
        broken.setattr(dataset, "_write_images", fails)
        with pytest.raises(RuntimeError, match="opj"):  # there is room: another reason
            write_folder(job, tmp_path / "out")
        broken.setattr(dataset, "disk_is_full", lambda folder: True)
        with pytest.raises(WorkError, match="disk is full"):
            write_folder(job, tmp_path / "out")
    assert len(write_folder(job, tmp_path / "out")["scenes"]) == 2  # type: ignore[arg-type]
