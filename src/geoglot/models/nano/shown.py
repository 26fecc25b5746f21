"""`Shown`: a part of a frame as the eye takes it, and how to get from the eye's pixels back to the frame's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from geoglot.models.nano import slots
from geoglot.regions import Box
from geoglot.scenes import Channel, Frame
from geoglot.sensors import Kind, Unit

LOOK_PX = 640 * 512
"""Pixels of a first look: a whole frame that has more is shrunk to it, about 100 ms on two cores."""

LONGEST_PX = 2048  # of a long strip

SHORTEST_PX = 192
"""Smaller images are enlarged to it, as EuroSAT's 64 pixels were in training."""

GLANCE = 0.625
"""Size of a second look for what concerns the whole: scene classes and tags were taught on views shrunk to about that.
Of 105 UC Merced images kept from training it raised the share of right scenes from 0.87 to 0.90 (docs/nano.md)."""

NEAR_M = 0.35
ENLARGED = 2.0
"""Coarser pixels than `NEAR_M` are enlarged, at most `ENLARGED` times: a car of four pixels is one cell of the eye, and
too little to be boxed. Training does the same."""

SPARE = 1.5
LEAST_SPARE = 1.2
"""Pictures that leave pixels of a look unused are enlarged further where things are looked for, at most `SPARE` times:
of 40 simulated photographs the best F1 of all classes rose from 0.52 to 0.57 (1.8 times: 0.53; docs/results.md). Less
than `LEAST_SPARE` is not worth another resampling."""

MULTIPLE_PX = 32
FINEST_M = 0.1
"""Finer pixels than any trained on; native tiles are resampled to it."""

WAVELENGTH_UM = {"red": 0.66, "green": 0.56, "blue": 0.48, "nir": 0.84, "swir16": 1.61, "swir22": 2.2}
REACH_UM = 0.05  # how far a band's centre may be from those and still be called that
WIDEST_UM = 0.25  # a wider band is panchromatic, not a colour
COMMON = {"nir": ("nir", "nir08")}
GREY = ("grey", "gray", "pan")
POLARISATION = {"VV": "co", "HH": "co", "VH": "cross", "HV": "cross"}


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """The eye's input for one place of one frame.

    image: (9, H, W), H and W multiples of 32, zeros beyond the picture; present: (4,). size: (width, height) of the
    picture inside. box: what it shows, in whole-raster pixels. modality: the one that decides calibration.
    known: (height, width) True where there is a measurement. levels: by slot, for colours. gsd_m: of the raster.
    calibrated: absolute values mean the same in every image.
    """

    image: NDArray[np.float32]
    present: NDArray[np.float32]
    size: tuple[int, int]
    box: Box
    modality: str
    known: NDArray[np.bool_]
    levels: Mapping[str, NDArray[np.float32]]
    gsd_m: float | None = None
    warnings: tuple[str, ...] = ()
    calibrated: bool = True

    @property
    def scale(self) -> tuple[float, float]:
        """Whole-raster pixels for one pixel of the picture, across and down."""
        return self.box.width / self.size[0], self.box.height / self.size[1]

    @property
    def seen_gsd_m(self) -> float | None:
        """Metres of a pixel of the first look: enlarging to find things shows no smaller ones."""
        if self.gsd_m is None:
            return None
        width, height = first_size(self)
        return self.gsd_m * max(self.box.width / width, self.box.height / height)


def enlargement(gsd_m: float | None) -> float:
    """Give how many pixels the eye should see for one of the raster, 1 where the pixel size is unknown."""
    return 1.0 if gsd_m is None else min(ENLARGED, max(1.0, gsd_m / NEAR_M))


def fitting_size(width: int, height: int, gsd_m: float | None = None) -> tuple[int, int]:
    """Give the size at which an image of width x height is looked at as a whole."""
    long = max(width, height)
    wanted = max(SHORTEST_PX / long, enlargement(gsd_m))
    factor = min(wanted, max(math.sqrt(LOOK_PX / (width * height)), SHORTEST_PX / long), LONGEST_PX / long)
    return max(1, round(width * factor)), max(1, round(height * factor))


def searching_size(width: int, height: int, gsd_m: float | None = None) -> tuple[int, int]:
    """Give the size at which things are looked for in an image of width x height: larger where a look allows it."""
    size = fitting_size(width, height, gsd_m)
    spare = min(SPARE, math.sqrt(LOOK_PX / (size[0] * size[1])), ENLARGED * SPARE * width / size[0])
    return size if spare < LEAST_SPARE else (round(spare * size[0]), round(spare * size[1]))


def show(frame: Frame, box: Box, size: tuple[int, int]) -> Shown | None:
    """Read `box` of this view at `size` and bring it to the eye's slots; None if no band fits any slot."""
    chosen = channels(frame)
    if not chosen:
        return None
    words = [channel.band.name for channel in chosen.values()]
    unique = list(dict.fromkeys(words))
    values = dict(zip(unique, frame.bands(*unique, box=box, size=size), strict=True))
    layers = {slot: values[word] for slot, word in zip(chosen, words, strict=True)}
    levels, warnings = levelled(layers, chosen)
    image, present = slots.centred(levels, size)
    left, top = frame.origin_px
    return Shown(
        image=padded(image),
        present=present,
        size=size,
        box=box.shifted(left, top),
        modality=modality(chosen),
        known=np.isfinite(np.stack(list(layers.values()))).any(axis=0),
        levels=levels,
        gsd_m=frame.gsd_m,
        warnings=warnings,
        calibrated=all(slots.calibrated(slot, channel.band.unit) for slot, channel in chosen.items()),
    )


