"""Tell the sensor from a name, from tags, or, only as a guess, from what the file looks like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from geoglot.errors import BandError
from geoglot.sensors.grammar import anywhere, whole_word
from geoglot.sensors.registry import all_sensors
from geoglot.sensors.sensor import Band, Sensor


@dataclass(frozen=True, slots=True)
class NameMatch:
    """What a file or folder name says.

    sensor: with the offset of its processing baseline in force where the name tells the baseline.
    time: UTC; midnight where the name holds only a day, the first of January where only a year.
    layer: what the name says this file holds ("B04", "SR_B4", "QA_PIXEL", "vv"), None for a whole product.
    band: the sensor's band of that name, None for a whole product and for quality layers and the like.
    """

    sensor: Sensor
    time: datetime | None = None
    layer: str | None = None
    band: Band | None = None
    baseline: str | None = None
    level: str | None = None
    collection: str | None = None

    @property
    def baseline_missing(self) -> bool:
        """Tell whether the offset depends on a processing baseline that the name does not tell."""
        return bool(self.sensor.baseline_offsets) and self.baseline is None


def by_name(name: str, *, also: Iterable[Sensor] = ()) -> NameMatch | None:
    """Give what a file or folder name (not a path) tells, or None if no sensor's grammar fits.

    also: sensors of the user's own; they are tried first. The longest fitting piece of the name decides.
    A pattern fits only as a whole word: no letter or digit may touch it.
    """
    for sensors in (tuple(also), all_sensors()):
        found = [(match, sensor) for sensor in sensors for match in _searches(sensor, name)]
        if found:
            return _name_match(*max(found, key=lambda pair: len(pair[0].group())))
    return None


def by_tags(texts: Sequence[str], *, also: Iterable[Sensor] = ()) -> Sensor | None:
    """Give the sensor that a tag of the file names (TIFFTAG_IMAGEDESCRIPTION, EXIF model, satId of an IMD …).

    None if no tag names a sensor, or tags name several different ones.
    """
    found = {
        sensor.name: sensor
        for sensor in (*also, *all_sensors())
        for tag in sensor.tags
        if any(anywhere(tag).search(text) for text in texts)
    }
    return next(iter(found.values())) if len(found) == 1 else None


def at_baseline(sensor: Sensor, baseline: str) -> Sensor:
    """Give the sensor with the offset that products of that processing baseline have.

    baseline: four digits, "0400" for 04.00. Sensors without such a rule come back as they are.
    Source: Sentinel-2 Products Specification; -1000 counts from baseline 04.00 on.
    """
    offset = None
    for since, value in sensor.baseline_offsets:
        offset = value if baseline >= since else offset
    if offset is None:
        return sensor
    return replace(sensor, bands=tuple(replace(band, offset=offset) for band in sensor.bands))


def _searches(sensor: Sensor, name: str) -> Iterator[re.Match[str]]:
    for pattern in sensor.file_names:
        match = whole_word(pattern).search(name)
        if match:
            yield match


def _name_match(match: re.Match[str], sensor: Sensor) -> NameMatch:
    said = match.groupdict()
    layer, baseline = said.get("band") or said.get("polarisation"), said.get("baseline")
    sensor = at_baseline(sensor, baseline) if baseline else sensor
    return NameMatch(
        sensor=sensor,
        time=_time(said.get("time")),
        layer=layer,
        band=_band(sensor, layer),
        baseline=baseline,
        level=said.get("level"),
        collection=said.get("collection"),
    )


def _band(sensor: Sensor, layer: str | None) -> Band | None:
    try:
        return sensor.band(layer) if layer else None
    except BandError:
        return None  # a quality layer or a true-colour picture, not a measurement


_TIME_FORMATS = {14: "%Y%m%d%H%M%S", 13: "%Y%j%H%M%S", 8: "%Y%m%d", 7: "%Y%j", 4: "%Y"}


def _time(text: str | None) -> datetime | None:
    """Read the digits of a time; None if there are none or they are no date."""
    if text is None:
        return None
    digits = re.sub(r"[^0-9]", "", text)
    form = _TIME_FORMATS.get(len(digits), "")
    if re.search(r"\d[A-Z]{3}\d", text, re.IGNORECASE):  # Maxar: 20JAN31103045
        digits, form = text, "%y%b%d%H%M%S"
    try:
        return datetime.strptime(digits, form).replace(tzinfo=UTC) if form else None
    except ValueError:
        return None
