"""From the text of a TOML table to `Sensor`s; the form is told in docs/sensors.md."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from geoglot.errors import InputError
from geoglot.sensors import fields
from geoglot.sensors.grammar import anywhere, whole_word
from geoglot.sensors.ranges import usual_range
from geoglot.sensors.sensor import Band, Kind, Sensor, Unit

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_BAND_KEYS = {
    *("name", "common", "aliases", "centre_um", "width_um", "range_um", "polarisation", "gsd_m"),
    *("unit", "scale", "offset", "nodata", "low", "high"),
}
_SENSOR_KEYS = {
    *("name", "title", "kind", "platform", "level", "gsd_m", "dtype", "frequency_ghz"),
    *("bands", "without", "each", "wavelengths_um", "widths_um", "display", "bands_in_file"),
    *("files", "tags", "baseline_offsets", "notes", "source"),
}
_SYNONYMS = {
    "coastal": ("coastal_blue", "coastal_aerosol", "ultra_blue"),
    "pan": ("panchromatic",),
    "rededge": ("red_edge", "rededge1", "red_edge_1"),
    "rededge1": ("rededge", "red_edge", "red_edge_1"),
    "rededge2": ("red_edge_2",),
    "rededge3": ("red_edge_3",),
    "nir": ("near_infrared", "nir1"),
    "nir08": ("narrow_nir", "nir_narrow"),
    "swir16": ("swir1", "swir_1"),
    "swir22": ("swir2", "swir_2"),
    "thermal": ("lwir", "tir", "temperature"),
}
_POLARISATIONS = frozenset({"VV", "VH", "HH", "HV"})


def parse_table(text: str, *, family: str) -> tuple[Sensor, ...]:
    """Give the sensors told by one TOML table, in its order.

    family: what to call the table, normally the file's name without suffix.
    Raises InputError for text that is not TOML, an unknown or missing key, a value of the wrong type or out
    of range, a name used twice, or a file name pattern that does not match its own example.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"the sensor table {family} is not TOML", value=str(error)) from error
    fields.only({"source", "bands", "sensor"}, table, family)
    shared = fields.mapping(table.get("bands", {}), f"{family}: bands")
    rows = fields.sequence(table.get("sensor", []), f"{family}: sensor")
    if not rows:
        raise InputError("the table tells of no sensor", value=family, expected="at least one [[sensor]]")
    sensors = tuple(_sensor(fields.mapping(row, family), shared, family, str(table.get("source", ""))) for row in rows)
    fields.once([sensor.name for sensor in sensors], f"the table {family} has a sensor twice")
    return sensors


def _sensor(row: Mapping[str, object], shared: Mapping[str, object], family: str, source: str) -> Sensor:
    name = fields.text(row.get("name"), f"{family}: name")
    if not _NAME.fullmatch(name):
        raise InputError(
            "a sensor's name is lower-case words joined by hyphens",
            value=name,
            expected="like sentinel-2-l2a",
        )
    where = f"sensor {name}"
    fields.only(_SENSOR_KEYS, row, where)
    bands = _bands(row, shared, where)
    sensor = Sensor(
        name=name,
        title=fields.text(row.get("title"), f"{where}: title"),
        family=family,
        kind=fields.choice(Kind, row.get("kind"), f"{where}: kind"),
        bands=bands,
        gsd_m=fields.optional(fields.positive, row.get("gsd_m"), f"{where}: gsd_m"),
        platform=fields.text(row.get("platform", ""), f"{where}: platform"),
        level=fields.text(row.get("level", ""), f"{where}: level"),
        display=fields.words(row.get("display", []), f"{where}: display"),
        file_names=_file_names(row.get("files", []), f"{where}: files"),
        bands_in_file=fields.words(row.get("bands_in_file", []), f"{where}: bands_in_file"),
        dtype=fields.optional(fields.text, row.get("dtype"), f"{where}: dtype"),
        frequency_ghz=fields.optional(fields.positive, row.get("frequency_ghz"), f"{where}: frequency_ghz"),
        notes=fields.text(row.get("notes", ""), f"{where}: notes"),
        source=fields.text(row.get("source", source), f"{where}: source"),
        tags=_tags(row.get("tags", []), f"{where}: tags"),
        baseline_offsets=_baseline_offsets(row.get("baseline_offsets", {}), f"{where}: baseline_offsets"),
    )
    if not sensor.source:
        raise InputError(f"{where} does not say where its numbers come from", expected='source = "…"')
    _known_bands((*sensor.display, *sensor.bands_in_file), sensor)
    return sensor


