"""The seam of foreign prediction files: how a layout is recognised and what reading it gives."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geoglot.errors import ReadError
from geoglot.evaluate.metrics.protocol import Prediction

if TYPE_CHECKING:
    from geoglot.conversation import Json

Record = Mapping[str, "Json"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a prediction file holds.

    layout: the name of the layout that was recognised. protocol: the one its system is scored with, used
    unless the caller names another; None if the file does not tell.
    """

    layout: str
    predictions: tuple[Prediction, ...]
    protocol: str | None


@dataclass(frozen=True, slots=True)
class Layout:
    """One way to store predictions. fits: tells from the structure alone; read: gives the predictions."""

    name: str
    summary: str
    fits: Callable[[Source], bool]
    read: Callable[[Source], Reading]


@dataclass(frozen=True, slots=True)
class Source:
    """A prediction file, opened once: its records, or the folder it is. truth: a second path the caller named.

    kind: "records" (JSON Lines or a JSON list of objects), "object" (one JSON object) or "folder".
    """

    path: Path
    kind: str
    records: tuple[Record, ...] = ()
    truth: Path | None = None

    @property
    def keys(self) -> frozenset[str]:
        """The keys that every record has."""
        return frozenset.intersection(*(frozenset(r) for r in self.records)) if self.records else frozenset()


def open_source(path: Path, truth: Path | None) -> Source:
    """Open a prediction file or folder. Raises ReadError if it is missing, empty, or no JSON."""
    if path.is_dir():
        return Source(path, "folder", truth=truth)
    document = read_json(path)
    if isinstance(document, Mapping):
        return Source(path, "object", (document,), truth)
    if not isinstance(document, Sequence) or isinstance(document, str) or not document:
        raise ReadError("no predictions in this file", value=str(path), expected="JSON Lines, or a JSON list")
    rows = tuple(row for row in document if isinstance(row, Mapping))
    if len(rows) < len(document):
        raise ReadError("not every prediction is a JSON object", value=str(path), expected="one object a sample")
    return Source(path, "records", rows, truth)


def read_json(path: Path) -> Json:
    """Read a JSON or JSON Lines file, plain or gzipped. Raises ReadError naming file and line."""
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ReadError(f"cannot read {path}", hint=str(error)) from error
    try:
        return _lines(path, text) if ".jsonl" in path.name else _document(path, text)
    except RecursionError as error:
        raise ReadError("JSON nested too deeply", value=str(path)) from error


def _document(path: Path, text: str) -> Json:
    try:
        document: Json = json.loads(text)
    except json.JSONDecodeError:
        return _lines(path, text)  # many tools write JSON Lines under the name .json
    return document


def _lines(path: Path, text: str) -> Json:
    rows: list[Json] = []
    for number, line in enumerate(text.split("\n"), start=1):  # not splitlines: U+2028 may stand in a string
        if not line.strip():
            continue
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError as error:
            raise ReadError(f"line {number} of {path} is no JSON", value=line, hint=error.msg) from error
    return rows
