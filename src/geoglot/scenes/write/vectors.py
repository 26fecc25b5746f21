"""GeoPackage: layers of shapely geometries with a table of attributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError, WorkError
from geoglot.scenes.write.atomic import disk_is_full, writing

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Cell = str | int | float | None

_FAMILIES = ("Point", "LineString", "Polygon")


@dataclass(frozen=True, slots=True)
class Column:
    """One attribute: its name, the type of its cells, and a cell for every row. None is NULL."""

    name: str
    kind: type[str] | type[int] | type[float]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """Rows of a place and its attributes. crs: WKT or authority string.

    Raises InputError where a column is not as long as the geometries.
    """

    name: str
    crs: str
    geometries: tuple[BaseGeometry, ...]
    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        for column in self.columns:
            if len(column.cells) != len(self.geometries):
                raise InputError(
                    "a column that does not fit its layer",
                    value=f"{column.name}: {len(column.cells)} cells",
                    expected=f"{len(self.geometries)} rows",
                )


def write_layers(path: str | Path, layers: Sequence[Layer]) -> Path:
    """Write a GeoPackage with these layers, in their order. Gives the path.

    A layer of one family of geometries is of its multi type, others of any. Raises as `writing` does.
    """
    from pyogrio.errors import DataLayerError, DataSourceError

    if not layers:
        raise InputError("a GeoPackage without a layer", value=str(path))
    with writing(path) as temporary:
        try:
            for index, layer in enumerate(layers):
                _write_layer(temporary, layer, append=index > 0)
        except (DataSourceError, DataLayerError) as error:
            why = "make room on the disk" if disk_is_full(temporary.parent) else str(error)
            raise WorkError("the GeoPackage cannot be written", value=str(path), hint=why) from error
    return Path(path)


def _write_layer(path: Path, layer: Layer, *, append: bool) -> None:
    from pyogrio.raw import write

    kind = _geometry_type(layer.geometries)
    write(
        str(path),
        geometry=_wkb(layer.geometries, multi=kind.startswith("Multi")),
        field_data=[_cells(column) for column in layer.columns],
        fields=[column.name for column in layer.columns],
        field_mask=[_missing(column) for column in layer.columns],
        layer=layer.name,
        driver="GPKG",
        geometry_type=kind,
        crs=_wkt(layer.crs),
        append=append,
    )


def _geometry_type(geometries: Sequence[BaseGeometry]) -> str:
    families = {geometry.geom_type.removeprefix("Multi") for geometry in geometries}
    only = next(iter(families)) if len(families) == 1 else ""
    return f"Multi{only}" if only in _FAMILIES[1:] else only or "Unknown"


def _wkb(geometries: Sequence[BaseGeometry], *, multi: bool) -> NDArray[np.object_]:
    """Geometries as bytes, (N,)."""
    import shapely

    out = np.empty(len(geometries), object)
    for index, geometry in enumerate(geometries):
        if multi and not geometry.geom_type.startswith("Multi"):
            make = shapely.MultiPolygon if geometry.geom_type == "Polygon" else shapely.MultiLineString
            geometry = make([geometry])
        out[index] = shapely.to_wkb(geometry)
    return out


def _cells(column: Column) -> NDArray[np.generic]:
    """A column as an array that the driver takes: NULL where a mask says so, any value there."""
    if column.kind is str:
        return np.array([cell if cell is None else str(cell) for cell in column.cells], object)
    filled = [0 if cell is None else cell for cell in column.cells]
    return np.array(filled, np.int64 if column.kind is int else np.float64)


def _missing(column: Column) -> NDArray[np.bool_] | None:
    if column.kind is str:
        return None
    return np.array([cell is None for cell in column.cells], bool)


def _wkt(crs: str) -> str:
    """A CRS in the form that pyogrio's own GDAL reads, whatever PROJ said it in."""
    from pyproj import CRS

    return CRS.from_user_input(crs).to_wkt()
