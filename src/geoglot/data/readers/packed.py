"""Reading pictures out of folders, zips and tars, as the rows of a set's table name them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.data.readers.labelled import Labelled
from geoglot.data.readers.rows import Row, rows
from geoglot.errors import ReadError
from geoglot.regions import Box
from geoglot.scenes import gate
from geoglot.sensors import Unit


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


def archived(folder: Path, labels: Iterable[Row], key: str = "tar") -> Iterator[tuple[Row, Members]]:
    """Give each row with the open archive that it names under a key, archive by archive."""
    waiting: dict[str, list[Row]] = defaultdict(list)
    for row in labels:
        waiting[row.text(key)].append(row)
    for archive in sorted(waiting):
        with Members(folder / archive) as members:
            yield from ((row, members) for row in waiting[archive])


def arrays(members: Members, name: str, keys: Sequence[str]) -> list[NDArray[np.generic]]:
    """Give the arrays of an npz inside an archive, in the order of the keys."""
    with np.load(io.BytesIO(members[name]), allow_pickle=False) as held:
        if missing := set(keys) - set(held.files):
            raise ReadError("arrays are missing", value=f"{name}, which has {', '.join(held.files)}",
                            expected=f"{', '.join(sorted(missing))} too")  # fmt: skip
        return [held[key] for key in keys]


def boxes(row: Row, classes: Mapping[str, str]) -> tuple[Box, ...]:
    """Give a row's `objects`, [x, y, w, h] from the upper left, under the names that `classes` gives theirs."""
    found = []
    for mark in row.rows("objects"):
        x, y, w, h = mark.numbers("bbox", 4)
        found.append(Box(x, y, x + w, y + h, label=mark.one_of("cls", classes)))
    return tuple(found)


def masked(folder: Path, classes: tuple[str, str]) -> Iterator[Labelled]:
    """Give each picture with a cover of two classes, those outside and inside its mask. No GSD is told."""
    for row, image in photographs(folder, "index.jsonl"):
        with Members(folder / row.text("mask_tar")) as masks:
            mask = picture(masks[row.text("mask")], "L")[0]  # (H, W)
        yield replace(image, cover=(mask > 0).astype(np.uint8), cover_classes=classes)


def photographs(folder: Path, labels: str) -> Iterator[tuple[Row, Labelled]]:
    """Give each row of a set of colour pictures in tars, with its picture and nothing yet said about it."""
    for row, members in archived(folder, rows(folder / labels)):
        name = row.text("image")
        bands = ("red", "green", "blue")
        yield row, Labelled(name, row.text("split"), bands, picture(members[name]), Unit.DISPLAY)
