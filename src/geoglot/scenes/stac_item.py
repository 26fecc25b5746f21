"""A STAC item as it is written: checked at the door, everything not needed here left alone.

Source: STAC 1.0 and 1.1 item specification; extensions eo, raster, projection, processing.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from geoglot.errors import ReadError

_LARGEST_BYTES = 8 << 20  # items of hundreds of assets have less than 1 MB
_LONGEST_WORD = 200


def _printable(text: str) -> str:
    return "".join(letter for letter in text[:_LONGEST_WORD] if letter.isprintable())


def _some_text(value: object) -> object:
    return "" if value is None else value


def _some_list(value: object) -> object:
    return () if value is None else value


Word = Annotated[str, BeforeValidator(_some_text), AfterValidator(_printable)]
"""A short text without control characters; null is no text."""

Words = Annotated[tuple[Word, ...], BeforeValidator(_some_list)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class BandText(_Part):
    """What an item tells of one layer, in eo:bands and raster:bands (1.0), in bands (1.1), or for a whole asset.

    physical = stored * scale + offset, in `unit`. Wavelengths in µm.
    """

    name: Word = ""
    common_name: Word = Field("", validation_alias=AliasChoices("eo:common_name", "common_name"))
    centre_um: float | None = Field(None, validation_alias=AliasChoices("eo:center_wavelength", "center_wavelength"))
    width_um: float | None = Field(None, validation_alias=AliasChoices("eo:full_width_half_max", "full_width_half_max"))
    scale: float | None = Field(None, validation_alias=AliasChoices("raster:scale", "scale"))
    offset: float | None = Field(None, validation_alias=AliasChoices("raster:offset", "offset"))
    nodata: float | str | None = None
    unit: Word = ""

    def over(self, other: BandText) -> BandText:
        """Give this text, with what the other tells where this one is silent."""
        told = {key: value for key, value in self if value not in (None, "")}
        return other.model_copy(update=told)


class Asset(_Part):
    """One file of an item."""

    href: str
    type: Word = ""
    roles: Words = ()
    eo_bands: tuple[BandText, ...] = Field((), alias="eo:bands")
    raster_bands: tuple[BandText, ...] = Field((), alias="raster:bands")
    new_bands: tuple[BandText, ...] = Field((), alias="bands")
    transform: tuple[float, ...] = Field((), alias="proj:transform")
    scale: float | None = Field(None, alias="raster:scale")
    offset: float | None = Field(None, alias="raster:offset")
    nodata: float | str | None = None
    unit: Word = ""

    def texts(self, count: int) -> tuple[BandText, ...]:
        """Give what is told of each of the file's `count` layers; a list of another length tells nothing."""
        whole = BandText.model_construct(scale=self.scale, offset=self.offset, nodata=self.nodata, unit=self.unit)
        found = [whole] * count
        for texts in (self.raster_bands, self.eo_bands, self.new_bands):
            if len(texts) == count:
                found = [text.over(so_far) for text, so_far in zip(texts, found, strict=True)]
        return tuple(found)


class Properties(_Part):
    """What concerns the whole item."""

    datetime: Word = ""
    start_datetime: Word = ""
    platform: Word = ""
    constellation: Word = ""
    instruments: Words = ()
    level: Word = Field("", alias="processing:level")
    correction: Word = Field("", alias="landsat:correction")
    baseline: Word = Field("", alias="s2:processing_baseline")
    offset_applied: bool = Field(False, alias="earthsearch:boa_offset_applied")
    cloud_cover: float | None = Field(None, alias="eo:cloud_cover")
    code: Word = Field("", alias="proj:code")
    epsg: int | None = Field(None, alias="proj:epsg")

    @property
    def crs(self) -> str | None:
        """The CRS as an authority string, None where the item does not tell."""
        return self.code or (f"EPSG:{self.epsg}" if self.epsg else None)


class Item(_Part):
    """A STAC item."""

    id: Word
    collection: Word = ""
    properties: Properties
    assets: dict[str, Asset]


def read_item(path: Path) -> Item:
    """Read a STAC item from an admitted file.

    Raises ReadError if it is no JSON, no STAC item, or has values of the wrong type.
    """
    if path.stat().st_size > _LARGEST_BYTES:
        raise ReadError("the JSON file is too large for a STAC item", value=path.name)
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ReadError("the file is no JSON", value=path.name, hint=str(error)[:160]) from error
    if not isinstance(document, dict) or "stac_version" not in document or document.get("type") != "Feature":
        raise ReadError(
            "the JSON file is no STAC item",
            value=path.name,
            expected="a STAC item beside its images",
            hint="of a collection or catalogue, give the items",
        )
    try:
        return Item.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        what = "the STAC item is not as the specification says"
        raise ReadError(what, value=f"{path.name}: {place}", hint=first["msg"]) from error
