"""`Seen`: what an eye told of a picture, with questions and truth; made once, so that a writer's step is cheap.

    python -m geoglot.train.text.shown --folder runs/shown --data DATA
    python -m geoglot.train.text.seen --shown runs/shown --folder runs/seen --eye runs/nano

Pictures come in the order of a hash of their names, so that a run may be cut short anywhere. A folder is a `Ledger`: a
run that stops goes on where it stopped, also where more pictures were shown since; another eye begins anew.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from geoglot.ledger import Json, Ledger
from geoglot.models.autoregressive.told import Box, Told
from geoglot.models.nano.eye import Eye
from geoglot.models.nano.look import look
from geoglot.models.nano.weights import SHIPPED, open_weights
from geoglot.train.text import real, shown
from geoglot.train.text.asking import QUESTIONS, UNWRITTEN, WORLD_SCENES, Asked, Marked, asked_of

__all__ = ["QUESTIONS", "UNWRITTEN", "WORLD_SCENES", "Asked", "Box", "Seen", "asked_of", "from_json", "make", "rows"]

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """One picture, or two of a pair. The fields but `told` are those of `Shown`."""

    id: str
    source: str
    told: Told
    truth: tuple[Marked, ...]
    asked: tuple[Asked, ...]

    @property
    def kind(self) -> str:
        """Which part of a recipe's mixture it belongs to: "scenes" and "pairs" are simulated, the rest is "real"."""
        if self.told.frames > 1:
            return "pairs"
        return "real" if self.source in {one.reader for one in real.SETS} else "scenes"


def make(shown_in: Path, folder: Path, *, eye: Path = SHIPPED, count: int | None = None) -> Ledger:
    """Look at the pictures of a folder of `train.text.shown`, at `count` of them or all.

    Raises InputError if there are none.
    """
    rows = shown.kept(shown_in)
    seeing = Eye(open_weights(eye))
    ledger = Ledger(folder, {"eye": seeing.weights.graph_sha256, "classes": list(seeing.weights.objects)})
    for name in sorted(rows, key=_place)[:count]:
        if name not in ledger:
            picture = shown.read(shown_in, name, rows[name])
            seen = Seen(name, picture.source, Told.of(look(picture.scene, seeing)), picture.truth, picture.asked)
            ledger.add(name, asdict(seen))
    return ledger


def _place(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def rows(ledger: Ledger) -> Iterator[Seen]:
    """Read what `make` wrote, in the order of the names."""
    for _, row in ledger.results():
        yield from_json(row)


def from_json(row: Json) -> Seen:
    """Give back what `asdict` made of a `Seen`; raises KeyError or TypeError for any other document."""
    fields: dict[str, Any] = dict(row)
    truth = tuple(Marked(one["label"], tuple(one["box"])) for one in fields["truth"])
    asked = tuple(Asked.from_json(one) for one in fields["asked"])
    return Seen(fields["id"], fields["source"], Told.from_json(fields["told"]), truth, asked)


def main() -> None:
    """Read the arguments and make a folder."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(prog="python -m geoglot.train.text.seen", description=__doc__)
    parser.add_argument("--shown", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--eye", type=Path, default=SHIPPED, help="a folder with nano.json; the shipped eye")
    parser.add_argument("--count", type=int, help="only so many pictures")
    chosen = parser.parse_args()
    LOG.info("%d pictures", len(make(chosen.shown, chosen.folder, eye=chosen.eye, count=chosen.count)))


if __name__ == "__main__":
    main()
