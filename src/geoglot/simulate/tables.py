"""The TOML tables of materials and objects, checked and packed into arrays for the compiled loops."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError, UnknownName

COVER_CLASSES = (
    "water", "forest", "shrub", "grass", "crop", "bare", "rock", "snow", "wetland", "urban", "road",
)  # fmt: skip
SHAPES = ("rect", "ellipse", "ring", "stadium", "bars", "crown", "polygon", "frame", "boxes", "lanes", "rows", "wake")
PROFILES = ("flat", "gable", "hip", "dome", "cone", "round", "gable_v")
BODY, SECOND, MOWN = -1, -2, -3
_PAINTS = {"body": BODY, "second": SECOND, "mown": MOWN}
_PALETTE = 12


class Materials(NamedTuple):
    """One row a material; see materials.toml for units and sources."""

    spectrum: NDArray[np.float64]  # (M, 17) reflectance at WAVELENGTH_UM
    dry: NDArray[np.int64]  # (M,) index of the material it mixes with
    vv_db: NDArray[np.float64]
    vh_db: NDArray[np.float64]
    emissivity: NDArray[np.float64]
    day_k: NDArray[np.float64]
    night_k: NDArray[np.float64]
    rough: NDArray[np.float64]
    patch: NDArray[np.float64]
    cover: NDArray[np.uint8]


class Things(NamedTuple):
    """The object table as arrays: sizes, palettes, variants, parts and polygon points."""

    size: NDArray[np.float64]  # (K, 3, 4) length, width, height: mean, sd, least, greatest in metres
    palette: NDArray[np.int64]  # (K, 2, 12) material of each choice
    weight: NDArray[np.float64]  # (K, 2, 12) cumulative, last used entry 1
    variants: NDArray[np.int64]  # (K, 2) first variant, number of variants
    parts: NDArray[np.int64]  # (V, 2) first part, number of parts
    part: NDArray[np.float64]  # (P, 12) shape, u, v, du, dv, z0, z1, paint, profile, extra, first point, points
    point: NDArray[np.float64]  # (Q, 2)
    cover: NDArray[np.int64]  # (K,) cover class or -1
    scenery: NDArray[np.bool_]  # (K,)
    warm: NDArray[np.float64]  # (K, 2) kelvin above its surroundings when running; share running
    radar_db: NDArray[np.float64]  # (K,)


@dataclass(frozen=True, slots=True)
class Thing:
    """What people call one class, and where it stands; the numbers are in `Things`."""

    name: str
    synonyms: tuple[str, ...]
    stands_on: tuple[str, ...]
    grouping: str
    beside: tuple[str, ...]
    outline: str
    scenery: bool


def _table(name: str) -> dict[str, object]:
    return tomllib.loads(files("geoglot.simulate").joinpath(name).read_text(encoding="utf-8"))


@cache
def material_names() -> tuple[str, ...]:
    """Names of the materials in the order of their indices."""
    return tuple(_material_rows())


@cache
def material_colours() -> tuple[str, ...]:
    """The everyday colour word of each material, by index."""
    return tuple(str(row["colour"]) for row in _material_rows().values())


@cache
def wavelengths_um() -> NDArray[np.float64]:
    """Wavelengths in µm at which material spectra are tabulated."""
    return np.array(_table("materials.toml")["wavelength_um"], dtype=np.float64)


def material(name: str) -> int:
    """Index of a material by name. Raises UnknownName."""
    try:
        return material_names().index(name)
    except ValueError:
        raise UnknownName("material", name, material_names()) from None


def _material_rows() -> dict[str, dict[str, object]]:
    rows = _table("materials.toml")["material"]
    assert isinstance(rows, dict)
    return rows


@cache
def materials() -> Materials:
    """The material table. Raises InputError if a row is inconsistent."""
    rows = _material_rows()
    names = list(rows)
    points = len(wavelengths_um())
    for name, row in rows.items():
        if len(row["spectrum"]) != points:  # type: ignore[arg-type]
            raise InputError("a material spectrum has the wrong length", value=name, expected=f"{points} numbers")

    def column(key: str) -> NDArray[np.float64]:
        return np.array([row[key] for row in rows.values()], dtype=np.float64)

    return Materials(
        column("spectrum"),
        np.array([names.index(str(row["dry"])) for row in rows.values()], dtype=np.int64),
        column("vv_db"),
        column("vh_db"),
        column("emissivity"),
        column("day_k"),
        column("night_k"),
        column("rough"),
        column("patch"),
        np.array([COVER_CLASSES.index(str(row["cover"])) for row in rows.values()], dtype=np.uint8),
    )


def _class_rows() -> list[dict[str, object]]:
    rows = _table("objects.toml")["class"]
    assert isinstance(rows, list)
    return rows


@cache
def thing_classes() -> tuple[Thing, ...]:
    """All classes in table order, scenery last."""
    return tuple(
        Thing(
            str(row["name"]),
            _words(row.get("synonyms")),
            _words(row.get("stands_on")),
            str(row.get("grouping", "")),
            _words(row.get("with")),
            str(row["outline"]),
            bool(row.get("scenery", False)),
        )
        for row in _class_rows()
    )


def _words(value: object) -> tuple[str, ...]:
    return tuple(str(word) for word in value) if isinstance(value, list) else ()


@cache
def object_classes() -> tuple[str, ...]:
    """Names of the labelled object classes, in table order."""
    return tuple(thing.name for thing in thing_classes() if not thing.scenery)


def _palette(row: dict[str, float]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    chosen = np.zeros(_PALETTE, dtype=np.int64)
    weight = np.ones(_PALETTE, dtype=np.float64)
    share = np.cumsum(list(row.values())) / sum(row.values())
    chosen[: len(row)] = [material(name) for name in row]
    weight[: len(row) - 1] = share[:-1]
    return chosen, weight


@cache
def polygons() -> dict[str, NDArray[np.float64]]:
    """Named polygons of the object table, in fractions of length and width."""
    shapes = _table("objects.toml")["shape"]
    assert isinstance(shapes, dict)
    return {name: np.array(points, dtype=np.float64) for name, points in shapes.items()}


@cache
def things() -> Things:
    """The object table as arrays. Raises UnknownName for a material that is not in the material table."""
    rows = _class_rows()
    starts: dict[str, tuple[int, int]] = {}
    points: list[NDArray[np.float64]] = []
    for name, polygon in polygons().items():
        starts[name] = (sum(map(len, points)), len(polygon))
        points.append(polygon)
    size, palette, weight, variants = [], [], [], []
    parts: list[tuple[int, int]] = []
    part: list[list[float]] = []
    for row in rows:
        size.append([row["length_m"], row["width_m"], row["height_m"]])
        chosen = [_palette(row["body"]), _palette(row["second"])]  # type: ignore[arg-type]
        palette.append([c for c, _ in chosen])
        weight.append([w for _, w in chosen])
        entries = row["variant"]
        assert isinstance(entries, list)
        variants.append((len(parts), len(entries)))
        for entry in entries:
            parts.append((len(part), len(entry["parts"])))
            part.extend(_part(values, starts) for values in entry["parts"])
    return Things(
        np.array(size, dtype=np.float64),
        np.array(palette, dtype=np.int64),
        np.array(weight, dtype=np.float64),
        np.array(variants, dtype=np.int64),
        np.array(parts, dtype=np.int64),
        np.array(part, dtype=np.float64),
        np.concatenate(points),
        np.array([COVER_CLASSES.index(str(r["cover"])) if r["cover"] else -1 for r in rows], dtype=np.int64),
        np.array([bool(r.get("scenery", False)) for r in rows]),
        np.array([r.get("warm_k", [0.0, 0.0]) for r in rows], dtype=np.float64),
        np.array([r.get("radar_db", -10.0) for r in rows], dtype=np.float64),
    )


def _part(values: list[object], starts: dict[str, tuple[int, int]]) -> list[float]:
    shape, paint, profile = str(values[0]), str(values[7]), str(values[8])
    start, count = starts.get(shape, (0, 0))
    numbers = [float(str(value)) for value in (*values[1:7], values[9])]
    return [
        SHAPES.index("polygon" if shape in starts else shape),
        *numbers[:6],
        _PAINTS[paint] if paint in _PAINTS else material(paint),
        PROFILES.index(profile),
        numbers[6],
        start,
        count,
    ]