def _bands(row: Mapping[str, object], shared: Mapping[str, object], where: str) -> tuple[Band, ...]:
    """Bands of one sensor: shared lists by name, tables of its own, or a bare list of wavelengths."""
    each = fields.mapping(row.get("each", {}), f"{where}: each")
    fields.only(_BAND_KEYS - {"name"}, each, f"{where}: each")
    rows: list[Mapping[str, object]] = []
    for part in fields.sequence(row.get("bands", []), f"{where}: bands"):
        if isinstance(part, str):
            if part not in shared:
                raise InputError(
                    f"{where} uses a band list that is not there",
                    value=part,
                    expected=f"one of {', '.join(shared)}",
                )
            rows += [fields.mapping(line, f"bands.{part}") for line in fields.sequence(shared[part], f"bands.{part}")]
        else:
            rows.append(fields.mapping(part, f"{where}: bands"))
    rows += _spectrum(row, where)
    without = set(fields.words(row.get("without", []), f"{where}: without"))
    bands = tuple(_band({**each, **line}, where) for line in rows if line.get("name") not in without)
    fields.once([band.name.casefold() for band in bands], f"{where} has a band twice")
    return _with_synonyms(bands)


def _with_synonyms(bands: tuple[Band, ...]) -> tuple[Band, ...]:
    """Add the words the field uses for a colour, where no other band claims them."""
    claimed = {word for band in bands for word in band.words}
    return tuple(
        replace(
            band,
            aliases=(*band.aliases, *(w for w in _SYNONYMS.get(band.common or band.name, ()) if w not in claimed)),
        )
        for band in bands
    )


def _spectrum(row: Mapping[str, object], where: str) -> list[Mapping[str, object]]:
    """Bands B001, B002 … of `wavelengths_um`, with one width for all or one each."""
    centres = fields.sequence(row.get("wavelengths_um", []), f"{where}: wavelengths_um")
    widths = row.get("widths_um")
    each_width = widths if isinstance(widths, list) else [widths] * len(centres)
    if len(each_width) != len(centres):
        raise InputError(
            f"{where} has another number of widths than of wavelengths",
            value=len(each_width),
            expected=str(len(centres)),
        )
    lines: list[Mapping[str, object]] = []
    for place, (centre, width) in enumerate(zip(centres, each_width, strict=True), start=1):
        line: dict[str, object] = {"name": f"B{place:03d}", "centre_um": centre}
        lines.append(line if width is None else line | {"width_um": width})
    return lines


