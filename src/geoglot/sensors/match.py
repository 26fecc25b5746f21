"""Find the band of every layer of a file: by name or by wavelength, never by place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from geoglot.errors import BandError, UnitError
from geoglot.sensors.sensor import Band, Kind, Sensor
from geoglot.sensors.units import wavelength_um

_PICTURE_UM = (0.655, 0.555, 0.475)  # what an eye calls red, green, blue
_AS_NEAR_UM = 0.002  # two bands whose centres are equally far within 2 nm cannot be told apart
_NUMBERED = re.compile(r"(?:band|layer|lyr|channel)[ _]?0*(\d+)", re.IGNORECASE)
_WAVELENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(nm|nanomet\w+|[uµμ]m|micro(?:ns?|met\w+))\b", re.IGNORECASE)


def match(
    sensor: Sensor,
    descriptions: Sequence[str | None],
    wavelengths_um: Sequence[float | None] = (),
    *,
    widths_um: Sequence[float | None] = (),
    vendor_order: bool = False,
) -> tuple[Band, ...]:
    """Give the band of each layer of a file, in the order of the layers.

    descriptions: what the file calls each layer, None where it says nothing; one entry a layer. wavelengths_um,
    widths_um: the same, or empty. A name counts before a wavelength, and both must agree. vendor_order: allow
    `sensor.bands_in_file` for a file that names none of its layers; only where the caller, the product's name
    or its tags told the sensor. Layers that are no measurement (alpha, masks) must be left out before.
    Raises BandError for a layer that fits no band or several, a band that two layers claim, or a file that
    names nothing; UnitError for wavelengths that are not in µm.
    """
    count = len(descriptions)
    waves = _filled(wavelengths_um, count)
    if sensor.kind is Kind.HYPERSPECTRAL and count and all(wave is not None for wave in waves):
        return with_wavelengths(sensor, [wave or 0.0 for wave in waves], widths_um).bands
    if count == 1 and len(sensor.bands) == 1:
        return sensor.bands
    words = _told(descriptions)
    if not any(words) and all(wave is None for wave in waves):
        return _in_vendor_order(sensor, count, allowed=vendor_order)
    index = _index(sensor.bands)
    bands = tuple(
        _band(sensor, index, word, wave, layer)
        for layer, (word, wave) in enumerate(zip(words, waves, strict=True), start=1)
    )
    _each_once(bands, descriptions)
    return bands


def with_wavelengths(sensor: Sensor, centres_um: Sequence[float], widths_um: Sequence[float | None] = ()) -> Sensor:
    """Give the imaging spectrometer with the bands that a file lists; unit and scale stay the sensor's own.

    Bands are called B001, B002 … in the file's order. Raises UnitError for centres beyond 20 µm (nanometres).
    """
    model = sensor.bands[0] if sensor.bands else Band("B001")
    widths = _filled(widths_um, len(centres_um))
    bands = tuple(
        replace(model, name=f"B{place:03d}", centre_um=wavelength_um(centre, "µm"), width_um=width or model.width_um)
        for place, (centre, width) in enumerate(zip(centres_um, widths, strict=True), start=1)
    )
    nearest = [min(bands, key=lambda band: abs((band.centre_um or 0.0) - want)).name for want in _PICTURE_UM]
    display = tuple(nearest) if len(set(nearest)) == 3 else tuple(nearest[:1])
    return replace(sensor, bands=bands, display=display, bands_in_file=())


def _filled(values: Sequence[float | None], count: int) -> Sequence[float | None]:
    if len(values) not in (0, count):
        raise BandError("as many wavelengths as layers are needed", value=len(values), expected=str(count))
    return values or [None] * count


def _told(descriptions: Sequence[str | None]) -> list[str]:
    """Descriptions that tell something; "Band 1", "Band 2" … in order are only places, not names."""
    words = [(text or "").strip() for text in descriptions]
    numbers = [_NUMBERED.fullmatch(word) for word in words]
    if all(found and int(found.group(1)) == place for place, found in enumerate(numbers, start=1)):
        return [""] * len(words)
    return words


def _in_vendor_order(sensor: Sensor, count: int, *, allowed: bool) -> tuple[Band, ...]:
    order = sensor.bands_in_file
    if sensor.kind is Kind.HYPERSPECTRAL:
        order = tuple(band.name for band in sensor.bands)
    if allowed and order and len(order) == count:
        return tuple(sensor.band(name) for name in order)
    known = f"{len(order)} layers in the vendor's order" if order and allowed else "layers with a name or a wavelength"
    hint = f"write band descriptions into the file; {sensor.name} has {', '.join(b.name for b in sensor.bands[:16])}"
    raise BandError(
        "the file does not say which layer is which band", value=f"{count} layers", expected=known, hint=hint
    )


def _key(word: str) -> str:
    """A word without case, marks and leading zeros: "Band 04", "B04" and "b4" are one."""
    plain = re.sub(r"[^a-z0-9]", "", word.casefold())
    return re.sub(r"^(?:band|b)0*(\d+[a-z]?)$", r"b\1", plain)


def _index(bands: Iterable[Band]) -> Mapping[str, set[str]]:
    """From every word to the names of the bands it may mean; a band's own name is never shared."""
    index: dict[str, set[str]] = {}
    for band in bands:
        for word in band.words:
            index.setdefault(_key(word), set()).add(band.name)
    for band in bands:
        index[_key(band.name)] = {band.name}
    return index