def darkened(shown: Shown, drop_db: float) -> Shown:
    """Give a radar picture with its levels so many decibels lower."""
    spans = {slot: high - low for slot, (low, high) in slots.DECIBELS.items()}
    lower = {slot: plane - np.float32(drop_db / spans[slot]) for slot, plane in shown.levels.items() if slot in spans}
    levels = {**shown.levels, **lower}
    return replace(shown, levels=levels, image=padded(slots.centred(levels, shown.size)[0]))


def first_size(shown: Shown) -> tuple[int, int]:
    """Give the size at which the picture would be shown as a whole if nothing small were looked for."""
    width, height = fitting_size(round(shown.box.width), round(shown.box.height), shown.gsd_m)
    return min(width, shown.size[0]), min(height, shown.size[1])


def padded(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give (C, h, w) with zeros to the right and below, up to what the eye takes."""
    height, width = (math.ceil(side / MULTIPLE_PX) * MULTIPLE_PX for side in image.shape[1:])
    whole = np.zeros((len(image), height, width), np.float32)
    whole[:, : image.shape[1], : image.shape[2]] = image
    return whole


def glance(shown: Shown, share: float = GLANCE) -> NDArray[np.float32]:
    """Give the picture shrunk to a share of the size of a first look, as the eye takes it."""
    width, height = shown.size
    across, down = first_size(shown)
    size = max(1, round(across * share)), max(1, round(down * share))
    planes = [
        np.asarray(Image.fromarray(plane[:height, :width]).resize(size, Image.Resampling.BOX)) for plane in shown.image
    ]
    return padded(np.stack(planes))


def channels(frame: Frame) -> dict[str, Channel]:
    """Give the frame's channel for each slot it can fill; one modality family, decided by the sensor's kind."""
    if frame.sensor.kind is Kind.SAR:
        return {
            POLARISATION[c.band.polarisation]: c
            for c in reversed(frame.channels)
            if c.band.polarisation in POLARISATION
        } or _radar_plain(frame)
    if frame.sensor.kind is Kind.THERMAL:
        return {"thermal": _thermal(frame) or frame.channels[0]}
    if frame.sensor.kind not in {Kind.RGB, Kind.OPTICAL, Kind.HYPERSPECTRAL}:
        return {}
    found = {slot: channel for slot in WAVELENGTH_UM if (channel := _optical(frame, slot)) is not None}
    if not {"red", "green", "blue"} & found.keys():
        grey = next((c for c in frame.channels if any(c.band.answers_to(word) for word in GREY)), None)
        found |= {slot: grey for slot in ("red", "green", "blue")} if grey is not None else {}
    if not found and (heat := _thermal(frame)) is not None:
        return {"thermal": heat}
    return found


def levelled(
    layers: Mapping[str, NDArray[np.float32]], chosen: Mapping[str, Channel]
) -> tuple[dict[str, NDArray[np.float32]], tuple[str, ...]]:
    """Give levels by slot, and warnings where absolute values mean nothing."""
    loose = [
        slot for slot in layers if slot not in slots.DECIBELS and not slots.calibrated(slot, chosen[slot].band.unit)
    ]
    levels: dict[str, NDArray[np.float32]] = {}
    if loose:
        stretched = slots.stretch(np.stack([layers[slot] for slot in loose]))
        levels = dict(zip(loose, stretched, strict=True))
    for slot in layers.keys() - levels.keys():
        band = chosen[slot].band
        levels[slot] = slots.level(layers[slot], slot, band.unit, (band.low, band.high))
    warnings = []
    if any(slot in WAVELENGTH_UM for slot in loose):
        warnings.append("the bands are plain counts: stretched by this image's own range, so brightness means little")
    if any(slot in slots.DECIBELS and not slots.calibrated(slot, chosen[slot].band.unit) for slot in layers):
        warnings.append("the radar image is not calibrated: shifted to a typical median, so brightness means little")
    return levels, tuple(warnings)


def modality(chosen: Mapping[str, Channel]) -> str:
    """Give the modality that a set of slots belongs to; infrared beside visible bands makes it multispectral."""
    for name in ("sar", "thermal", "multispectral"):
        if any(slot in chosen for slot in slots.MODALITIES[name]):
            return name
    return "rgb"


def _optical(frame: Frame, slot: str) -> Channel | None:
    for word in COMMON.get(slot, (slot,)):
        found = [c for c in frame.channels if c.band.common == word or c.band.name.casefold() == word]
        if found:
            return found[0]
    near = [
        c
        for c in frame.channels
        if c.band.centre_um is not None
        and abs(c.band.centre_um - WAVELENGTH_UM[slot]) <= REACH_UM
        and (c.band.width_um or 0.0) <= WIDEST_UM
    ]
    return min(near, key=lambda c: abs((c.band.centre_um or 0.0) - WAVELENGTH_UM[slot]), default=None)


def _thermal(frame: Frame) -> Channel | None:
    warm = {Unit.KELVIN, Unit.CELSIUS}
    return next((c for c in frame.channels if (c.band.common or "").startswith("thermal") or c.band.unit in warm), None)


def _radar_plain(frame: Frame) -> dict[str, Channel]:
    """A radar image that does not say its polarisation is taken as co-polarised."""
    return {"co": frame.channels[0]} if frame.channels else {}
