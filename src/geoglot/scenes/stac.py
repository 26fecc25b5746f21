"""A local STAC item and the images beside it, as one frame."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from geoglot import sensors
from geoglot.errors import BandError, ReadError, Refused, SensorUnknown
from geoglot.regions import Grid
from geoglot.scenes import gate
from geoglot.scenes.frame import source_of
from geoglot.scenes.header import Header, header
from geoglot.scenes.products.bands import CLASS_LAYERS, common_grid, laid_on
from geoglot.scenes.products.times import utc
from geoglot.scenes.scene import Channel, Frame, HowTold
from geoglot.scenes.stac_item import Asset, BandText, Item, read_item
from geoglot.sensors import Band, Kind, Sensor, Unit, rescaled

_NOT_BANDS = frozenset({"thumbnail", "overview", "visual", "metadata"})
_IMAGE_SUFFIXES = (".tif", ".tiff", ".jp2")
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_USUAL_COUNTS = 10_000.0  # the usual span of integers, for pictures only
_UNITS = {
    "kelvin": Unit.KELVIN, "k": Unit.KELVIN, "celsius": Unit.CELSIUS, "°c": Unit.CELSIUS, "metre": Unit.METRE,
    "meter": Unit.METRE, "m": Unit.METRE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _File:
    """One asset opened: its header, its place, and what the item tells of each of its layers."""

    key: str
    facts: Header
    grid: Grid
    texts: tuple[BandText, ...]
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Layer:
    """One band of the frame: where it is stored."""

    band: Band
    file: _File
    index: int


def open_item(path: Path, sensor: Sensor | None = None, *, profile: gate.Profile = gate.LOCAL) -> tuple[Frame, ...]:
    """Give the frame of a STAC item whose images lie beside it; one frame, its bands laid on the finest grid.

    path: the item's JSON, admitted. Assets are read by relative path inside the item's own folder; remote ones are
    left out and told of. The sensor is the caller's, else told by id, collection, platform and level, else made of the
    wavelengths that the item lists. Scale, offset and no-data value of the item win over the sensor's, except that
    an offset which the item says was applied already is not applied again.
    Raises ReadError for what is no item or has no image here, Refused for an asset that leads out of the folder,
    SensorUnknown where neither sensor nor wavelengths are told.
    """
    item = read_item(path)
    files, remote = _files(path, item, profile)
    if not files:
        raise ReadError(
            "no image of the STAC item is here",
            value=f"{path.name}: {remote} remote of {len(item.assets)} assets",
            hint="download the assets beside the item and let their href be relative",
        )
    told = sensor or _sensor(item) or _described(item, files)
    layers = _finest(list(_layers(files, told, item)))
    if not layers:
        raise BandError(f"no asset of the item is a band of {told.name}", value=", ".join(file.key for file in files))
    grid = common_grid([(layer.band, layer.file.grid) for layer in layers])
    time = item.properties.datetime or item.properties.start_datetime
    left = f"{remote} assets of the item are not on this machine and were left out"
    return (
        Frame(
            paths=tuple(dict.fromkeys(layer.file.facts.path for layer in layers)),
            sensor=told,
            grid=grid,
            channels=tuple(_channel(layer, grid, profile) for layer in layers),
            full_size=(grid.width, grid.height),
            time=utc(time, what=path.name) if time else None,
            told_by=HowTold.USER if sensor else HowTold.METADATA,
            warnings=(left,) if remote else (),
            notes=_notes(item),
            max_pixels=profile.max_pixels,
        ),
    )


def _files(path: Path, item: Item, profile: gate.Profile) -> tuple[list[_File], int]:
    """The item's images on this machine, opened, and how many of them are elsewhere."""
    found, remote = [], 0
    for key, asset in item.assets.items():
        if not _may_be_band(asset):
            continue
        if _REMOTE.match(asset.href) or asset.href.startswith(("//", "\\\\")):
            remote += 1
            continue
        place = _inside(path, asset.href)
        if place is None:
            remote += 1
            continue
        facts = header(gate.admit(place, profile), profile)
        grid = _grid(facts, asset, item)
        found.append(_File(key, facts, grid, asset.texts(len(facts.layers)), asset.roles))
    return found, remote


def _may_be_band(asset: Asset) -> bool:
    image = "tiff" in asset.type or "jp2" in asset.type or asset.href.casefold().endswith(_IMAGE_SUFFIXES)
    return image and not _NOT_BANDS & set(asset.roles)


def _inside(path: Path, href: str) -> Path | None:
    """The file of an asset, None if there is none. Raises Refused if it leads out of the folder, also by a link."""
    folder = path.parent.resolve()
    try:
        place = (folder / href).resolve()
        if not Path(href).is_absolute() and place.is_relative_to(folder):
            return place if place.is_file() else None
    except (OSError, ValueError, RuntimeError):  # a NUL, a name too long, a loop of links
        pass
    raise Refused(
        "an asset of the STAC item leads out of its folder",
        value=href,
        expected="a relative path inside the folder of the item",
    )


def _grid(facts: Header, asset: Asset, item: Item) -> Grid:
    """The file's own place, else the item's."""
    crs, affine = item.properties.crs, asset.transform
    if facts.grid.located or crs is None or len(affine) not in (6, 9):
        return facts.grid
    a, b, c, d, e, f = affine[:6]
    return Grid(facts.grid.width, facts.grid.height, crs, (a, b, c, d, e, f))


