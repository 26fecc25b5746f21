"""Pairs of simulated views, before and after, with what changed: what the change head learns from.

A folder of pairs is `levels.npy` (N, 2, C, H, W) uint8 as in `shard`, `change.npy` (N, H, W) uint8, an index into
`events.KINDS` or `UNKNOWN`, and, written last, `truth.json`.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from geoglot.data.readers import Labelled, reader
from geoglot.data.readers.landsat_change import CHANGE
from geoglot.models.nano.events import KINDS
from geoglot.simulate import SimulatedScene, pair
from geoglot.simulate.change import CHANGES, MOVING, SimulatedPair
from geoglot.simulate.draws import draw_gsd_m
from geoglot.simulate.landsat import YearsApart, years_apart
from geoglot.simulate.noise import generator
from geoglot.simulate.truth import SimObject
from geoglot.train import shard
from geoglot.train.shard import SLOT_OF, packed
from geoglot.train.simulated import labelled

LOG = logging.getLogger(__name__)
SIZE_PX = 128  # of simulated pairs: four of them teach more than one of 256, and take as long to render
USUAL_PX = 256  # a side of pictures that people ask about; a tenth of a village is no picture of a change
QUIET = ("season", "traffic")
"""Pairs in which nothing lasting happens. Of kinds drawn evenly they are a quarter, and half of the questions."""
SQUARE_PX = 256  # of what real pairs are cut to
A_WORLD = 25  # pairs of one world
OTHER, UNKNOWN = KINDS.index("other"), 255  # a lasting change of which nobody says what it is; nobody knows whether
_SHOWN = 98  # of the random draws of a pair
BUILT = frozenset({"building", "house", "greenhouse", "storage tank", "solar array"})
YEARS_PX, A_TOWN = 96, 10  # pairs some years apart: their side, and how many show one world
LEAST, MOST = 0.1, 0.6  # share of a simulated pixel below which it is unchanged, and above which it is changed
SHOWN = 0.03  # reflectance by which a change must show for people to mark it


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of one sensor. slots: of the C levels; kinds: what happened in each; gsd_m: the pixel size of each."""

    name: str
    slots: tuple[str, ...]
    levels: NDArray[np.uint8]
    change: NDArray[np.uint8]
    kinds: tuple[str, ...]
    gsd_m: tuple[float, ...]


