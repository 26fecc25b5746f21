"""What a scene is, as plain facts: the document behind `geoglot info`."""

from __future__ import annotations

from collections.abc import Sequence

from geoglot.errors import GeoglotError
from geoglot.scenes.scene import Frame, HowTold, Scene

Json = None | bool | int | float | str | Sequence["Json"] | dict[str, "Json"]

FRAMES_SHOWN = 20  # a video may have thousands


def describe(scene: Scene) -> dict[str, Json]:
    """Give kind, frames and warnings of a scene; reads at most a 512-px overview of each frame shown.

    Keys of a frame: paths, sensor, told_by, bands, size, gsd_m, crs, bounds, footprint (lon/lat), time,
    valid_fraction, warnings, notes. What is not known is None, never a guess.
    """
    shown = [scene.frames[index] for index in range(min(len(scene.frames), FRAMES_SHOWN))]
    return {
        "kind": str(scene.kind),
        "frame_count": len(scene.frames),
        "frames": [describe_frame(frame) for frame in shown],
        "warnings": list(scene.warnings),
    }


def describe_frame(frame: Frame) -> dict[str, Json]:
    """Give the facts of one frame; see `describe`."""
    valid, trouble = _valid_fraction(frame)
    return {
        "paths": [str(path) for path in frame.paths],
        "sensor": frame.sensor.name,
        "sensor_title": frame.sensor.title,
        "sensor_kind": str(frame.sensor.kind),
        "told_by": str(frame.told_by),
        "sensor_is_guess": frame.told_by is HowTold.GUESS,
        "bands": [_band(frame, index) for index in range(len(frame.channels))],
        "size": list(frame.size),
        "gsd_m": None if frame.gsd_m is None else round(frame.gsd_m, 4),
        "crs": _crs_name(frame.crs),
        "bounds": None if frame.bounds is None else list(frame.bounds),
        "footprint": _footprint(frame),
        "time": None if frame.time is None else frame.time.isoformat(),
        "valid_fraction": valid,
        "warnings": [*frame.warnings, *trouble],
        "notes": dict(frame.notes),
    }


def _band(frame: Frame, index: int) -> dict[str, Json]:
    channel = frame.channels[index]
    band = channel.band
    return {
        "name": band.name,
        "common": band.common,
        "unit": str(band.unit),
        "centre_um": band.centre_um,
        "width_um": band.width_um,
        "polarisation": band.polarisation,
        "scale": band.scale,
        "offset": band.offset,
        "nodata": None if band.nodata is None or band.nodata != band.nodata else band.nodata,
        "size": [channel.source.width, channel.source.height],
    }


def _valid_fraction(frame: Frame) -> tuple[float | None, list[str]]:
    """The share of valid pixels; a file whose pixels cannot be read is still described, with the reason."""
    try:
        return round(frame.valid_fraction(), 4), []
    except GeoglotError as error:
        return None, [f"the pixels cannot be read: {error}"]


def _footprint(frame: Frame) -> Json:
    if not frame.grid.located:
        return None
    try:
        corners = frame.grid.footprint_lonlat()
    except GeoglotError:
        return None
    return [[round(float(lon), 7), round(float(lat), 7)] for lon, lat in corners]


def _crs_name(crs: str | None) -> str | None:
    """The authority code where there is one, else the name inside the WKT."""
    if crs is None:
        return None
    from pyproj import CRS

    parsed = CRS.from_user_input(crs)
    code = parsed.to_authority(min_confidence=70)
    return ":".join(code) if code else parsed.name
