"""Reading pictures out of folders, zips and tars, and rows out of JSON Lines."""

from __future__ import annotations

import json
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from geoglot.data.readers.labelled import Labelled
from geoglot.errors import ReadError
from geoglot.regions import Box
from geoglot.scenes import gate
from geoglot.sensors import Unit

Row = dict[str, object]


def rows(path: Path) -> Iterator[Row]:
    """Give each line of a JSON Lines file. Raises ReadError naming the line that is none."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield cast(Row, json.loads(line))
            except json.JSONDecodeError as error:
                raise ReadError(
                    "a line is not JSON", value=f"{path.name}:{number}", expected="one object a line"
                ) from error


def picture(data: bytes | Path, mode: str = "RGB") -> NDArray[np.uint8]:
    """Decode a picture to (C, H, W) uint8; mode "RGB" gives C = 3, "L" gives C = 1."""
    with gate.picture_of_bytes(data) if isinstance(data, bytes) else gate.picture(data) as image:
        pixels = np.asarray(image.convert(mode))
    return pixels[None] if pixels.ndim == 2 else np.ascontiguousarray(pixels.transpose(2, 0, 1))  # (C, H, W)


class Members:
    """Files by name out of one zip or uncompressed tar, opened once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: Callable[[str], bytes]
        if path.suffix == ".zip":
            self._zip = zipfile.ZipFile(path)
            self._read = self._zip.read
        else:
            self._tar = tarfile.open(path)  # noqa: SIM115 - open for the life of the reader, closed in close()
            self._read = self._from_tar

    def __enter__(self) -> Members:
        return self

    def __exit__(self, *_: object) -> None:
        (self._zip if self._path.suffix == ".zip" else self._tar).close()

    def __getitem__(self, name: str) -> bytes:
        try:
            return self._read(name)
        except KeyError:
            raise ReadError("the archive lacks a member", value=f"{self._path.name}:{name}",
                            expected="every image that the annotations name") from None  # fmt: skip

    def _from_tar(self, name: str) -> bytes:
        stream = self._tar.extractfile(name)
        return stream.read() if stream else b""


def archived(folder: Path, labels: Iterable[Row]) -> Iterator[tuple[Row, Members]]:
    """Give each row with the open archive that its `tar` names, archive by archive."""
    waiting = list(labels)
    for archive in sorted({str(row["tar"]) for row in waiting}):
        with Members(folder / archive) as members:
            yield from ((row, members) for row in waiting if row["tar"] == archive)


def boxes(row: Row, classes: Mapping[str, str]) -> tuple[Box, ...]:
    """Give a row's `objects`, [x, y, w, h] from the upper left, under the names that `classes` gives theirs."""
    found = []
    for mark in cast(list[dict[str, object]], row["objects"]):
        x, y, w, h = (float(number) for number in cast(list[float], mark["bbox"]))
        found.append(Box(x, y, x + w, y + h, label=classes[str(mark["cls"])]))
    return tuple(found)


def masked(folder: Path) -> Iterator[tuple[Row, NDArray[np.uint8], NDArray[np.uint8]]]:
    """Give each row of index.jsonl with its picture (3, H, W) and its mask (H, W), 1 inside and 0 outside."""
    for row, members in archived(folder, rows(folder / "index.jsonl")):
        with Members(folder / str(row["mask_tar"])) as masks:
            mask = picture(masks[str(row["mask"])], "L")[0]
        yield row, picture(members[str(row["image"])]), (mask > 0).astype(np.uint8)


def photographs(folder: Path, labels: str) -> Iterator[tuple[Row, Labelled]]:
    """Give each row of a set of colour pictures in tars, with its picture and nothing yet said about it."""
    for row, members in archived(folder, rows(folder / labels)):
        name = str(row["image"])
        bands = ("red", "green", "blue")
        yield row, Labelled(name, str(row["split"]), bands, picture(members[name]), Unit.DISPLAY)