def pack_all(shards: Path, data: Path | None, *, count: int, seed: int) -> None:
    """Write pairs-<sensor>, pairs-years, pairs-towns where `shards` holds UC Merced, and pairs-taizhou and
    pairs-nanjing where the labelled Landsat pairs are.

    Of Landsat some years apart a sixth of `count`, of towns half of it.
    """
    from geoglot.train.towns import PHOTOS, pack_towns  # which are made of pairs

    for sensor in ("optical", "sar", "thermal"):
        pack_simulated(shards / f"pairs-{sensor}", sensor=sensor, count=count, seed=seed)
        LOG.info("packed pairs-%s: %d", sensor, count)
    pack_years(shards / "pairs-years", count=count // 6, seed=seed)
    if (shards / PHOTOS / "truth.json").is_file():
        pack_towns(shards / "pairs-towns", shard.read(shards / PHOTOS), count=count // 2, seed=seed)
    if data is not None:
        pack_landsat(shards / "pairs-taizhou", data, split="train")
        pack_landsat(shards / "pairs-nanjing", data, split="test")


def pack_simulated(folder: Path, *, sensor: str, count: int, seed: int) -> Pairs:
    """Make pairs 0 to count - 1. The same arguments give the same bytes."""
    made = [simulated_pair(seed, index, sensor=sensor) for index in range(count)]
    dates = [[labelled(view, "", "") for view in (one.before, one.after)] for one in made]
    return _write(folder, dates, [kinds_of(one) for one in made], [one.kind for one in made])


def simulated_pair(seed: int, index: int, *, sensor: str) -> SimulatedPair:
    """Make the index-th pair: every third without any event, and pixels so large that it shows as much as 256 would.

    Every other one has its dates in any two seasons: were all events of one season, another would be a sign of none.
    """
    rng = generator(seed, _SHOWN, index)
    gsd_m = USUAL_PX / SIZE_PX * draw_gsd_m(sensor, rng)
    kind = QUIET[index // 3 % len(QUIET)] if index % 3 == 0 else None
    world, any_seasons = seed + index // A_WORLD, bool(index % 2)
    return pair(world, index, sensor=sensor, size_px=SIZE_PX, gsd_m=gsd_m, kind=kind, any_seasons=any_seasons)


def kinds_of(pair: SimulatedPair) -> NDArray[np.uint8]:
    """Give (H, W) the index into `events.KINDS` of what changed; `UNKNOWN` where something did that cannot be seen.

    What came or went is the building; of the lot around it, two fifths of the ground, something else became. In radar
    the whole lot is the building's: what one sees of it lies beside its footprint.
    """
    table = [KINDS.index("moved" if name in MOVING else name) for name in CHANGES]
    for name in pair.unseen:
        table[CHANGES.index(name)] = UNKNOWN
    marks = np.array(table, np.uint8)[pair.change]
    if pair.before.sensor == "sar":
        return marks
    for name, view, other in (("construction", pair.after, pair.before), ("demolition", pair.before, pair.after)):
        stayed = {thing.id for thing in other.objects}
        lot = ~built(view, [thing for thing in view.objects if thing.id not in stayed])
        marks[(marks == KINDS.index(name)) & lot] = OTHER
    return marks


def built(view: SimulatedScene, things: Iterable[SimObject]) -> NDArray[np.bool_]:
    """(H, W) where those of the things stand that people build, and all that is too small to be named."""
    height, width = view.cover.shape
    drawn = Image.new("1", (width, height))
    pen = ImageDraw.Draw(drawn)
    for thing in things:
        if thing.label in BUILT:
            pen.polygon([(x - 0.5, y - 0.5) for x, y in thing.outline], fill=1)
    for x0, y0, x1, y1 in view.faint:
        pen.rectangle((x0 - 0.5, y0 - 0.5, x1 - 0.5, y1 - 0.5), fill=1)
    return np.asarray(drawn, np.bool_)


def pack_years(folder: Path, *, count: int, seed: int) -> Pairs:
    """Make Landsat pairs some years apart, 0 to count - 1. The same arguments give the same bytes."""
    made = [years_apart(seed + index // A_TOWN, index, size_px=YEARS_PX) for index in range(count)]
    dates = [[labelled(view, "", "") for view in (one.before, one.after)] for one in made]
    change = [np.where(marks == 1, np.uint8(OTHER), marks) for marks in map(marked, made)]
    return _write(folder, dates, change, ["years"] * count)


def marked(pair: YearsApart) -> NDArray[np.uint8]:
    """Give (H, W) what people would mark: 1 changed, 0 not.

    `UNKNOWN` between, where it hardly shows, and on fields that were only sown anew: they look like building sites, and
    people pass them over.
    """
    marks = np.full(pair.changed.shape, UNKNOWN, np.uint8)
    marks[(pair.changed <= LEAST) & (pair.resown <= LEAST)] = 0
    marks[(pair.changed >= MOST) & (pair.shown >= SHOWN)] = 1
    return marks


def pack_landsat(folder: Path, data: Path, *, split: str) -> Pairs:
    """Cut the labelled Landsat pairs of one split to overlapping squares."""
    source = reader("landsat_change")
    images = [image for image in source.read(data / source.card.folder) if image.split == split]
    dates, change = [], []
    for before, after in zip(images[::2], images[1::2], strict=True):
        assert after.cover is not None
        for rows, columns in _squares(after.cover.shape):
            dates.append([_cut(before, rows, columns), _cut(after, rows, columns)])
            marked = after.cover[rows, columns]
            happened = np.where(marked == CHANGE.index("changed"), OTHER, KINDS.index("none"))
            change.append(np.where(marked == UNKNOWN, UNKNOWN, happened).astype(np.uint8))
    return _write(folder, dates, change, ["labelled"] * len(dates))


def read(folder: Path) -> Pairs:
    """Open a folder of pairs without reading its pixels."""
    meta = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    levels, change = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("levels", "change"))
    return Pairs(folder.name, tuple(meta["slots"]), levels, change, tuple(meta["kinds"]), tuple(meta["gsd_m"]))


def write(folder: Path, made: Pairs) -> Pairs:
    """Write pairs to a folder and open it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "truth.json").unlink(missing_ok=True)
    np.save(folder / "levels.npy", made.levels)
    np.save(folder / "change.npy", made.change)
    meta = {"slots": made.slots, "kinds": made.kinds, "gsd_m": made.gsd_m}
    (folder / "truth.json").write_text(json.dumps(meta), encoding="utf-8")
    return read(folder)


def _write(folder: Path, dates: list[list[Labelled]], change: list[NDArray[np.uint8]], kinds: list[str]) -> Pairs:
    names = tuple(SLOT_OF.get(band, band) for band in dates[0][0].bands)
    levels = np.stack([np.stack([packed(one, names) for one in both]) for both in dates])
    gsd_m = tuple(both[0].gsd_m or 0.0 for both in dates)
    return write(folder, Pairs(folder.name, names, levels, np.stack(change), tuple(kinds), gsd_m))


def _squares(shape: tuple[int, ...]) -> Iterator[tuple[slice, slice]]:
    """Four squares or more that cover an image, the last of a row ending at its edge."""
    starts = [sorted({*range(0, side - SQUARE_PX, SQUARE_PX // 2), side - SQUARE_PX}) for side in shape]
    for top in starts[0]:
        for left in starts[1]:
            yield slice(top, top + SQUARE_PX), slice(left, left + SQUARE_PX)


def _cut(image: Labelled, rows: slice, columns: slice) -> Labelled:
    return Labelled(image.id, image.split, image.bands, image.pixels[:, rows, columns], image.unit, image.gsd_m)
