"""Frames and eyes for tests: pictures held in memory, and an eye that says what the test planted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from geoglot.models.nano.events import Comparison, DatedLook
from geoglot.models.nano.eye import Sight
from geoglot.models.nano.weights import Calibration, NanoWeights
from geoglot.regions import Box, Grid
from geoglot.scenes import Channel, Frame, Scene, SceneKind
from geoglot.sensors import Band, Kind, Sensor, Unit

OBJECTS = ("car", "tree", "building")
COVER = ("water", "grass", "urban")


@dataclass(frozen=True, eq=False)
class InMemory:
    """A pixel source over (C, H, W) float32, NaN invalid; nearest neighbour."""

    pixels: NDArray[np.float32]
    reads: list[tuple[int, int]] = field(default_factory=list)

    @property
    def width(self) -> int:
        return int(self.pixels.shape[2])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[1])

    def read(
        self, layer: int, box: Box, size: tuple[int, int], *, exact: bool
    ) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
        self.reads.append(size)
        image = Image.fromarray(self.pixels[layer])
        how = Image.Resampling.NEAREST
        values = np.asarray(image.resize(size, how, box=(box.x0, box.y0, box.x1, box.y1)))
        return values, np.isfinite(values)


def frame(
    pixels: NDArray[np.float32],
    bands: Sequence[Band] | None = None,
    *,
    kind: Kind = Kind.RGB,
    gsd_m: float | None = None,
    paths: tuple[Path, ...] = (),
) -> Frame:
    """A frame without a place; three bands are red, green, blue in display values unless told otherwise."""
    bands = bands or [Band(name, common=name, unit=Unit.DISPLAY, high=255.0) for name in ("red", "green", "blue")]
    source = InMemory(pixels.astype(np.float32))
    sensor = Sensor("test", "Test", "test", kind, tuple(bands), gsd_m=gsd_m)
    size = (source.width, source.height)
    channels = tuple(Channel(band, source, layer) for layer, band in enumerate(bands))
    return Frame(paths, sensor, Grid(*size), channels, size)


def picture(width: int = 576, height: int = 512, *, value: float = 90.0) -> NDArray[np.float32]:
    """A flat grey picture, (3, H, W)."""
    return np.full((3, height, width), value, np.float32)


def scene(*frames: Frame, kind: SceneKind = SceneKind.IMAGE) -> Scene:
    """A scene of these frames."""
    return Scene(kind, frames)


def weights(**changes: object) -> NanoWeights:
    """Weights of a made-up eye with three object and three cover classes."""
    known = {
        "name": "nano-test", "sha256": "0" * 64, "graph_sha256": "0" * 64, "graph": Path("none"), "stride": 4,
        "objects": OBJECTS, "cover": COVER,
        "scenes": ("forest", "harbor"), "tags": ("cars", "trees"), "quality": ("cloud", "blur", "noise"),
        "calibration": Calibration(), "slots": (), "lengths_m": ((2.5, 7.0), (1.0, 40.0), (4.0, 400.0)),
        "taught": tuple((modality, frozenset(OBJECTS)) for modality in ("rgb", "multispectral", "sar", "thermal")),
    }  # fmt: skip
    return NanoWeights(**{**known, **changes})  # type: ignore[arg-type]


@dataclass(eq=False)
class PlantedEye:
    """An eye that sees what `plant` writes into an empty sight."""

    plant: Callable[[Sight, NDArray[np.float32]], None] = lambda _sight, _image: None
    weights: NanoWeights = field(default_factory=weights)
    looks: int = 0
    last: Sight | None = None

    def see(self, image: NDArray[np.float32], present: NDArray[np.float32], *, dense: bool = False) -> Sight:
        self.looks += 1
        h, w = image.shape[1] // 4, image.shape[2] // 4
        sight = Sight(
            np.zeros((3, h, w), np.float32), np.zeros((8, h, w), np.float32), np.zeros((3, h, w), np.float32),
            np.zeros(2, np.float32), np.zeros(2, np.float32), np.full(3, -5, np.float32),
        )  # fmt: skip
        sight.cover[1] = 5.0
        self.plant(sight, image)
        self.last = sight
        return sight

    def change(self, before: DatedLook, after: DatedLook, present: NDArray[np.float32]) -> Comparison | None:
        return None

    def gist(self, image: NDArray[np.float32], present: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        assert self.last is not None
        return self.last.scene, self.last.tags, self.last.quality


def put(
    sight: Sight,
    cls: int,
    cell: tuple[int, int],
    size_px: tuple[float, float],
    *,
    p: float = 0.9,
    turn: tuple[float, float, float] = (0, 0, 0),
) -> None:
    """Plant an object: cell (row, column), its centre in the cell's middle; turn: long, short (pixels), degrees."""
    row, column = cell
    sight.peaks[cls, row, column] = p
    angle = np.radians(2 * turn[2])
    sides = np.log(np.maximum([size_px[0], size_px[1], turn[0], turn[1]], 0.4) / 4)
    sight.geometry[:, row, column] = (sides[0], sides[1], 0.5, 0.5, sides[2], sides[3], np.sin(angle), np.cos(angle))
