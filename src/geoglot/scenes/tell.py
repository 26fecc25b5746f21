"""Which sensor a raster file comes from and which band each of its layers is.

In order: the caller's word, the file's name, its tags, the names or wavelengths of its layers, and last a guess
from its structure. A guess never converts counts to a physical value; without even a guess the caller is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from geoglot import sensors
from geoglot.errors import BandError, GeoglotError, SensorUnknown, UnitError
from geoglot.scenes.header import Header, Layer
from geoglot.scenes.scene import HowTold
from geoglot.sensors import Band, Kind, NameMatch, Sensor, Unit

Medians = Callable[[Sequence[int]], tuple[float, ...]]
"""From layers (from 0) to the medians of their valid stored values; reads a few blocks when called."""

_COLOURS = frozenset({"red", "green", "blue"})
_METRE_WORDS = frozenset({"m", "metre", "meter", "metres", "meters"})
_ANY_LENGTH_UNIT = re.compile(r"nanom|nm|microm|um|µm|μm", re.IGNORECASE)
_DN_HIGH = 10_000.0  # the usual span of scaled 16-bit integers; for display only
_MOST_BANDS_WITH_NAMES = 30  # more are a spectrum, told by wavelength
_ISO_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)(-?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
_YEAR = re.compile(r"(?:19[5-9]|20[0-9])\d")


@dataclass(frozen=True, slots=True)
class Told:
    """The answer. layers: which layer of the file each band is, from 0; the others are no measurement."""

    sensor: Sensor
    bands: tuple[Band, ...]
    layers: tuple[int, ...]
    how: HowTold
    time: datetime | None = None
    warnings: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()


def tell(facts: Header, name: str, *, asked: Sensor | None, medians: Medians) -> Told:
    """Give the sensor and bands of a file from its header and its name (without folder).

    asked: the sensor that the caller named. Raises SensorUnknown if nothing fits, BandError if the sensor is
    sure but a layer fits none of its bands or two layers fit one.
    """
    said = sensors.by_name(name)
    time, notes = _time(facts, name, said)
    for try_one in (_by_caller, _by_name, _by_tags, _by_wavelengths, _by_guess):
        told = try_one(facts, asked, said, medians)
        if told is not None:
            return replace(told, time=time, notes=(*told.notes, *notes))
    raise SensorUnknown(
        "the sensor cannot be told from the file",
        value=f"{name}: {_in_words(facts)}",
        expected="a known product name, or layers with names or wavelengths",
        hint="name it with --sensor (see: geoglot sensors), or describe it in a table of your own",
    )


def _by_caller(facts: Header, asked: Sensor | None, said: NameMatch | None, medians: Medians) -> Told | None:
    if asked is None:
        return None
    if said is not None and said.sensor.name == asked.name:
        return replace(_sure(facts, said.sensor, said, medians), how=HowTold.USER)
    return replace(_sure(facts, asked, None, medians), how=HowTold.USER)


def _by_name(facts: Header, asked: Sensor | None, said: NameMatch | None, medians: Medians) -> Told | None:
    return None if said is None else _sure(facts, said.sensor, said, medians)


def _by_tags(facts: Header, asked: Sensor | None, said: NameMatch | None, medians: Medians) -> Told | None:
    found = sensors.by_tags([value for _, value in facts.tags])
    if found is not None:
        return replace(_sure(facts, found, None, medians), how=HowTold.TAGS)
    layers = _measured(facts)
    if len(layers) == 1 and facts.layers[layers[0]].unit.casefold() in _METRE_WORDS and not _is_complex(facts):
        height = sensors.get("elevation")
        return Told(height, height.bands, tuple(layers), HowTold.TAGS)
    return None


def _by_wavelengths(facts: Header, asked: Sensor | None, said: NameMatch | None, medians: Medians) -> Told | None:
    """An imaging spectrometer: many layers, each with its wavelength."""
    waves = [_wavelength(facts.layers[layer])[0] for layer in _measured(facts)]
    if len(waves) <= _MOST_BANDS_WITH_NAMES or any(wave is None for wave in waves):
        return None
    return replace(_sure(facts, sensors.get("hyperspectral"), None, medians), how=HowTold.TAGS)


def _by_guess(facts: Header, asked: Sensor | None, said: NameMatch | None, medians: Medians) -> Told | None:
    layers = _measured(facts)
    dtype = facts.layers[layers[0]].dtype if layers else ""
    seen = sensors.Structure(
        dtype=dtype,
        count=len(layers),
        gsd_m=facts.grid.gsd_m if facts.grid.located else None,
        crs=facts.grid.crs,
        medians=medians(layers[:4]) if dtype.startswith("float") else (),
        name=facts.path.name,
    )
    for guess in sensors.by_structure(seen):
        picture = guess.sensor.kind is Kind.RGB and len(layers) == 3
        try:
            sensor, bands = _matched(facts, guess.sensor, layers, vendor_order=picture)
        except (BandError, UnitError):
            continue
        plain = tuple(_without_scale(band, guess.sensor) for band in bands)
        warning = f"the sensor is a guess ({guess.why}): name it to be sure"
        if plain != bands:
            warning += f"; counts stay counts, not {bands[0].unit}"
        return Told(sensor, plain, tuple(layers), HowTold.GUESS, warnings=(warning,))
    return _by_colour_names(facts, layers)


def _by_colour_names(facts: Header, layers: Sequence[int]) -> Told | None:
    try:
        sensor, bands = _matched(facts, sensors.get("multispectral"), layers, vendor_order=False)
    except (BandError, UnitError):
        return None
    warning = "the layers are named by colour, the instrument is not known: the values are counts without a unit"
    return Told(sensor, bands, tuple(layers), HowTold.TAGS, warnings=(warning,))


def _sure(facts: Header, sensor: Sensor, said: NameMatch | None, medians: Medians) -> Told:
    """Bands of a sensor that is known: by name, else by wavelength, else in the vendor's order."""
    if said is not None and said.layer is not None:
        part = _one_layer_of_a_product(facts, sensor, said)
        if part is not None:
            return part
    whole = len(sensor.bands_in_file) == len(facts.layers)
    layers = list(range(len(facts.layers))) if whole else _measured(facts)
    dtype = facts.layers[layers[0]].dtype if layers else ""
    floats = dtype.startswith("float")
    stored, warnings = sensors.as_stored(sensor, dtype, medians=medians(layers[:3]) if floats else ())
    if stored.kind is Kind.SAR and len(layers) == 1 and len(stored.bands) > 1:
        stored, warnings = _polarised(facts, stored, layers[0], warnings)
    layers, left_out = _known_layers(facts, stored, layers)
    stored, bands = _matched(facts, stored, layers, vendor_order=True)
    if left_out:
        warnings += (f"layers that are no band of {sensor.name} are left out: {', '.join(left_out)}",)
    if said is not None and said.baseline_missing:
        warnings += ("the processing baseline is not in the name: counts are taken as harmonised, offset 0",)
    return Told(stored, bands, tuple(layers), HowTold.NAME, warnings=warnings)


