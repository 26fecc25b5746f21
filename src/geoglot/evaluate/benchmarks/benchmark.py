"""`Benchmark`: samples in a fixed order, the protocol that scores them, and where they come from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from geoglot.conversation import Sample
from geoglot.data.readers import Card
from geoglot.errors import ReadError

TEST, TRAIN = "test", "train"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A test that any model can sit.

    name: "ucm-classify". protocol: the id that scores it; headline: the key of the score that stands for all.
    cards: the data sets it tests on; lessons: those that only give training samples. size: (samples, images) of the
    test part of the published copy. read: gives the samples below a data root, of both splits, in any order. version:
    raised when a sample, a truth or a word of a question changes. note: what a reader of the numbers has to know.
    """

    name: str
    title: str
    protocol: str
    headline: str
    cards: tuple[Card, ...]
    size: tuple[int, int]
    read: Callable[[Path], Iterator[Sample]]
    version: int = 1
    note: str = ""
    lessons: tuple[Card, ...] = ()

    @property
    def licence(self) -> str:
        """The licences of all its sets."""
        return "; ".join(dict.fromkeys(card.licence for card in (*self.cards, *self.lessons)))

    def samples(self, data: Path) -> tuple[Sample, ...]:
        """Give the test samples in the order of the hashes of their ids, so that any first N are a fair draw.

        data: the root below which the sets lie. Raises ReadError if they do not.
        """
        found = [sample for sample in self._read(data) if sample.split == TEST]
        return tuple(sorted(found, key=lambda sample: self._place(sample.id)))

    def training(self, data: Path) -> Iterator[Sample]:
        """Give the training samples one by one; none for sets that are for testing only. Raises ReadError."""
        return (sample for sample in self._read(data) if sample.split == TRAIN)

    def _read(self, data: Path) -> Iterator[Sample]:
        for card in (*self.cards, *self.lessons):
            if not (data / card.folder).is_dir():
                raise ReadError(
                    f"the images of {self.name} are not there",
                    value=str(data / card.folder),
                    expected=f"a folder with {card.title}",
                    hint="name their root with --data DIR",
                )
        try:
            yield from self.read(data)
        except FileNotFoundError as error:
            raise ReadError(f"a file of {self.name} is missing", value=str(error.filename)) from error

    def _place(self, id: str) -> bytes:
        return hashlib.sha256(f"{self.name}@{self.version}/{id}".encode()).digest()
