"""`NanoWeights`: the files of the shipped model, checked before anything in them is used."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import ModelError

SHIPPED = Path(__file__).parents[1] / "weights"
FORMAT = "geoglot-nano/1"
GRAPH = "eye.onnx"
CHANGE = "events.onnx"
PICKLED = (b"\x80", b"PK\x03\x04")  # a pickle, and the zip that torch.save writes around one

WATER_NUMBERS = 4  # of a line of water: one for each measure, and a bias

Line = tuple[float, float]
"""(a, b): probability = 1 / (1 + exp(-(a * logit + b)))."""

Table = tuple[tuple[float, ...], ...]
"""Rows of a square table."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How raw scores become probabilities, fitted on images that were not trained on.

    objects: by modality ("thermal"), and by modality and class ("thermal/car") where enough were seen to fit a line.
    scene: a temperature that logits are divided by; cover: one for each modality. tags, quality: one line for all.
    clouds: a weight for each dense feature and a bias, the logit of cloud in a cell; empty
    where these weights cannot tell where clouds are. shares: by modality a table with a row and a column for each
    cover, in their order: true shares of an image are about the expected ones times it. water: by modality the line
    of `water.measures`, four numbers.
    """

    objects: tuple[tuple[str, Line], ...] = ()
    scene: float = 1.0
    cover: tuple[tuple[str, float], ...] = ()
    tags: Line = (1.0, 0.0)
    quality: Line = (1.0, 0.0)
    clouds: tuple[float, ...] = ()
    shares: tuple[tuple[str, Table], ...] = ()
    water: tuple[tuple[str, tuple[float, ...]], ...] = ()

    def objects_of(self, modality: str, names: Sequence[str]) -> NDArray[np.float64]:
        """Give (n, 2) the line of each class: its own, else the modality's, else the identity."""
        lines = dict(self.objects)
        common = lines.get(modality, (1.0, 0.0))
        return np.array([lines.get(f"{modality}/{name}", common) for name in names], np.float64).reshape(-1, 2)

    def cover_of(self, modality: str) -> float:
        """Give the temperature of land cover in a modality."""
        return dict(self.cover).get(modality, 1.0)

    def shares_of(self, modality: str) -> NDArray[np.float64] | None:
        """Give the (covers, covers) table of a modality, None if none was fitted."""
        table = dict(self.shares).get(modality)
        return None if table is None else np.array(table, np.float64)

    def water_of(self, modality: str) -> tuple[float, ...]:
        """Give the line of water of a modality, empty if none was fitted."""
        return dict(self.water).get(modality, ())


@dataclass(frozen=True, slots=True)
class NanoWeights:
    """A verified model: where its graph lies, what its outputs mean.

    sha256: of nano.json, which holds the calibration and the hash of every graph; graph_sha256: of the eye's graph.
    lengths_m: shortest and longest side of each object class; a thing of another size is not believed where the
    GSD is known. taught: object classes by modality. change: the graph that compares two dates, None without one.
    trained_on: names of the data sets that were learned from, None in folders that do not say.
    """

    name: str
    sha256: str
    graph_sha256: str
    graph: Path
    stride: int
    objects: tuple[str, ...]
    cover: tuple[str, ...]
    scenes: tuple[str, ...]
    tags: tuple[str, ...]
    quality: tuple[str, ...]
    calibration: Calibration
    slots: tuple[str, ...]
    lengths_m: tuple[tuple[float, float], ...]
    taught: tuple[tuple[str, frozenset[str]], ...]
    change: Path | None = None
    trained_on: frozenset[str] | None = None

    def taught_in(self, modality: str) -> frozenset[str]:
        """Give the object classes that were in the training images of a modality; no other is ever reported."""
        return dict(self.taught).get(modality, frozenset())


