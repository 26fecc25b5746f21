"""Building footprints on drone map tiles of Kampala (OpenAerialMap), zoom 19 to 21."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import picture
from geoglot.data.readers.rows import Row, document
from geoglot.regions import Box
from geoglot.sensors import Unit

CARD = Card(
    name="oam_kampala",
    title="Kampala buildings on OpenAerialMap tiles",
    folder="real/oam_kampala_buildings",
    licence="CC BY 4.0 (OpenAerialMap default); labels possibly ODbL",
    verdict="redistributable with attribution",
    redistributable=True,
    source="github.com/hotosm/fAIr-utilities, sample_2",
    attribution="OpenAerialMap, CC BY 4.0; footprints: OpenStreetMap contributors (ODbL)",
    counts=(("train", 41), ("val", 21)),
    labelled=frozenset({"building"}),
)

TILE_PX = 256
LEAST_PX = 4.0  # a footprint of which less than this is inside the tile is not drawn
VAL_EAST = 0.72  # easternmost share of the area, by longitude, kept for validation


def read(folder: Path) -> Iterator[Labelled]:
    """Give all tiles; footprints as upright boxes cut to the tile. Split by longitude."""
    places = [feature.row("geometry") for feature in document(folder / "labels.geojson").rows("features")]
    rings = [_outline(place) for place in places if place.text("type") == "Polygon"]
    tiles = {path: _place(path) for path in sorted((folder / "tiles").glob("OAM-*.jpg"))}
    centres = {path: (x + 0.5) / 2.0**z for path, (x, y, z) in tiles.items()}
    west, east = min(centres.values()), max(centres.values())
    for path, (x, y, z) in tiles.items():
        eastward = (centres[path] - west) / ((east - west) or 1.0)
        boxes = [box for ring in rings if (box := _box(ring, x, y, z)) is not None]
        yield Labelled(
            id=path.name,
            split="val" if eastward > VAL_EAST else "train",
            bands=("red", "green", "blue"),
            pixels=picture(path),
            unit=Unit.DISPLAY,
            gsd_m=0.075 * 2.0 ** (21 - z),
            objects=tuple(boxes),
        )


def _outline(polygon: Row) -> list[tuple[float, float]]:
    """The outer ring of a polygon, as longitude and latitude in degrees."""
    rings = polygon.several("coordinates")
    try:
        return [(float(lon), float(lat)) for lon, lat in cast(list[list[float]], rings[0])]
    except (IndexError, TypeError, ValueError) as error:
        raise polygon.wrong("coordinates", "rings of [longitude, latitude]") from error


def _place(path: Path) -> tuple[int, int, int]:
    x, y, z = path.stem.split("-")[1:4]
    return int(x), int(y), int(z)


def _box(ring: Sequence[Sequence[float]], x: int, y: int, z: int) -> Box | None:
    """The upright box of a lon/lat ring in the pixels of web-mercator tile x, y, z; None if outside."""
    across = [((lon + 180) / 360 * 2**z - x) * TILE_PX for lon, _ in ring]
    down = [((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z - y) * TILE_PX for _, lat in ring]
    box = Box(min(across), min(down), max(across), max(down), label="building").clipped(TILE_PX, TILE_PX)
    return box if box is not None and min(box.width, box.height) >= LEAST_PX else None
