"""Simulated photos as files: JPEG with EXIF as cameras write it, and rasters and JSON of what each pixel shows."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.conversation import Json
from geoglot.regions import Grid
from geoglot.scenes.write import ClassRaster, write_classes
from geoglot.simulate.earth import grid_of, time_of
from geoglot.simulate.layouts.geotiff import Extras, write_geotiff
from geoglot.simulate.layouts.photo import Shot, write_photo
from geoglot.simulate.photo import NOTHING, SKY, SimulatedPhoto
from geoglot.simulate.products import display
from geoglot.simulate.record import COVER_COLOURS, objects_record, write_json, write_objects
from geoglot.simulate.tables import COVER_CLASSES

PHOTOS_READ_AS = {"oblique": "uav-rgb", "ground": "rgb"}
"""The sensor of geoglot's table that each kind of photo is read as."""

_MAKERS = {"oblique": ("DJI", "FC6310"), "ground": ("geoglot", "street camera")}
_FILM_DIAGONAL_MM = math.hypot(36.0, 24.0)
_CROP = 2.73  # of the one-inch sensor that layouts.photo writes


def chart_grid(photo: SimulatedPhoto) -> Grid:
    """The grid of the map window that holds everything seen, a metre a pixel."""
    chart = photo.chart
    return grid_of(chart.x_m, chart.y_m, chart.size_px, chart.gsd_m)


def photo_time(photo: SimulatedPhoto) -> datetime:
    """UTC of a photo."""
    return time_of(photo.season)


def write_photo_scene(folder: Path, photo: SimulatedPhoto) -> list[Path]:
    """Write a photo and its truth into `folder` and give the paths of its images.

    images/<sensor>_<day>.jpg; truth.json; objects.gpkg, outlines on the map; cover.tif, 0 in the sky; numbers.tif,
    uint16, the number of the object in truth.json or 0; place.tif, float64 easting, northing and height of what each
    pixel shows, NaN in the sky.
    """
    write_json(folder / "truth.json", {"frames": [photo_record(photo)]})
    write_objects(folder / "objects.gpkg", [(chart_grid(photo), [each.thing for each in photo.sightings])])
    write_cover_of(folder / "cover.tif", photo)
    write_geotiff(folder / "numbers.tif", numbers_of(photo))
    names = Extras(descriptions=("easting", "northing", "height"))
    write_geotiff(folder / "place.tif", on_earth(photo), nodata=math.nan, extras=names)
    return [_write_jpeg(folder / "images", photo)]


def _write_jpeg(folder: Path, photo: SimulatedPhoto) -> Path:
    camera = photo.view.camera
    ((lon, lat),) = chart_grid(photo).to_lonlat([_on_chart(photo)])
    make, model = _MAKERS[photo.sensor]
    shot = Shot(
        float(lon),
        float(lat),
        photo_time(photo).astimezone(UTC),
        altitude_m=camera.z_m,
        above_ground_m=photo.view.above_m,
        pitch_deg=camera.tilt_deg - 90.0,
        heading_deg=camera.heading_deg,
        focal_mm=camera.focal_px / math.hypot(*camera.size_px) * _FILM_DIAGONAL_MM / _CROP,
        make=make,
        model=model,
        xmp=photo.sensor == "oblique",
    )
    path = folder / f"{photo.sensor}_{photo_time(photo):%Y-%m-%d}.jpg"
    return write_photo(path, display(photo.image), shot=shot)


def write_cover_of(path: Path, photo: SimulatedPhoto) -> Path:
    """Write the land cover of each pixel: class k is the k-th of COVER_CLASSES, counted from 1; 0 is the sky."""
    height, width = photo.cover.shape
    classes = np.where(photo.cover == SKY, 0, photo.cover + 1).astype(np.uint8)
    grid = Grid(width, height)
    return write_classes(path, ClassRaster(grid, COVER_CLASSES, COVER_COLOURS, lambda first, last: classes[first:last]))