def open_weights(folder: Path = SHIPPED) -> NanoWeights:
    """Read nano.json and check that eye.onnx is the file it names.

    Raises ModelError if either is missing, the hash differs, the format is unknown, or the graph is a pickle.
    """
    manifest = folder / "nano.json"
    if not manifest.is_file():
        raise ModelError("nano's weights are not there", value=str(folder), expected="a folder with nano.json",
                         hint="install geoglot again, or train: see docs/nano.md")  # fmt: skip
    try:
        written = manifest.read_bytes()
        said = json.loads(written)
        graph = folder / GRAPH
        digest = said["files"][GRAPH]
        calibration = _calibration(said["calibration"], covers=len(said["cover"]))
        if said["format"] != FORMAT:
            raise ModelError("nano's weights are of another format", value=said["format"], expected=FORMAT)
        _verify(graph, str(digest))
        comparing = folder / CHANGE if CHANGE in said["files"] else None
        if comparing is not None:
            _verify(comparing, str(said["files"][CHANGE]))
        return NanoWeights(
            name=str(said["name"]),
            sha256=hashlib.sha256(written).hexdigest(),
            graph_sha256=str(digest),
            graph=graph,
            stride=int(said["stride"]),
            objects=tuple(said["objects"]),
            cover=tuple(said["cover"]),
            scenes=tuple(said["scenes"]),
            tags=tuple(said["tags"]),
            quality=tuple(said["quality"]),
            calibration=calibration,
            slots=tuple(said["slots"]),
            lengths_m=tuple((float(low), float(high)) for low, high in said["lengths_m"]),
            taught=tuple((str(name), frozenset(names)) for name, names in said["taught"].items()),
            change=comparing,
            trained_on=frozenset(map(str, said["trained_on"])) if "trained_on" in said else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError("nano.json does not follow its format", value=f"{type(error).__name__}: {error}",
                         expected=f"format {FORMAT}, see docs/nano.md") from error  # fmt: skip


def _verify(graph: Path, digest: str) -> None:
    if not graph.is_file():
        raise ModelError("nano's graph is not there", value=str(graph), expected=f"{graph.name} beside nano.json")
    with graph.open("rb") as stream:
        if stream.read(4).startswith(PICKLED):
            raise ModelError("nano's graph is a pickle, which can run any code", value=str(graph),
                             expected="an ONNX graph", hint="export the model again: see docs/nano.md")  # fmt: skip
        stream.seek(0)
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != digest:
        raise ModelError("nano's graph has changed since its manifest was written", value=found,
                         expected=digest, hint="install geoglot again")  # fmt: skip


def _calibration(said: dict[str, object], *, covers: int) -> Calibration:
    objects, temperatures, shares, water = (_by_name(said, name) for name in ("objects", "cover", "shares", "water"))
    return Calibration(
        objects=tuple((str(name), _line(line)) for name, line in objects.items()),
        scene=_positive(said.get("scene", 1.0)),
        cover=tuple((str(name), _positive(number)) for name, number in temperatures.items()),
        tags=_line(said.get("tags", (1.0, 0.0))),
        quality=_line(said.get("quality", (1.0, 0.0))),
        clouds=_numbers(said.get("clouds", ())),
        shares=tuple((str(name), _square(table, covers)) for name, table in shares.items()),
        water=tuple((name, _wet(line)) for name, line in water.items()),
    )


def _by_name(said: dict[str, object], name: str) -> dict[str, object]:
    found = said.get(name, {})
    if not isinstance(found, dict):
        raise TypeError(f"calibration.{name} is no table")
    return found


def _wet(said: object) -> tuple[float, ...]:
    line = _numbers(said)
    if len(line) != WATER_NUMBERS or not all(map(math.isfinite, line)):
        raise ValueError(f"a line of calibration.water needs {WATER_NUMBERS} numbers")
    return line


def _numbers(said: object) -> tuple[float, ...]:
    if not isinstance(said, list | tuple):
        raise TypeError("a row of calibration.clouds, calibration.shares or calibration.water is no list of numbers")
    return tuple(float(number) for number in said)


def _square(said: object, side: int) -> Table:
    if not isinstance(said, list) or len(said) != side:
        raise ValueError(f"calibration.shares needs {side} rows, one for each cover")
    rows = tuple(_numbers(row) for row in said)
    if any(len(row) != side or not all(map(math.isfinite, row)) for row in rows):
        raise ValueError(f"a row of calibration.shares needs {side} numbers, one for each cover")
    return rows


def _line(said: object) -> Line:
    if not isinstance(said, list | tuple) or len(said) != 2:
        raise ValueError("a calibration line needs two numbers")
    return float(said[0]), float(said[1])


def _positive(said: object) -> float:
    number = float(str(said))
    if not number > 0:
        raise ValueError("a temperature must be above 0")
    return number