def _one_layer_of_a_product(facts: Header, sensor: Sensor, said: NameMatch) -> Told | None:
    """A file that holds one band of a product, a quality layer or a rendered picture, as its name says."""
    layers = _measured(facts)
    note = (("layer", said.layer or ""),)
    if len(layers) == 1 and said.band is not None:
        dtype = facts.layers[layers[0]].dtype
        stored, warnings = sensors.as_stored(sensor, dtype)
        if said.baseline_missing and stored is sensor:
            warnings += ("the processing baseline is not in the name: counts are taken as harmonised, offset 0",)
        return Told(stored, (stored.band(said.band.name),), tuple(layers), HowTold.NAME, warnings=warnings)
    if said.band is None and len(layers) == 1 and facts.layers[layers[0]].dtype.startswith(("int", "uint")):
        classes = sensors.get("classes")
        return Told(classes, classes.bands, tuple(layers), HowTold.NAME, notes=note)
    if said.band is None and len(layers) == 3 and facts.layers[layers[0]].dtype == "uint8":
        rendered = sensors.get("rgb")
        return Told(rendered, rendered.bands, tuple(layers), HowTold.NAME, notes=note)
    return None


def _polarised(facts: Header, sensor: Sensor, layer: int, warnings: tuple[str, ...]) -> tuple[Sensor, tuple[str, ...]]:
    """A radar sensor for a single layer: as it is if the polarisation is told, else with one band without it."""
    if _name(facts.layers[layer]) is not None or _word_in_file_name(facts, sensor) is not None:
        return sensor, warnings
    quantity = str(sensor.bands[0].unit).removesuffix("_db")
    band = replace(sensor.bands[0], name=quantity, common=None, aliases=(), polarisation=None)
    one = replace(sensor, bands=(band,), display=(quantity,), bands_in_file=(quantity,))
    return one, (*warnings, "the polarisation is not told")


def _known_layers(facts: Header, sensor: Sensor, layers: Sequence[int]) -> tuple[list[int], list[str]]:
    """The layers that are bands of the sensor, and the others where some of them are named: told, not guessed."""
    if len(layers) < 2 or all(_is_mute(facts.layers[layer]) for layer in layers):
        return list(layers), []
    known, unknown = [], []
    for layer in layers:
        about = facts.layers[layer]
        try:
            if _is_mute(about):
                raise BandError("a layer without a name")
            sensors.match(sensor, [_name(about)], [_wavelength(about)[0]])
            known.append(layer)
        except BandError:
            unknown.append(_name(about) or f"layer {layer + 1}")
    return (known, unknown) if known else (list(layers), [])  # matching all of them says what is wrong


