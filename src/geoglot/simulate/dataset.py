"""Folders of simulated scenes: products as the sensors' files, truth and questions beside them.

A folder holds one folder for each scene, `<name>/`: `images/` (what `geoglot.read` opens), `truth.json`,
`objects.gpkg`, `cover.tif`, of pairs `change.tif`, of photos `numbers.tif` and `place.tif`, and `questions.jsonl`.
`scenes.json`, written last, lists them.
The bytes depend on the job alone: not on the number of processes, nor on how often the work was interrupted.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from geoglot.conversation import Json
from geoglot.errors import GeoglotError, InputError, WorkError
from geoglot.ledger import Ledger
from geoglot.processes import in_order
from geoglot.regions import Grid
from geoglot.scenes.write.atomic import disk_is_full
from geoglot.simulate.change import CHANGES
from geoglot.simulate.earth import grid_of, time_of
from geoglot.simulate.photo import SimulatedPhoto
from geoglot.simulate.photo_files import write_photo_scene
from geoglot.simulate.products import write_clip, write_product
from geoglot.simulate.record import (
    objects_record,
    view_record,
    write_change,
    write_cover,
    write_json,
    write_objects,
    write_questions,
)
from geoglot.simulate.render import SimulatedScene
from geoglot.simulate.samples import Kind, Made, made_questions, make
from geoglot.simulate.video import SimulatedVideo

_LEDGER, _UNFINISHED, _INDEX = ".ledger", ".unfinished", "scenes.json"
_ENTRY = ("name", "images", "scene", "questions")


@dataclass(frozen=True, slots=True)
class Job:
    """What a folder holds: `count` scenes of one kind and sensor. Raises as `samples.check` does."""

    sensor: str
    count: int
    seed: int
    kind: Kind = Kind.IMAGE

    def name(self, index: int) -> str:
        """The name of a scene's folder: "sar-000012", "optical-pair-000003"."""
        middle = "" if self.kind is Kind.IMAGE else f"-{self.kind}"
        return f"{self.sensor}{middle}-{index:06d}"


def write_folder(
    job: Job, out: Path, *, processes: int = 1, progress: Callable[[str], None] = lambda name: None
) -> Mapping[str, Json]:
    """Write all scenes of a job below `out`, going on where an earlier run stopped; give what scenes.json says.

    progress: called with the name of each scene that is there, of those of an earlier run at once.
    Raises InputError where `out` holds something else.
    """
    index = out / _INDEX
    described: dict[str, Json] = {**asdict(job), "kind": str(job.kind)}
    if index.is_file():
        return _finished(index, described)
    _require_own(out, described)
    ledger = Ledger(out / _LEDGER, described)
    for name, _ in ledger.results():
        progress(name)
    open_items = [number for number in range(job.count) if job.name(number) not in ledger]
    for name, entry in _run(job, out, open_items, processes):
        ledger.add(name, entry)
        progress(name)
    # What the ledger read back has its keys in another order than what was made just now.
    scenes: list[Json] = [{key: entry[key] for key in _ENTRY} for _, entry in ledger.results()]  # type: ignore[misc]
    document: dict[str, Json] = {"job": described, "scenes": scenes}
    shutil.rmtree(out / _UNFINISHED, ignore_errors=True)
    write_json(index, document)
    ledger.remove()
    return document


def _finished(index: Path, described: Mapping[str, Json]) -> Mapping[str, Json]:
    document: dict[str, Json] = json.loads(index.read_text(encoding="utf-8"))
    if document.get("job") != described:
        raise InputError(
            "the folder holds other simulated scenes", value=str(index.parent), hint="choose a folder that is not there"
        )
    return document


def _require_own(out: Path, described: Mapping[str, Json]) -> None:
    """Make sure that the folder is new, empty, or an unfinished one of the same job."""
    job = out / _LEDGER / "job.json"
    ours = job.is_file() and job.read_text(encoding="utf-8") == json.dumps(described, sort_keys=True)
    if out.exists() and not ours and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            "the folder is not empty", value=str(out), hint="choose a folder that is not there, or the same options"
        )


