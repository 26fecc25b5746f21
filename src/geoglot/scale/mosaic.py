"""Find or segment named things over a whole scene: tile by tile, restartable, the same with one process or many."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from geoglot.conversation import Answer
from geoglot.errors import InputError, NoData
from geoglot.ledger import Ledger
from geoglot.models import load
from geoglot.models.nano import Nano
from geoglot.models.nano.evidence import CoverMap
from geoglot.models.nano.reason.finding import UNSURE_BELOW
from geoglot.models.nano.rows import RegionRow
from geoglot.models.nano.things import find, members, plural, thing
from geoglot.processes import in_order
from geoglot.regions import Mask, Region
from geoglot.regions.geometry import nms
from geoglot.regions.runs import pixels_of, runs_of
from geoglot.scale.tiling import Tile, tiles
from geoglot.scenes import Frame, Scene, read
from geoglot.tasks import TaskName

FORM = 2  # of what the ledger keeps of a tile
SAME_OBJECT_IOU = 0.3  # two detections of neighbouring tiles that overlap more are one object cut by the border


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs to do any tile: files, sensor, the names asked for, which nano. Small, so that it pickles."""

    paths: tuple[str, ...]
    sensor: str | None
    names: tuple[str, ...]
    score: float
    model: str = "nano"


def map_things(
    paths: Sequence[str | Path],
    names: Sequence[str],
    *,
    work: Path,
    sensor: str | None = None,
    workers: int = 1,
    score: float = 0.5,
    model: str = "nano",
    progress: Callable[[str], None] = lambda name: None,
) -> Answer:
    """Find things (objects) or segment them (land cover) over a whole scene.

    names: words for things, as a user says them. work: the folder of the ledger; a job stopped there goes on.
    score: least probability of an object that is kept. progress: called with the id of each tile that is done, of those
    of an earlier run at once. Returns an Answer whose regions are in pixels of the whole scene: boxes of objects, one
    Mask per land cover, its score the mean probability of its cells. Raises InputError for a word that nano does not
    know; NoData if no tile has data.
    """
    started = time.perf_counter()
    job = Job(tuple(str(path) for path in paths), sensor, tuple(names), score, model)
    things = [wanted(name) for name in names]
    scene = _scene(job)
    plan = tiles(scene.size)
    nano = _nano(model)
    ledger = Ledger(work, _described(job, scene, nano.sha256))
    for tile_id, _ in ledger.results():
        progress(tile_id)
    for tile_id, result in _run(job, [tile for tile in plan if tile.id not in ledger], workers):
        ledger.add(tile_id, result)
        progress(tile_id)
    if not any(result["valid"] for _, result in ledger.results()):
        raise NoData("no tile of the scene holds data", value=job.paths[0])
    regions = (*_objects(ledger), *_covers(ledger, plan, scene.size, things))
    confidence = float(np.mean([region.score for region in regions if region.score is not None] or [0.0]))
    return Answer(
        text=_summary(regions, things, scene.frame),
        task=TaskName.SEGMENT if all(one.is_cover for one in things) else TaskName.DETECT,
        model=nano.name,
        model_sha256=nano.sha256,
        value=None,
        regions=regions,
        query={"task": "map", "things": [one.name for one in things]},
        confidence=confidence,
        unsure=confidence < UNSURE_BELOW,
        warnings=(*_doubts(regions, confidence), *_warnings(ledger)),
        seconds={"answer": time.perf_counter() - started},
        question=f"Map {', '.join(names)}.",
        scene=scene,
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A thing to map. labels: the eye's names that count as it; one word may be object and cover (trees, forest)."""

    name: str
    labels: frozenset[str]
    is_object: bool
    is_cover: bool


def wanted(word: str) -> Wanted:
    """Give what nano knows under a word. Raises InputError if it knows no such thing or cannot map it."""
    match = find(word)
    kinds = thing(match.name).kinds if match else ()
    if match is None or not {"object", "cover"} & set(kinds):
        raise InputError(
            "nano cannot map that thing",
            value=word,
            expected="an object or a land cover it knows",
            hint="see: geoglot models nano",
        )
    return Wanted(match.name, members(match.name), "object" in kinds, "cover" in kinds)


def look_at(job: Job, tile: Tile) -> Mapping[str, object]:
    """Look at one tile. A pure function of the job and the tile: what the ledger keeps of it."""
    scene = _scene(job).window(tile.view)
    if scene.frame.valid_fraction() == 0:
        return {"valid": False, "objects": [], "cover": [], "warnings": []}
    evidence = _nano(job.model).look(scene)
    things = [wanted(name) for name in job.names]
    labels = {label for one in things for label in one.labels}
    objects = []
    for seen in evidence.objects:
        centre = seen.region.bounds.centre
        if seen.label in labels and seen.score >= job.score and tile.owns(*centre):
            row = RegionRow.of(replace(seen.region, label=seen.label, score=seen.score))
            objects.append(row.model_dump(mode="json"))
    cover = [_cover(evidence.cover[0], one, tile) for one in things if one.is_cover] if evidence.cover else []
    return {"valid": True, "objects": objects, "cover": cover, "warnings": list(evidence.warnings)}


@lru_cache(maxsize=1)
def _nano(name: str) -> Nano:
    model = load(name)
    if not isinstance(model, Nano):
        raise InputError("only nano can map a scene", value=name, expected="nano, or a folder with a nano of your own")
    return model


@lru_cache(maxsize=2)
def _scene(job: Job) -> Scene:
    return read(list(job.paths) if len(job.paths) > 1 else job.paths[0], sensor=job.sensor)


def _run(job: Job, left: Sequence[Tile], workers: int) -> Iterator[tuple[str, Mapping[str, object]]]:
    look = partial(look_at, job)
    results = map(look, left) if workers <= 1 or len(left) < 2 else in_order(look, left, workers=workers)
    for tile, result in zip(left, results, strict=True):
        yield tile.id, result


def _described(job: Job, scene: Scene, weights: str) -> Mapping[str, object]:
    """What makes two jobs the same: the files as they are now, the words, the weights."""
    files = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in scene.frame.paths]
    digest = hashlib.sha256(repr(files).encode()).hexdigest()
    asked = {"names": list(job.names), "sensor": job.sensor, "score": job.score}
    return {"files": digest, "weights": weights, "form": FORM, **asked}