def _band(sensor: Sensor, index: Mapping[str, set[str]], text: str, wave: float | None, layer: int) -> Band:
    """The band of one layer."""
    names = _named(index, text)
    found = _WAVELENGTH.search(text)
    if wave is None and found:
        wave = wavelength_um(float(found.group(1)), _unit_word(found.group(2)))
    if not names and wave is not None:
        return _at(sensor, wave, layer)
    if len(names) != 1:
        problem = "fits no band" if not names else f"fits several bands ({', '.join(sorted(names))})"
        raise BandError(
            f"layer {layer} {problem} of {sensor.name}",
            value=text,
            expected=f"one of {', '.join(band.name for band in sensor.bands[:24])}",
            hint="leave out layers that are no measurement, or describe the sensor in a table of your own",
        )
    band = sensor.band(next(iter(names)))
    if wave is not None and band.centre_um is not None and not _covers(band, wave, slack_um=0.02):
        raise BandError(
            f"layer {layer} is called {text} but lies at another wavelength",
            value=f"{wave:g} µm",
            expected=f"about {band.centre_um:g} µm",
        )
    return band


def _unit_word(word: str) -> str:
    return "nm" if word.casefold().startswith("n") else "µm"


def _named(index: Mapping[str, set[str]], text: str) -> set[str]:
    """Names of the bands that a description speaks of: all of it, else its longest known pieces."""
    if _key(text) in index:
        return index[_key(text)]
    words = re.findall(r"[a-z0-9]+", text.casefold())
    found: set[str] = set()
    place = 0
    while place < len(words):
        pieces = [words[place : place + length] for length in (3, 2, 1)]
        piece = next((p for p in pieces if len("".join(p)) > 1 and _key("".join(p)) in index), None)
        found |= index[_key("".join(piece))] if piece else set()
        place += len(piece) if piece else 1
    return found


def _covers(band: Band, wave_um: float, *, slack_um: float) -> bool:
    reach_um = max((band.width_um or 0.0) / 2, 0.005) + slack_um
    return band.centre_um is not None and abs(band.centre_um - wave_um) <= reach_um


def _at(sensor: Sensor, wave_um: float, layer: int) -> Band:
    """The band at a wavelength. A panchromatic band covers the others, so it never competes with them."""
    if not 0.2 <= wave_um <= 20:
        raise UnitError("that is no wavelength in µm", value=wave_um, expected="0.2 to 20 µm", hint="are these nm?")
    covering = [band for band in sensor.bands if band.common != "pan" and _covers(band, wave_um, slack_um=0.0)]
    near = sorted(covering, key=lambda band: abs((band.centre_um or 0.0) - wave_um))
    if not near:
        known = ", ".join(f"{band.name} {band.centre_um:g}" for band in sensor.bands[:24] if band.centre_um)
        raise BandError(f"layer {layer}: {sensor.name} has no band there", value=f"{wave_um:g} µm", expected=known)
    apart = [abs((band.centre_um or 0.0) - wave_um) for band in near[:2]]
    if len(apart) == 2 and apart[1] - apart[0] < _AS_NEAR_UM:
        both = f"{near[0].name} and {near[1].name}"
        raise BandError(f"layer {layer} lies between {both}", value=f"{wave_um:g} µm", expected="a band name")
    return near[0]


def _each_once(bands: Sequence[Band], descriptions: Sequence[str | None]) -> None:
    for layer, band in enumerate(bands):
        first = bands.index(band)
        if first != layer:
            raise BandError(
                f"layers {first + 1} and {layer + 1} are both {band.name}",
                value=(descriptions[first], descriptions[layer]),
                expected="every band once",
            )