def _band(row: Mapping[str, object], where: str) -> Band:
    name = fields.text(row.get("name"), f"{where}: a band's name")
    where = f"{where}, band {name}"
    fields.only(_BAND_KEYS, row, where)
    centre_um, width_um = _wavelength(row, where)
    unit = fields.choice(Unit, row.get("unit", "dn"), f"{where}: unit")
    common = fields.optional(fields.text, row.get("common"), f"{where}: common")
    polarisation = fields.optional(fields.text, row.get("polarisation"), f"{where}: polarisation")
    if polarisation is not None and polarisation not in _POLARISATIONS:
        raise InputError(f"{where}: unknown polarisation", value=polarisation, expected="VV, VH, HH or HV")
    low, high = usual_range(unit, common=common, polarisation=polarisation)
    low = fields.number(row.get("low", low), f"{where}: low")
    high = fields.number(row.get("high", high), f"{where}: high")
    if not low < high:
        raise InputError(f"{where}: the range is empty", value=(low, high), expected="low < high")
    scale = fields.number(row.get("scale", 1.0), f"{where}: scale")
    if scale == 0:
        raise InputError(f"{where}: a scale of 0 loses every value", value=scale)
    return Band(
        name=name,
        common=common,
        aliases=fields.words(row.get("aliases", []), f"{where}: aliases"),
        centre_um=centre_um,
        width_um=width_um,
        polarisation=polarisation,
        gsd_m=fields.optional(fields.positive, row.get("gsd_m"), f"{where}: gsd_m"),
        unit=unit,
        scale=scale,
        offset=fields.number(row.get("offset", 0.0), f"{where}: offset"),
        nodata=fields.optional(fields.stored_value, row.get("nodata"), f"{where}: nodata"),
        low=low,
        high=high,
    )  # fmt: skip


def _wavelength(row: Mapping[str, object], where: str) -> tuple[float | None, float | None]:
    """Centre and full width at half maximum, µm, from `centre_um` and `width_um` or from `range_um`."""
    if "range_um" in row:
        ends = [
            fields.positive(end, f"{where}: range_um") for end in fields.sequence(row["range_um"], f"{where}: range_um")
        ]
        if len(ends) != 2 or ends[0] >= ends[1] or "centre_um" in row or "width_um" in row:
            raise InputError(
                f"{where}: range_um does not fit",
                value=ends,
                expected="[from, to] alone, without centre_um and width_um",
            )
        return _micrometres((ends[0] + ends[1]) / 2, where), round(ends[1] - ends[0], 6)
    centre = fields.optional(_micrometres, row.get("centre_um"), f"{where}: centre_um")
    return centre, fields.optional(fields.positive, row.get("width_um"), f"{where}: width_um")


def _micrometres(value: object, where: str) -> float:
    """Give a wavelength that instruments of this table can have."""
    centre = round(fields.positive(value, where), 6)
    if not 0.2 <= centre <= 20:
        expected, hint = "0.2 to 20 µm", "1000 nm are 1 µm"
        raise InputError(f"{where} is not in micrometres", value=centre, expected=expected, hint=hint)
    return centre


def _file_names(rows: object, where: str) -> tuple[str, ...]:
    """Patterns of file names, each proven on its own example."""
    patterns = []
    for row in fields.sequence(rows, where):
        table = fields.mapping(row, where)
        fields.only({"pattern", "example"}, table, where)
        pattern, example = fields.text(table.get("pattern"), where), fields.text(table.get("example"), where)
        try:
            fits = whole_word(pattern).search(example)
        except re.error as error:
            raise InputError(f"{where}: not a regular expression", value=pattern, hint=str(error)) from error
        if not fits:
            raise InputError(f"{where}: the pattern does not match its own example", value=example, expected=pattern)
        patterns.append(pattern)
    return tuple(patterns)


def _tags(rows: object, where: str) -> tuple[str, ...]:
    patterns = fields.words(rows, where)
    for pattern in patterns:
        try:
            anywhere(pattern)
        except re.error as error:
            raise InputError(f"{where}: not a regular expression", value=pattern, hint=str(error)) from error
    return patterns


def _baseline_offsets(rows: object, where: str) -> tuple[tuple[str, float], ...]:
    table = fields.mapping(rows, where)
    for baseline in table:
        if not re.fullmatch(r"\d{4}", baseline):
            raise InputError(f"{where}: a processing baseline has four digits", value=baseline, expected="like 0400")
    return tuple((baseline, fields.number(table[baseline], where)) for baseline in sorted(table))


def _known_bands(wanted: Iterable[str], sensor: Sensor) -> None:
    known = {band.name for band in sensor.bands}
    for name in wanted:
        if name not in known:
            raise InputError(
                f"sensor {sensor.name} names a band it does not have",
                value=name,
                expected=f"one of {', '.join(sorted(known))}",
            )
