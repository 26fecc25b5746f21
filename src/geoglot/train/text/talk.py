"""Talks of simulated scenes, in memory-mapped files that the training of a family member draws from.

    python -m geoglot.train.text.talk --shards runs/talk --count 2000

A folder: `pictures.npy` (N, C, H, W) float16, in the unit that its stem reads, `pictures-1.npy` and so on for further
views of the same scenes; `talk.json`, everything else, written last: without it the folder is no talk.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.simulate import SENSORS, scene
from geoglot.simulate.conversations import ask_scene
from geoglot.simulate.conversations.facts import facts
from geoglot.simulate.conversations.words import name
from geoglot.train.text.drawn import Kept, drawn_of
from geoglot.train.text.seen import QUESTIONS, UNWRITTEN, WORLD_SCENES, Asked, asked_of
from geoglot.train.text.several import Saying, Thing, decomposed
from geoglot.train.text.talk_several import KINDS
from geoglot.train.text.talk_several import taken as several_taken
from geoglot.train.text.views import Scene, Taken, Talk, View, bands_of, scaled


def make(folder: Path, kind: str, *, count: int, seed: int, size_px: int = 256) -> Talk:
    """Write scenes 0 to count - 1 of the worlds from `seed` on. The same arguments give the same bytes.

    kind: a sensor, or one of KINDS. Raises InputError for a count of nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "talk.json").unlink(missing_ok=True)
    taken = several_taken if kind in KINDS else _taken
    pictures: list[NDArray[np.float16]] = []
    scenes = []
    for index, one in enumerate(taken(kind, count=count, seed=seed, size_px=size_px)):
        if not pictures:
            pictures = [
                open_memmap(folder / _file(view), "w+", np.float16, (count, *levels.shape))
                for view, levels in enumerate(one.pictures)
            ]
        for kept, levels in zip(pictures, one.pictures, strict=True):
            kept[index] = levels
        scenes.append(one.scene)
    if not scenes:
        raise InputError("a talk needs scenes", value=count, expected="at least 1")
    for kept in pictures:
        kept.flush()  # type: ignore[attr-defined] # a memmap
    said = {"sensors": one.sensors, "scenes": [_plain(scene) for scene in scenes]}
    draft = folder / ".talk.json"
    draft.write_text(json.dumps(said), encoding="utf-8")
    draft.replace(folder / "talk.json")
    return read(folder)


def read(folder: Path) -> Talk:
    """Open a talk without reading its pictures. Raises InputError if it is not there or was not finished."""
    path = folder / "talk.json"
    if not path.is_file():
        raise InputError("there are no pictures with questions in the folder", value=str(folder),
                         hint="make some: python -m geoglot.train.text.talk --shards FOLDER")  # fmt: skip
    said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    views = tuple(
        View(sensor, bands_of(sensor), np.load(folder / _file(view), mmap_mode="r"))
        for view, sensor in enumerate(said["sensors"])
    )
    return Talk(folder.name, views, tuple(map(_scene, said["scenes"])))


def _file(view: int) -> str:
    return f"pictures-{view}.npy" if view else "pictures.npy"


def _plain(scene: Scene) -> dict[str, Any]:
    asked, drawn = [asdict(one) for one in scene.asked], Kept.of(scene.drawn)
    return {"id": scene.id, "gsd_m": scene.gsd_m, "asked": asked, "drawn": drawn.text, "frames": scene.frames}


def _scene(fields: Mapping[str, Any]) -> Scene:
    asked = tuple(map(Asked.from_json, fields["asked"]))
    return Scene(fields["id"], fields["gsd_m"], asked, Kept(fields["drawn"]), tuple(fields["frames"]))


def _taken(sensor: str, *, count: int, seed: int, size_px: int) -> Iterator[Taken]:
    """Scenes of one sensor with questions of every task."""
    for index in range(count):
        view = scene(seed + index // WORLD_SCENES, index, sensor=sensor, size_px=size_px)
        samples = ask_scene(view, seed=index, count=QUESTIONS)
        rng = np.random.default_rng((seed, index, 9))
        alone = [Thing(thing.label, thing.box) for thing in facts(view).unique()]
        steps = decomposed(alone, Saying(lambda label, rng=rng: name(label, rng)), rng)  # type: ignore[misc]
        asked = (*(asked_of(one) for one in samples if one.task.value not in UNWRITTEN), *([steps] if steps else []))
        drawn = Kept.of(drawn_of(view, samples, seed=index))
        told = Scene(f"{sensor}-{seed}-{index}", view.gsd_m, asked, drawn)
        yield Taken((sensor,), (scaled(view.image, sensor),), told)


def main() -> None:
    """Read the arguments and make a talk of each sensor, and of each kind of several frames."""
    parser = argparse.ArgumentParser(prog="python -m geoglot.train.text.talk", description=__doc__)
    parser.add_argument("--shards", type=Path, required=True)
    parser.add_argument("--count", type=int, default=2000, help="scenes of each kind")
    parser.add_argument("--seed", type=int, default=500_000)
    chosen = parser.parse_args()
    for kind in (*SENSORS, *KINDS):
        make(chosen.shards / f"simulated-{kind}", kind, count=chosen.count, seed=chosen.seed)


if __name__ == "__main__":
    main()