def _sensor(item: Item) -> Sensor | None:
    """The sensor that id, collection, or platform and level name; with the offset of the item's baseline."""
    about = item.properties
    named = sensors.by_name(item.id)
    level = (about.level or about.correction or item.collection).casefold()
    short = next((part for part in ("l1c", "l2a", "l1", "l2") if re.search(rf"(?<![a-z0-9]){part}", level)), "")
    craft = re.search(r"landsat[-_ ]?(\d)", about.platform, re.IGNORECASE)
    family = f"landsat-{craft[1]}" if craft else about.constellation.casefold()
    known = set(sensors.names())
    likely = (item.collection.casefold(), item.collection.casefold().replace("-c1", ""), f"{family}-{short}")
    found = named.sensor if named else next((sensors.get(name) for name in likely if name in known), None)
    return sensors.at_baseline(found, about.baseline.replace(".", "")) if found and about.baseline else found


def _described(item: Item, files: list[_File]) -> Sensor:
    """A sensor made of the wavelengths that the item itself lists. Raises SensorUnknown if it lists none."""
    bands = [
        _described_band(text, name=text.name or text.common_name or f"{file.key}-{layer}", roles=file.roles)
        for file in files
        for layer, text in enumerate(file.texts, start=1)
        if text.centre_um is not None and 0.2 <= text.centre_um <= 20
    ]
    unique = tuple({band.name: band for band in bands}.values())
    if not unique:
        raise SensorUnknown(
            "the STAC item tells neither a known sensor nor wavelengths",
            value=f"{item.id}: {item.properties.platform or 'no platform'}",
            hint="name it with --sensor (see: geoglot sensors)",
        )
    display = tuple(band.name for colour in ("red", "green", "blue") for band in unique if band.common == colour)
    return Sensor(
        name="described-by-stac",
        title=f"{item.properties.platform or item.id}, as its STAC item describes it",
        family="stac",
        kind=Kind.OPTICAL,
        bands=unique,
        platform=item.properties.platform,
        display=display if len(display) == 3 else (unique[0].name,),
        source=f"STAC item {item.id}",
    )


def _described_band(text: BandText, *, name: str, roles: tuple[str, ...]) -> Band:
    """A band of the item's own words; without the role "reflectance" its values have no unit."""
    band = Band(name, text.common_name or None, centre_um=text.centre_um, width_um=text.width_um)
    if "reflectance" in roles:
        return rescaled(band, unit=Unit.REFLECTANCE, scale=1.0, offset=0.0)
    return replace(band, high=_USUAL_COUNTS)


def _layers(files: list[_File], sensor: Sensor, item: Item) -> Iterator[_Layer]:
    """Every layer that is a band of the sensor or a known layer of classes; others are no measurement."""
    for file in files:
        alone = len(file.facts.layers) == 1
        for index, text in enumerate(file.texts):
            words = [text.name, text.common_name, file.key if alone else f"{file.key}-{index + 1}"]
            band = next((band for word in words if word and (band := _band(sensor, word)) is not None), None)
            if band is not None:
                yield _Layer(_scaled(band, text, file, item), file, index)


def _band(sensor: Sensor, word: str) -> Band | None:
    if word.upper() in CLASS_LAYERS:
        return Band(word.upper(), unit=Unit.CLASS, nodata=CLASS_LAYERS[word.upper()], high=65535)
    try:
        return sensor.band(word)
    except BandError:
        return None


def _scaled(band: Band, text: BandText, file: _File, item: Item) -> Band:
    """The band by the item's scale, offset, unit and no-data value."""
    nodata = _number(text.nodata) if text.nodata is not None else band.nodata
    if band.unit is Unit.CLASS:
        return replace(band, nodata=nodata)
    unit = _UNITS.get(text.unit.casefold(), band.unit)
    scale = band.scale if text.scale is None else text.scale
    offset = band.offset if text.offset is None and text.scale is None else text.offset or 0.0
    if item.properties.offset_applied and band.unit is Unit.REFLECTANCE:
        offset = 0.0  # the counts were shifted already, though raster:bands still lists the offset
    if (unit, scale, offset) == (band.unit, band.scale, band.offset):
        return replace(band, nodata=nodata)
    return replace(rescaled(band, unit=unit, scale=scale, offset=offset), nodata=nodata)


def _number(nodata: float | str) -> float | None:
    """A no-data value; JSON writes "nan" and "inf" as text."""
    try:
        return float(nodata)
    except ValueError:
        return None


def _finest(layers: list[_Layer]) -> list[_Layer]:
    """One layer for each band: of several assets with the same band the finest, of equals the first."""
    best: dict[str, _Layer] = {}
    for layer in layers:
        other = best.get(layer.band.name)
        if other is None or layer.file.grid.width > other.file.grid.width:
            best[layer.band.name] = layer
    return list(best.values())


def _channel(layer: _Layer, grid: Grid, profile: gate.Profile) -> Channel:
    facts = layer.file.facts
    own = source_of(facts, profile)
    nodata = tuple(
        layer.band.nodata if index == layer.index and value is None else value for index, value in enumerate(own.nodata)
    )
    source = laid_on(grid, replace(own, nodata=nodata), layer.file.grid, what=layer.file.key)
    return Channel(layer.band, source, layer.index)


def _notes(item: Item) -> tuple[tuple[str, str], ...]:
    about = item.properties
    facts = {
        "item": item.id,
        "collection": item.collection,
        "platform": about.platform,
        "cloud cover": "" if about.cloud_cover is None else f"{about.cloud_cover:.1f} %",
        "processing baseline": about.baseline,
    }
    return tuple((name, fact) for name, fact in facts.items() if fact)
