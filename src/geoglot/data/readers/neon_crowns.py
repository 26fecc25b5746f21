"""Dead and living tree crowns, cut out of NEON photographs of 0.1 m; split by site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from geoglot.data.readers.labelled import Card, Labelled
from geoglot.data.readers.packed import Members, picture
from geoglot.data.readers.rows import rows
from geoglot.data.splits import by_group
from geoglot.errors import ReadError
from geoglot.sensors import Unit

CARD = Card(
    name="neon_crowns",
    title="Dead or alive tree crowns of NEON sites",
    folder="real/neon_dead_alive_crowns",
    licence="MIT (repository); NEON data",
    verdict="redistributable with attribution",
    redistributable=True,
    source="github.com/weecology/DeepTreeAttention; NEON Airborne Observation Platform",
    attribution="Tree crowns: Weecology group, DeepTreeAttention, MIT; imagery: NEON",
    counts=(("train", 121), ("test", 59)),
)

SEED = 1
SHARES = {"train": 0.6, "test": 0.4}
_SITE = re.compile(r"(?:^|_)([A-Z]{4})_")


def read(folder: Path) -> Iterator[Labelled]:
    """Give all crops with their state as scene; the set's own split shares sites, so it is made anew by site."""
    labels = list(rows(folder / "labels.jsonl"))
    sites = {name: _site(name) for name in (row.text("image") for row in labels)}
    split_of = by_group(sites, SHARES, seed=SEED)
    with Members(folder / "crops.zip") as members:
        for row in labels:
            name = row.text("image")
            yield Labelled(
                id=name,
                split=split_of[name],
                bands=("red", "green", "blue"),
                pixels=picture(members[name]),
                unit=Unit.DISPLAY,
                gsd_m=0.1,
                scene=row.text("label"),
            )


def _site(name: str) -> str:
    found = _SITE.search(name.rpartition("/")[2])
    if found is None:
        raise ReadError("a crop without a site in its name", value=name, expected="SITE_… or YYYY_SITE_…")
    return found[1]