def _objects(ledger: Ledger) -> tuple[Region, ...]:
    """All objects, those seen twice at a tile border once."""
    regions = [
        RegionRow.model_validate(found).region() for _, result in ledger.results() for found in _list(result["objects"])
    ]
    kept: list[Region] = []
    for label in sorted({region.label or "" for region in regions}):
        same = [region for region in regions if region.label == label]
        boxes = np.array([[b.x0, b.y0, b.x1, b.y1] for b in (region.bounds for region in same)])
        scores = np.array([region.score or 0.0 for region in same])
        kept += [same[index] for index in nms(boxes, scores, SAME_OBJECT_IOU)]
    return tuple(sorted(kept, key=lambda region: (-(region.score or 0.0), region.bounds.y0, region.bounds.x0)))


def _covers(ledger: Ledger, plan: Sequence[Tile], size: tuple[int, int], things: Sequence[Wanted]) -> Iterator[Region]:
    """One mask a land cover, put together strip by strip: the whole raster is never in memory."""
    results = dict(ledger.results())
    width, height = size
    for index, one in enumerate([one for one in things if one.is_cover]):
        runs: list[int] = []
        sure, cells = 0.0, 0
        for top, row in groupby(plan, key=lambda tile: tile.core.y0):
            tiles_of_row = list(row)
            strip = np.zeros((int(tiles_of_row[0].core.y1 - top), width), bool)
            for tile in tiles_of_row:
                found = _list(results[tile.id]["cover"])
                if found:
                    left, right = int(tile.core.x0), int(tile.core.x1)
                    inside = strip[:, left:right] = pixels_of(found[index]["runs"], right - left)
                    sure, cells = sure + found[index]["score"] * inside.sum(), cells + int(inside.sum())
            _append_runs(runs, runs_of(strip))
        if cells:
            yield Mask(width, height, tuple(runs), label=one.name, score=round(sure / cells, 4))


def _append_runs(runs: list[int], more: Sequence[int]) -> None:
    """Go on with runs: the first of `more` is off, and joins what is off at the end of `runs`."""
    if len(runs) % 2:  # the last run is off
        runs[-1] += more[0]
        runs += more[1:]
    elif runs and more[0] == 0:  # the last run is on, and goes on
        runs[-1] += more[1]
        runs += more[2:]
    else:
        runs += more


def _cover(cover: CoverMap, one: Wanted, tile: Tile) -> dict[str, object]:
    """Where in the tile's core the thing is, at full resolution, each cell repeated, and how sure its cells are."""
    height, width = cover.labels.shape
    x = (np.arange(tile.core.x0, tile.core.x1) + 0.5 - cover.box.x0) * width / (cover.box.x1 - cover.box.x0)
    y = (np.arange(tile.core.y0, tile.core.y1) + 0.5 - cover.box.y0) * height / (cover.box.y1 - cover.box.y0)
    rows, columns = np.clip(y.astype(int), 0, height - 1), np.clip(x.astype(int), 0, width - 1)
    of = [index for index, name in enumerate(cover.classes) if name in one.labels]
    inside = np.isin(cover.labels, of)[np.ix_(rows, columns)]
    sure = cover.probability[np.ix_(rows, columns)][inside]
    return {
        "runs": list(runs_of(inside)),
        "score": round(float(np.mean(sure, dtype=np.float64)), 4) if sure.size else 0,
    }


def _doubts(regions: Sequence[Region], confidence: float) -> Iterator[str]:
    if not regions:
        yield "nothing was found; how likely that is right is not known: ask about a part of the scene"
    elif confidence < UNSURE_BELOW:
        yield f"this is more likely wrong than right ({confidence:.0%} sure)"


def _warnings(ledger: Ledger) -> Iterator[str]:
    """What was said of tiles, the commonest first, and of how many where it was not all."""
    tiles_of = Counter(str(said) for _, result in ledger.results() for said in _list(result["warnings"]))
    for said, count in sorted(tiles_of.items(), key=lambda item: (-item[1], item[0])):
        yield said if count == len(ledger) else f"{said} (in {count} of {len(ledger)} tiles)"


def _list(value: object) -> list[Any]:
    assert isinstance(value, list)
    return value


def _summary(regions: Sequence[Region], things: Sequence[Wanted], frame: Frame) -> str:
    """One sentence with the count of each object and the area of each cover."""
    counts = Counter(region.label for region in regions if region.type != "mask")
    masks = {region.label: region for region in regions if region.type == "mask"}
    parts = []
    for one in things:
        if one.is_object:
            count = sum(counts[label] for label in one.labels)
            parts.append(f"{count} {plural(one.name, count)}")
        if one.is_cover:
            mask = masks.get(one.name)
            share = mask.area_px / (frame.size[0] * frame.size[1]) if mask else 0.0
            area = f", {mask.area_m2(frame) / 1e4:,.1f} ha" if mask and frame.grid.located else ""
            parts.append(f"{one.name} on {share:.1%} of the scene{area}")
    return f"{'; '.join(parts)}."
