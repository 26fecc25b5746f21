"""What is known about a frame besides its pixels, as numbers: sensor, scale, time, look, place in the series."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from geoglot.sensors import Kind

POLARISATIONS = ("VV", "VH", "HH", "HV")
KINDS = (Kind.RGB, Kind.OPTICAL, Kind.HYPERSPECTRAL, Kind.SAR, Kind.THERMAL)

FACTS = 12 + len(POLARISATIONS) + len(KINDS)
"""Numbers of a frame's description."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is known about one frame; None where nobody knows.

    kind: of its sensor. gsd_m: metres a pixel. day: days since 2000-01-01. look_deg: azimuth of a radar's look,
    clockwise from north. polarisations: those of its bands. order: place in its series, 0 for the first.
    """

    gsd_m: float | None = None
    day: float | None = None
    look_deg: float | None = None
    polarisations: tuple[str, ...] = ()
    order: int = 0
    kind: Kind | None = None


def facts(frames: tuple[Told, ...]) -> Tensor:
    """Describe frames by (F, FACTS) numbers of order 1; what is not known is 0, and a flag beside it says so."""
    return torch.tensor([_numbers(frame) for frame in frames], dtype=torch.float32)


def gsd_m(frames: tuple[Told, ...]) -> Tensor:
    """Give metres a pixel (F,), 0 where unknown."""
    return torch.tensor([frame.gsd_m or 0.0 for frame in frames], dtype=torch.float32)


def scale_facts(gsd_m: Tensor) -> Tensor:
    """Describe frames of which only the metres a pixel (F,) are known, 0 where not even those: as `facts` does."""
    known = (gsd_m > 0).to(gsd_m.dtype)
    size = (gsd_m.clamp(min=1e-6).log() / 4) * known
    nothing = torch.zeros_like(known)[:, None]  # (F, 1)
    first = nothing + 1  # of its series
    return torch.cat([size[:, None], known[:, None], nothing.expand(-1, FACTS - 5), first, nothing, nothing], dim=1)


def _numbers(frame: Told) -> list[float]:
    year = (frame.day or 0.0) / 365.25
    season, look = 2 * math.pi * year, math.radians(frame.look_deg or 0.0)
    dated, looked = float(frame.day is not None), float(frame.look_deg is not None)
    return [
        math.log(frame.gsd_m) / 4 if frame.gsd_m else 0.0,
        float(frame.gsd_m is not None),
        dated,
        dated * (year - 15) / 15,
        dated * math.sin(season),
        dated * math.cos(season),
        looked,
        looked * math.sin(look),
        looked * math.cos(look),
        *(float(name in frame.polarisations) for name in POLARISATIONS),
        *(float(kind == frame.kind) for kind in KINDS),
        float(frame.order == 0),
        frame.order / 8,
        math.sin(frame.order),
    ]
