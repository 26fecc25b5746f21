"""`Talk`: pictures with questions and answers, in memory-mapped files that the training of a family member draws from.

    python -m geoglot.train.text.talk --shards runs/talk --count 2000

A folder: `pictures.npy` (N, C, H, W) float16, in the unit that its stem reads; `talk.json`, everything else, written
last: without it the folder is no talk.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.models.autoregressive import bands
from geoglot.simulate import SENSORS, SimulatedScene, scene
from geoglot.simulate.bands import SENTINEL2
from geoglot.simulate.conversations import ask_scene
from geoglot.train.text.drawn import Drawn, Kept, drawn_of
from geoglot.train.text.seen import QUESTIONS, UNWRITTEN, WORLD_SCENES, Asked, asked_of

RED_GREEN_BLUE = {"optical": (0, 1, 2), "multispectral": (3, 2, 1)}
"""Places of red, green and blue among the bands of a picture."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known about one picture. asked: questions that words answer; drawn: those that places do."""

    id: str
    gsd_m: float
    asked: tuple[Asked, ...]
    drawn: Sequence[Drawn] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Talk:
    """Pictures of one sensor: about 0 on average, about 1 wide. bands_um: (centre, width) of each band, or nothing."""

    name: str
    sensor: str
    bands_um: tuple[tuple[float, float], ...]
    pictures: NDArray[np.float16]
    scenes: tuple[Scene, ...]


def make(folder: Path, sensor: str, *, count: int, seed: int, size_px: int = 256) -> Talk:
    """Write scenes 0 to count - 1 of the worlds from `seed` on. The same arguments give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "talk.json").unlink(missing_ok=True)
    pictures: NDArray[np.float16] | None = None
    scenes = []
    for index, view in enumerate(_views(sensor, count=count, seed=seed, size_px=size_px)):
        levels = scaled(view.image, sensor)
        if pictures is None:
            shape = (count, *levels.shape)
            pictures = open_memmap(folder / "pictures.npy", "w+", np.float16, shape)
        pictures[index] = levels
        samples = ask_scene(view, seed=index, count=QUESTIONS)
        asked = tuple(asked_of(one) for one in samples if one.task.value not in UNWRITTEN)
        drawn = Kept.of(drawn_of(view, samples, seed=index))
        scenes.append(Scene(f"{sensor}-{seed}-{index}", view.gsd_m, asked, drawn))
    if pictures is None:
        raise InputError("a talk needs scenes", value=count, expected="at least 1")
    pictures.flush()  # type: ignore[attr-defined] # a memmap
    bands_um = [(band.centre_um, band.width_um) for band in SENTINEL2] if sensor == "multispectral" else []
    said = {"sensor": sensor, "bands_um": bands_um, "scenes": [_plain(one) for one in scenes]}
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
    scenes = map(_scene, said["scenes"])
    bands_um = tuple((centre, width) for centre, width in said["bands_um"])
    return Talk(folder.name, said["sensor"], bands_um, np.load(folder / "pictures.npy", mmap_mode="r"), tuple(scenes))


def scaled(image: NDArray[np.float32], sensor: str) -> NDArray[np.float16]:
    """Give (C, H, W) as the stem reads it, for reflectance, linear backscatter or kelvin."""
    values = bands.decibels(image) if sensor == "sar" else image
    return bands.scaled(values, sensor).astype(np.float16)


def _plain(scene: Scene) -> dict[str, Any]:
    asked, drawn = [asdict(one) for one in scene.asked], Kept.of(scene.drawn)
    return {"id": scene.id, "gsd_m": scene.gsd_m, "asked": asked, "drawn": drawn.text}


def _scene(fields: Mapping[str, Any]) -> Scene:
    asked = tuple(map(Asked.from_json, fields["asked"]))
    return Scene(fields["id"], fields["gsd_m"], asked, Kept(fields["drawn"]) if "drawn" in fields else ())


def _views(sensor: str, *, count: int, seed: int, size_px: int) -> Iterator[SimulatedScene]:
    for index in range(count):
        yield scene(seed + index // WORLD_SCENES, index, sensor=sensor, size_px=size_px)


def main() -> None:
    """Read the arguments and make a talk of each sensor."""
    parser = argparse.ArgumentParser(prog="python -m geoglot.train.text.talk", description=__doc__)
    parser.add_argument("--shards", type=Path, required=True)
    parser.add_argument("--count", type=int, default=2000, help="scenes of each sensor")
    parser.add_argument("--seed", type=int, default=500_000)
    chosen = parser.parse_args()
    for sensor in SENSORS:
        make(chosen.shards / f"simulated-{sensor}", sensor, count=chosen.count, seed=chosen.seed)


if __name__ == "__main__":
    main()