def numbers_of(photo: SimulatedPhoto) -> NDArray[np.uint16]:
    """(H, W) the place of each pixel's object among the sightings, counted from 1; 0 where none of them is seen."""
    keys = np.array([NOTHING, *(each.thing.id for each in photo.sightings)], np.int64)
    order = np.argsort(keys, kind="stable")
    at = np.minimum(np.searchsorted(keys[order], photo.ids), len(keys) - 1)
    found = order[at]
    return np.where(keys[found] == photo.ids, found, 0).astype(np.uint16)


def on_earth(photo: SimulatedPhoto) -> NDArray[np.float64]:
    """(3, H, W) easting and northing in the chart's CRS, and height above the sea, of what each pixel shows."""
    affine = chart_grid(photo).affine
    assert affine is not None
    x, y, z = photo.place_m
    return np.stack([affine[2] + (x - photo.chart.x_m), affine[5] - (y - photo.chart.y_m), z])


def photo_record(photo: SimulatedPhoto) -> dict[str, Json]:
    """Everything that is true of a photo. Boxes are in its pixels; what lies under "map" is in pixels of the chart."""
    view, camera, grid = photo.view, photo.view.camera, chart_grid(photo)
    told = photo.cover[photo.cover != SKY]
    shares = np.bincount(told, minlength=len(COVER_CLASSES)) / photo.cover.size
    ((lon, lat),) = grid.to_lonlat([_on_chart(photo)])
    ((east, north),) = grid.to_crs([_on_chart(photo)])
    return {
        "sensor": photo.sensor,
        "bands": list(photo.bands),
        "size": list(camera.size_px),
        "time": f"{photo_time(photo):%Y-%m-%dT%H:%M:%SZ}",
        "world_seed": photo.world_seed,
        "season": round(photo.season, 6),
        "sun_azimuth_deg": round(view.sun.azimuth_deg, 6),
        "sun_elevation_deg": round(view.sun.elevation_deg, 6),
        "visibility_m": round(view.visibility_m, 3),
        "range_m": round(view.range_m, 3),
        "scene": photo.scene_label,
        "camera": {
            "world_x_m": camera.x_m,
            "world_y_m": camera.y_m,
            "easting_m": round(float(east), 3),
            "northing_m": round(float(north), 3),
            "longitude_deg": round(float(lon), 8),
            "latitude_deg": round(float(lat), 8),
            "height_m": round(camera.z_m, 3),
            "above_ground_m": round(view.above_m, 3),
            "heading_deg": round(camera.heading_deg, 6),
            "tilt_deg": round(camera.tilt_deg, 6),
            "fov_deg": round(camera.fov_deg, 6),
            "focal_px": round(camera.focal_px, 6),
        },
        "map": {
            "crs": grid.crs,
            "world_x_m": photo.chart.x_m,
            "world_y_m": photo.chart.y_m,
            "gsd_m": photo.chart.gsd_m,
            "size": list(photo.chart.size_px),
        },
        "sky": round(photo.sky_share, 6),
        "cover": {name: round(float(share), 6) for name, share in zip(COVER_CLASSES, shares, strict=True)},
        "objects": _objects(photo),
    }


_ON_MAP = ("box", "oriented", "outline")


def _objects(photo: SimulatedPhoto) -> list[Json]:
    """The sightings: facts of the object as of every view, its box in the photo, and where it lies on the map."""
    found: list[Json] = []
    facts = objects_record([each.thing for each in photo.sightings])
    for number, (each, fact) in enumerate(zip(photo.sightings, facts, strict=True), start=1):
        assert isinstance(fact, dict)
        on_map: dict[str, Json] = {name: fact.pop(name) for name in _ON_MAP}
        seen: dict[str, Json] = {"box": list(each.box), "distance_m": round(each.distance_m, 3)}
        found.append({"number": number, **fact, **seen, "map": on_map})
    return found


def _on_chart(photo: SimulatedPhoto) -> tuple[float, float]:
    """The camera in pixels of the chart."""
    return photo.view.camera.x_m - photo.chart.x_m, photo.view.camera.y_m - photo.chart.y_m