def _matched(
    facts: Header, sensor: Sensor, layers: Sequence[int], *, vendor_order: bool
) -> tuple[Sensor, tuple[Band, ...]]:
    """The bands of the layers, and the sensor with them where it is made of the file's own wavelengths.

    vendor_order: the sensor is sure, so its order may be used, or a band's name inside the file's name.
    """
    names = [_name(facts.layers[layer]) for layer in layers]
    waves = [_wavelength(facts.layers[layer])[0] for layer in layers]
    widths = [_wavelength(facts.layers[layer])[1] for layer in layers]
    if any(_is_mute(facts.layers[layer]) for layer in layers):
        names, waves, widths = [None] * len(layers), [None] * len(layers), [None] * len(layers)
        if len(layers) == 1 and vendor_order:
            names = [_word_in_file_name(facts, sensor)]
    bands = sensors.match(sensor, names, waves, widths_um=widths, vendor_order=vendor_order)
    if sensor.kind is Kind.HYPERSPECTRAL and all(wave is not None for wave in waves):
        sensor = sensors.with_wavelengths(sensor, [wave or 0.0 for wave in waves], widths)
    return sensor, bands


def _is_mute(layer: Layer) -> bool:
    return _name(layer) is None and _wavelength(layer)[0] is None


def _word_in_file_name(facts: Header, sensor: Sensor) -> str | None:
    """The one band that the file's name speaks of ("city_pan.tif"), for a single layer without a name."""
    words = set(re.findall(r"[a-z]{2,}|b\d{1,2}a?", facts.path.stem.casefold()))
    found = {band.name for band in sensor.bands if band.words & words}
    return found.pop() if len(found) == 1 else None


def _measured(facts: Header) -> list[int]:
    """The layers that are measurements: all but a tagged alpha layer without a name of its own."""
    return [index for index, layer in enumerate(facts.layers) if layer.colour != "alpha" or layer.description]


def _name(layer: Layer) -> str | None:
    return layer.description or (layer.colour if layer.colour in _COLOURS else None)


def _wavelength(layer: Layer) -> tuple[float | None, float | None]:
    """Centre and full width at half maximum in µm, from the tags of ENVI headers and GDAL's IMAGERY domain."""
    tags = {name.casefold(): value for name, value in layer.tags}
    try:
        if "central_wavelength_um" in tags:
            width = tags.get("fwhm_um")
            return float(tags["central_wavelength_um"]), None if width is None else float(width)
        if "wavelength" in tags and _ANY_LENGTH_UNIT.search(tags.get("wavelength_units", "")):
            unit = tags["wavelength_units"]
            width = tags.get("fwhm")
            centre_um = sensors.wavelength_um(float(tags["wavelength"]), unit)
            return centre_um, None if width is None else float(width) * centre_um / float(tags["wavelength"])
    except ValueError as error:  # UnitError is one
        if isinstance(error, GeoglotError):
            raise
    return None, None


def _without_scale(band: Band, sensor: Sensor) -> Band:
    """A guessed band as counts where its table would convert it; units that need no conversion stay."""
    if (band.scale, band.offset) == (1.0, 0.0) and band.unit is not Unit.REFLECTANCE:
        return band
    if (band.scale, band.offset) == (1.0, 0.0) and sensor.dtype is None:
        return band  # stored as fractions: nothing was converted
    return replace(sensors.rescaled(band, unit=Unit.DN, scale=1.0, offset=0.0), high=_DN_HIGH)


def _is_complex(facts: Header) -> bool:
    return any(layer.dtype.startswith("complex") for layer in facts.layers)


def _time(facts: Header, name: str, said: NameMatch | None) -> tuple[datetime | None, tuple[tuple[str, str], ...]]:
    """When it was taken: by product name, by an acquisition tag, else by a date in the file's name, said so."""
    if said is not None and said.time is not None:
        return said.time, ()
    for text in (facts.tag("ACQUISITIONDATETIME"), facts.tag("acquisition_datetime")):
        try:
            if text:
                taken = datetime.fromisoformat(text.replace("Z", "+00:00"))
                return taken if taken.tzinfo else taken.replace(tzinfo=UTC), ()
        except ValueError:
            continue
    days = set(_days(name))  # two are a span, not a time
    written = facts.tag("TIFFTAG_DATETIME")
    notes = (("file written", written),) if written else ()
    return (days.pop(), (*notes, ("time from", "the file name"))) if len(days) == 1 else (None, notes)


def _days(name: str) -> Iterator[datetime]:
    stem = name.rsplit(".", 1)[0]
    for year, _, month, day in _ISO_DAY.findall(stem):
        try:
            yield datetime(int(year), int(month), int(day), tzinfo=UTC)
        except ValueError:
            continue
    if _YEAR.fullmatch(stem):
        yield datetime(int(stem), 1, 1, tzinfo=UTC)


def _in_words(facts: Header) -> str:
    kinds = ", ".join(dict.fromkeys(layer.dtype for layer in facts.layers))
    names = [layer.description for layer in facts.layers if layer.description]
    told = f" called {', '.join(names[:6])}" if names else " without names"
    grid = facts.grid
    place = f"{grid.gsd_m:.3g} m a pixel" if grid.located else "without a place on Earth"
    layers = "1 layer" if len(facts.layers) == 1 else f"{len(facts.layers)} layers"
    return f"{layers} of {kinds}{told}, {grid.width} x {grid.height} px, {place}"
