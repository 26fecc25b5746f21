"""`Shown`: pictures with questions and truth, made once, so that any eye can look at them later.

    python -m geoglot.train.text.shown --folder runs/shown --share 1 --data DATA

A folder of them is a `Ledger` beside the pixels: a run that stops goes on where it stopped, and the same arguments
give the same bytes. Simulated scenes come in the order of `PLANS` mixed; real ones are those that weights may be
passed on of (`train.text.real`).
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from geoglot import sensors
from geoglot.conversation import Sample
from geoglot.errors import InputError
from geoglot.ledger import Json, Ledger
from geoglot.models.autoregressive.told import Box as Corners
from geoglot.regions import Box, Mask, Region
from geoglot.scenes.arrays import frame_from_array
from geoglot.scenes.scene import Frame, Scene, SceneKind
from geoglot.simulate import SimulatedPair, SimulatedScene, pair, scene
from geoglot.simulate.conversations import as_scene, ask_pair, ask_scene
from geoglot.simulate.conversations.facts import CLEAR_SHARE, facts
from geoglot.simulate.conversations.words import name as name_of
from geoglot.simulate.conversations.words import plural
from geoglot.train.simulated import FOCUS
from geoglot.train.text import real
from geoglot.train.text.asking import (
    MOST_COUNTED,
    QUESTIONS,
    WORLD_SCENES,
    Asked,
    Marked,
    Shown,
    asked_of,
    box_of,
    worded,
)

LOG = logging.getLogger(__name__)
SEED = 700_000
"""Of the first world; no eye is trained on these worlds, and no test asks about them."""

SIZE_PX = 256
PAIR_QUESTIONS = 12
UNTAUGHT = frozenset({"segment", "navigate", "area", "multilabel", "mcq", "relation", "compare"})
"""Tasks that a writer of evidence is not taught: masks, paths and shares need no words, and plain code is exact."""

LEAST_PART = 0.002  # of the picture; a smaller piece of what has changed is not a place


@dataclass(frozen=True, slots=True)
class Plan:
    """Simulated scenes of one kind. focus: a name of `train.simulated.FOCUS`, empty for any place."""

    name: str
    sensor: str
    count: int
    pairs: bool = False
    focus: str = ""


PLANS = (
    Plan("optical", "optical", 900),
    Plan("multispectral", "multispectral", 300),
    Plan("sar", "sar", 300),
    Plan("thermal", "thermal", 300),
    Plan("homes", "optical", 200, focus="homes"),
    Plan("ships-airplanes", "optical", 200, focus="ships-airplanes"),
    Plan("ships-radar", "sar", 150, focus="ships-radar"),
    Plan("cars-thermal", "thermal", 150, focus="cars-thermal"),
    Plan("pair-optical", "optical", 260, pairs=True),
    Plan("pair-sar", "sar", 90, pairs=True),
    Plan("pair-thermal", "thermal", 90, pairs=True),
)


def make(folder: Path, *, share: float = 1.0, data: Path | None = None) -> Ledger:
    """Make the share of all plans that comes first, and with `data`, the root of the sets, the real pictures."""
    ledger = Ledger(folder, {"seed": SEED, "size_px": SIZE_PX, "questions": QUESTIONS})
    if data is not None:
        for picture in real.pictures(data):
            if picture.id not in ledger:
                _add(ledger, picture)
    for plan, index in order(share):
        if f"{plan.name}-{index:05d}" not in ledger:
            _add(ledger, simulated(plan, index))
    return ledger


def order(share: float) -> list[tuple[Plan, int]]:
    """Give plan and number of the simulated scenes, evenly mixed, so that a run may be cut short anywhere."""
    each = [(index / plan.count, plan.name, plan, index) for plan in PLANS for index in range(plan.count)]
    return [(plan, index) for place, _, plan, index in sorted(each, key=lambda one: one[:2]) if place < share]


def simulated(plan: Plan, index: int) -> Shown:
    """Simulate the index-th scene of a plan and ask about it."""
    world = SEED + 1000 * PLANS.index(plan) + index // WORLD_SCENES
    name = f"{plan.name}-{index:05d}"
    rng = np.random.default_rng((SEED, PLANS.index(plan), index))
    if plan.pairs:
        return _of_pair(name, plan, pair(world, index, sensor=plan.sensor, size_px=SIZE_PX), index)
    if plan.focus:
        focus = FOCUS[plan.focus]
        gsd_m = round(float(np.exp(rng.uniform(*np.log(focus.gsd_m)))), 3)
        place = focus.places[index % len(focus.places)]
        view = scene(world, index, sensor=plan.sensor, size_px=SIZE_PX, gsd_m=gsd_m, label=place)
    else:
        view = scene(world, index, sensor=plan.sensor, size_px=SIZE_PX)
    truth = tuple(Marked(one.label, box_of(Box(*one.box))) for one in view.objects if one.visible >= CLEAR_SHARE)
    asked = [*map(asked_of, ask_scene(view, seed=index, count=QUESTIONS)), *_counts(view, rng)]
    return Shown(name, plan.name, as_scene(view), truth, tuple(one for one in asked if one.task not in UNTAUGHT))


def _of_pair(name: str, plan: Plan, made: SimulatedPair, index: int) -> Shown:
    asked = tuple(_in_pieces(one) for one in ask_pair(made, seed=index, count=PAIR_QUESTIONS))
    return Shown(name, plan.name, as_scene(made.before, made.after), (), asked)


def _in_pieces(sample: Sample) -> Asked:
    """A sample about a pair, its masks as the boxes of their pieces."""
    return replace(asked_of(sample), boxes=tuple(box for region in sample.truth.regions for box in _boxes(region)))


def _counts(view: SimulatedScene, rng: np.random.Generator) -> Iterator[Asked]:
    """Every count from 1 to 20: balance leaves so few that a writer would hardly see any. Marked by their kind."""
    for label, total in facts(view).counts.items():
        if 0 < total <= MOST_COUNTED:
            one = Asked("count", "count more", "", str(total), label=label)
            yield worded(one, rng, {"thing": plural(name_of(label, rng))})


def _boxes(region: Region) -> Iterator[Corners]:
    """The box of a region; of a mask those of its pieces."""
    if not isinstance(region, Mask):
        yield box_of(region)
        return
    inside = region.to_array()
    pieces, _ = ndimage.label(inside)
    for number, piece in enumerate(ndimage.find_objects(pieces), 1):
        if (pieces[piece] == number).sum() >= LEAST_PART * inside.size:
            yield tuple(float(place) for place in (piece[1].start, piece[0].start, piece[1].stop, piece[0].stop))  # type: ignore[misc]


def _add(ledger: Ledger, shown: Shown) -> None:
    """Keep the pixels, then the row that names them."""
    frames = []
    for number, frame in enumerate(shown.scene.frames):
        path = _pixels(ledger.folder, shown.id, number)
        path.parent.mkdir(exist_ok=True)
        np.save(path, _stored(frame))
        frames.append({"sensor": frame.sensor.name, "bands": frame.band_names, "gsd_m": frame.gsd_m})
    row = {"source": shown.source, "kind": shown.scene.kind.value, "frames": frames}
    ledger.add(
        shown.id, {**row, "truth": [asdict(one) for one in shown.truth], "asked": [asdict(one) for one in shown.asked]}
    )


def _stored(frame: Frame) -> NDArray[Any]:
    """Pixels (C, H, W), as bytes where that loses nothing."""
    pixels = frame.bands()
    whole = pixels.astype(np.uint8) if np.isfinite(pixels).all() else None
    return whole if whole is not None and np.array_equal(whole, pixels) else pixels


def kept(folder: Path) -> dict[str, Json]:
    """Read the rows of a folder by name, also while more are being made. Raises InputError if there are none."""
    path = folder / "done.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.is_file() else []
    entries = [json.loads(line.partition(" ")[2]) for line in lines if line.endswith("\n")]
    if not entries:
        raise InputError("there is nothing in the folder", value=str(folder), expected="what was made before",
                         hint="python -m geoglot.train.text.shown, then geoglot.train.text.seen")  # fmt: skip
    return {str(entry["item"]): entry["result"] for entry in entries}


def read(folder: Path, name: str, row: Json) -> Shown:
    """Give back what was kept. Raises OSError if its pixels are gone."""
    fields: dict[str, Any] = dict(row)
    frames = tuple(_frame(_pixels(folder, name, number), said) for number, said in enumerate(fields["frames"]))
    truth = tuple(Marked(one["label"], tuple(one["box"])) for one in fields["truth"])
    asked = tuple(Asked.from_json(one) for one in fields["asked"])
    return Shown(name, fields["source"], Scene(SceneKind(fields["kind"]), frames), truth, asked)


def _frame(path: Path, said: dict[str, Any]) -> Frame:
    sensor = replace(sensors.get(said["sensor"]), gsd_m=said["gsd_m"])
    return frame_from_array(np.load(path), sensor=sensor, bands=tuple(said["bands"]))


def _pixels(folder: Path, name: str, frame: int) -> Path:
    return folder / "pixels" / f"{name}-{frame}.npy"


def main() -> None:
    """Read the arguments and make a folder."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(prog="python -m geoglot.train.text.shown", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--share", type=float, default=1.0, help="of the simulated scenes, the first ones")
    parser.add_argument("--data", type=Path, help="the root below which the real sets lie; none of them without it")
    chosen = parser.parse_args()
    LOG.info("%d pictures", len(make(chosen.folder, share=chosen.share, data=chosen.data)))


if __name__ == "__main__":
    main()