def _run(job: Job, out: Path, numbers: Sequence[int], processes: int) -> Iterator[tuple[str, Mapping[str, Json]]]:
    write = partial(write_one, job, out)
    return map(write, numbers) if processes == 1 else in_order(write, numbers, workers=processes)


def write_one(job: Job, out: Path, number: int) -> tuple[str, Mapping[str, Json]]:
    """Write one scene, whole or not at all, and give its name and its entry in scenes.json.

    Raises WorkError where the disk is full.
    """
    name = job.name(number)
    draft, final = out / _UNFINISHED / name, out / name
    for folder in (draft, final):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        draft.mkdir(parents=True)
        entry = _write_scene(job, draft, number)
    except Exception as error:  # of any kind: each driver of GDAL complains in its own words
        if isinstance(error, GeoglotError) or not disk_is_full(out):
            raise
        raise WorkError("the disk is full", value=str(out), hint="make room, then give the same command") from error
    draft.rename(final)
    return name, entry


def _write_scene(job: Job, draft: Path, number: int) -> Mapping[str, Json]:
    name = job.name(number)
    made = make(job.kind, job.seed, number, sensor=job.sensor)
    images = _write_images(draft, made)
    paths = [f"{name}/{path.relative_to(draft).as_posix()}" for path in images]
    asked = write_questions(draft / "questions.jsonl", made_questions(made, number), paths)
    return {"name": name, "images": paths, "scene": made.label, "questions": asked}


def _write_images(draft: Path, made: Made) -> list[Path]:
    if isinstance(made.what, SimulatedVideo):
        return _write_clip(draft, made)
    if isinstance(made.what, SimulatedPhoto):
        return write_photo_scene(draft, made.what)
    return _write_views(draft, made)


def _write_views(draft: Path, made: Made) -> list[Path]:
    """Images and truth of a scene, a pair or a series."""
    views = made.views
    several = len(views) > 1
    # A pair lies a year apart, whatever its seasons; the dates of a series follow within one year.
    years = [place if made.kind is Kind.PAIR else 0 for place in range(len(views))]
    images = [
        write_product(draft / "images", view, years=year, frame=place if several else None)
        for place, (view, year) in enumerate(zip(views, years, strict=True))
    ]
    times = [time_of(view.season, night=view.night, years=year) for view, year in zip(views, years, strict=True)]
    frames: list[Json] = [
        view_record(view, time=f"{time:%Y-%m-%dT%H:%M:%SZ}") for view, time in zip(views, times, strict=True)
    ]
    document: dict[str, Json] = {"frames": frames}
    if made.pair is not None:
        document |= {"event": made.pair.kind, "shift_px": [round(part, 6) for part in made.pair.shift_px]}
        write_change(draft / "change.tif", made.pair.before, made.pair.change, CHANGES)
    write_json(draft / "truth.json", document)
    write_cover(draft / "cover.tif", views[0])
    write_objects(draft / "objects.gpkg", [(_grid(view), view.objects) for view in views])
    return images


def _write_clip(draft: Path, made: Made) -> list[Path]:
    clip = made.what
    assert isinstance(clip, SimulatedVideo)
    height, width = clip.frames.shape[2:]
    corners = [(float(x), float(y)) for x, y in clip.corners_m]
    frames: list[Json] = [
        {"time_s": time_s, "world_x_m": x, "world_y_m": y, "objects": objects_record(things)}
        for time_s, (x, y), things in zip(clip.times_s, corners, clip.objects, strict=True)
    ]
    document: dict[str, Json] = {"sensor": clip.sensor, "size": [width, height], "gsd_m": clip.gsd_m}
    write_json(draft / "truth.json", document | {"exposure_s": clip.exposure_s, "frames": frames})
    grids = [grid_of(x, y, (width, height), clip.gsd_m) for x, y in corners]
    write_objects(draft / "objects.gpkg", list(zip(grids, clip.objects, strict=True)))
    return [write_clip(draft / "images", clip)]


def _grid(view: SimulatedScene) -> Grid:
    return grid_of(view.x_m, view.y_m, (view.image.shape[2], view.image.shape[1]), view.gsd_m)
