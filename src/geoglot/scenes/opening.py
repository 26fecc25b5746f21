"""`read`: from a path, or several, to a `Scene`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from geoglot import sensors
from geoglot.errors import GeoglotError, InputError, ReadError
from geoglot.scenes import gate
from geoglot.scenes.frame import open_raster
from geoglot.scenes.join import join
from geoglot.scenes.scene import Frame, Scene, SceneKind
from geoglot.scenes.sniff import VIDEO, Format
from geoglot.sensors import Sensor

AnyPath = str | os.PathLike[str]

_RASTERS = frozenset({Format.TIFF, Format.JPEG2000, Format.NITF, Format.ENVI})
_PHOTOS = frozenset({Format.PNG, Format.JPEG, Format.WEBP, Format.BMP, Format.GIF, Format.AVIF})
_ARRAYS = frozenset({Format.NETCDF3, Format.HDF5})
_PLACE_SIDECARS = (".aux.xml", ".pgw", ".pngw", ".jgw", ".jpgw", ".jpegw", ".wld", ".webpw", ".wpw")
_MOST_IMAGES = 1000  # of a folder that is no product


def read(
    source: AnyPath | Sequence[AnyPath],
    *,
    sensor: str | Sensor | None = None,
    kind: SceneKind | str | None = None,
    profile: gate.Profile = gate.LOCAL,
) -> Scene:
    """Open images, a video or a product, and give their Scene. Pixels are read when they are asked for.

    source: a file, a product's folder, ZIP or metadata file, a folder of images, or several of them. Several
    images of the same ground become a pair or a series in order of time, bands in loose files one image, all
    else a set. sensor: the name of what took them, or a TOML table with one sensor; told from the files if None.
    kind: what the scene has to be. profile: what may be opened.
    Raises ReadError for what cannot be read, Refused for what the gate does not open, UnknownName for a sensor
    or kind that does not exist, SensorUnknown if the caller has to name the sensor, BandError and UnitError for
    layers and values that do not fit it, PlaceError for a demanded pair that shares no ground.
    """
    paths = [source] if isinstance(source, (str, os.PathLike)) else list(source)
    asked, wanted = _sensor(sensor, profile), _kind(kind)
    admitted = [gate.admit(path, profile) for path in paths]
    if len(admitted) == 1:
        scene = _open(admitted[0], asked, profile)
        return scene if wanted in (None, scene.kind) else join(tuple(scene.frames), kind=wanted)
    frames = _loose_bands(admitted, asked, profile)
    return join(frames or _open_all(admitted, asked, profile), kind=wanted)


def _sensor(sensor: str | Sensor | None, profile: gate.Profile) -> Sensor | None:
    if not isinstance(sensor, str):
        return sensor
    path, mark, name = sensor.partition("#")
    if not path.casefold().endswith(".toml"):
        return sensors.get(sensor)
    return sensors.find(f"{gate.admit(path, profile)}{mark}{name}")


def _kind(kind: SceneKind | str | None) -> SceneKind | None:
    try:
        return None if kind is None else SceneKind(kind)
    except ValueError as error:
        expected = ", ".join(SceneKind)
        raise InputError("there is no such kind of scene", value=kind, expected=f"one of {expected}") from error


def _open(path: Path, sensor: Sensor | None, profile: gate.Profile) -> Scene:
    """The scene of one admitted path."""
    from geoglot.scenes.products import is_metadata, open_folder

    if path.is_dir() or is_metadata(path):
        frames = open_folder(path, sensor, profile=profile)
        return join(frames) if frames else _folder_of_images(path, sensor, profile)
    found = gate.identify(path, profile)
    if found in VIDEO:
        from geoglot.scenes.video import open_video

        return open_video(path, sensor, profile=profile)
    return join(_frames(path, found, sensor, profile))


def _frames(path: Path, found: Format, sensor: Sensor | None, profile: gate.Profile) -> tuple[Frame, ...]:
    if found in _RASTERS or (found in _PHOTOS and _has_place_beside(path, profile)):
        return (open_raster(path, sensor=sensor, profile=profile),)
    if found in _PHOTOS:
        from geoglot.scenes.photo import open_photo

        return (open_photo(path, sensor, profile=profile),)
    if found is Format.ZIP:
        return _unpacked(path, sensor, profile)
    if found in _ARRAYS:
        from geoglot.scenes.netcdf import open_arrays

        return open_arrays(path, sensor=sensor, profile=profile)
    if found is Format.HGT:
        from geoglot.scenes.hgt import open_hgt

        return (open_hgt(path, sensor=sensor, profile=profile),)
    from geoglot.scenes.stac import open_item

    return open_item(path, sensor, profile=profile)


def _unpacked(path: Path, sensor: Sensor | None, profile: gate.Profile) -> tuple[Frame, ...]:
    """The frames in a ZIP: a product, a height tile, or a Zarr store."""
    from geoglot.scenes.hgt import hgt_member, open_hgt
    from geoglot.scenes.netcdf import open_arrays
    from geoglot.scenes.products import open_folder
    from geoglot.scenes.variables import is_zarr

    frames = open_folder(path, sensor, profile=profile)
    if frames:
        return frames
    if profile.sidecars and is_zarr(path):
        return open_arrays(path, sensor=sensor, profile=profile)
    member = hgt_member(path)
    if member:
        return (open_hgt(path, sensor=sensor, profile=profile, member=member),)
    raise ReadError(
        "the ZIP holds no product that is known",
        value=path.name,
        expected="a Sentinel or Landsat product, a Zarr store, or one SRTM height tile",
        hint="unpack it and give the images",
    )


def _folder_of_images(path: Path, sensor: Sensor | None, profile: gate.Profile) -> Scene:
    """All images of a folder that is no product, told from their first bytes; other files are left alone."""
    images = []
    for entry in sorted(path.iterdir()):
        if entry.is_file() and not entry.name.startswith("."):
            try:
                found = gate.identify(entry, profile)
            except ReadError:
                continue
            if found in _RASTERS | _PHOTOS:
                images.append(gate.admit(entry, profile))
    if not images:
        raise ReadError("the folder holds no image", value=str(path), expected="images or a known product")
    if len(images) > _MOST_IMAGES:
        raise InputError("the folder holds too many images for one scene", value=f"{len(images):,}",
                         expected=f"at most {_MOST_IMAGES:,}")  # fmt: skip
    return join(_open_all(images, sensor, profile))


def _open_all(paths: Sequence[Path], sensor: Sensor | None, profile: gate.Profile) -> tuple[Frame, ...]:
    """The frames of several paths, with the path in every complaint."""
    frames: list[Frame] = []
    for path in paths:
        try:
            scene = _open(path, sensor, profile)
        except GeoglotError as error:
            error.add_note(f"while reading {path}")
            raise
        if scene.kind is SceneKind.VIDEO:
            raise InputError("a video stands alone", value=path.name, expected="one video, or images")
        frames += scene.frames
    return tuple(frames)


def _loose_bands(paths: Sequence[Path], sensor: Sensor | None, profile: gate.Profile) -> tuple[Frame, ...] | None:
    """One frame where several files of one folder are bands of one image; None if each is an image of its own."""
    from geoglot.scenes.products.folder import Folder
    from geoglot.scenes.products.loose import open_loose

    folders = {path.parent for path in paths}
    if len(folders) != 1 or not all(path.is_file() for path in paths):
        return None
    together = Folder(folders.pop(), "", tuple(sorted(path.name for path in paths)), zipped=False)
    frames = open_loose(together, sensor, profile)
    held = sum(len(frame.channels) for frame in frames or ())
    return frames if frames and len(frames) < len(paths) == held else None


def _has_place_beside(path: Path, profile: gate.Profile) -> bool:
    """Whether a world file or GDAL's own metadata beside a picture tells its place."""
    names = (path.name + ".aux.xml", *(path.stem + ending for ending in _PLACE_SIDECARS))
    return profile.sidecars and any((path.parent / name).is_file() for name in names)
