"""What is trained on what: the rows of the table, how much of the real training part, and the order of the runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from geoglot.train.recipes.transfer.lacking import PROPERTIES

FRACTIONS = (0.1, 0.3, 1.0)
SEEDS = {0.1: (1, 2), 0.3: (1,), 1.0: (1,)}
"""Small parts depend on which images they are: two draws of the smallest, scored together."""

REAL, SIMULATED, BOTH, MIXED = "real", "simulated", "both", "mixed"
LONGER, BOTH_LONGER = "longer", "both longer"
THRESHOLD, EVERYWHERE = "threshold", "everywhere"


@dataclass(frozen=True, slots=True)
class Row:
    """One question to real images.

    shards: the real sets. label: the object class that is scored, "" for the class of the scene. look: the
    simulated scenes that match it (`scenes.LOOKS`). scale: least and largest magnification of real views in training;
    seen: magnification at which whole images are scored. blocks: each image counts as blocks x blocks units of the
    bootstrap, for sets of few images. size_px: of a view. views: a step. steps: of a run, twice as many on all real
    images. bar: steps of the specialist that becomes a baseline of evaluation; 0 where the tests are trained on.
    dates: 2 where the question is what changed between two of them, pixel by pixel.
    """

    name: str
    shards: tuple[str, ...]
    label: str
    look: str
    scale: tuple[float, float]
    seen: float
    blocks: int = 1
    bar: int = 800
    size_px: int = 96
    views: int = 8
    steps: int = 400
    dates: int = 1


ROWS = (
    Row("cars in thermal", ("hit_uav", "hit_uav_thermal"), "car", "thermal", (0.4, 0.65), 0.5, bar=3000),
    Row("cars in photographs", ("aerial_cars",), "car", "near", (0.45, 0.8), 0.6, blocks=4),
    Row("buildings", ("oam_kampala",), "building", "aerial", (0.4, 0.65), 0.5),
    Row("trees", ("neon_trees-blocks",), "tree", "near", (0.4, 0.7), 0.52, blocks=4),
    Row("ships in radar", ("hrsid-halves",), "ship", "radar", (0.7, 1.3), 1.0, bar=0),
    Row("21 scenes", ("ucm_landuse",), "", "aerial", (0.375, 0.47), 0.375),
    Row("5 scenes at 10 m", ("eurosat_rgb5", "eurosat_rgb_5class"), "", "satellite", (1.0, 1.25), 1.0,
        size_px=64, views=16),
    Row("change at 30 m", ("landsat_change",), "changed", "years", (1.0, 1.0), 1.0, bar=0, size_px=32, steps=300,
        dates=2),
)  # fmt: skip


ABLATED_ROWS = ("cars in thermal", "ships in radar", "cars in photographs")


@dataclass(frozen=True, slots=True)
class Run:
    """One training run and its scores.

    arm: REAL, SIMULATED, BOTH (simulated scenes first, real images after), MIXED (simulated scenes first, then both in
    every batch), LONGER (real only, for as many steps as BOTH has in all) or BOTH_LONGER (as many after simulated
    scenes); THRESHOLD (of the difference of two dates) and EVERYWHERE (all has changed) learn nothing. fraction: of
    the real training part. without: a property that simulation lacks.
    """

    row: Row
    arm: str
    fraction: float
    seed: int
    without: str = ""

    @property
    def id(self) -> str:
        """Its name in the ledger."""
        lacking = f" without {self.without}" if self.without else ""
        return f"{self.row.name}/{self.arm}{lacking}/{self.fraction:g}/{self.seed}"

    @property
    def longer(self) -> bool:
        """Whether it trains for the steps of both stages on real images."""
        return self.arm in (LONGER, BOTH_LONGER)

    @property
    def steps(self) -> int:
        """Of training on real images."""
        return self.row.steps * (2 if self.fraction == 1.0 else 1)

    @property
    def lot(self) -> tuple[object, ...]:
        """Equal for runs that see the same real images in the same views, and so may be trained together."""
        alone = self.id if self.arm in (SIMULATED, MIXED) else ""
        return self.row.name, self.fraction, self.seed, self.longer, alone


def runs() -> Iterator[Run]:
    """Give all runs of the table, those that matter most first: the smallest parts, the whole, what lies between."""
    for row in ROWS:
        yield from (Run(row, arm, fraction, 1) for arm, fraction in ((SIMULATED, 0.0), (REAL, 0.1), (BOTH, 0.1)))
        if row.dates == 2:
            yield from (Run(row, arm, 0.0, 1) for arm in (THRESHOLD, EVERYWHERE))
    for fraction in (1.0, 0.3, 0.1):
        for seed, row in product(SEEDS[fraction], ROWS):
            if (fraction, seed) != (0.1, 1):
                yield from (Run(row, arm, fraction, seed) for arm in (REAL, BOTH))


def trials() -> Iterator[Run]:
    """Give the runs beside the table: both kinds mixed in every batch, and properties switched off."""
    yield from (Run(row, MIXED, 0.1, 1) for row in ROWS)
    yield from (Run(row, arm, 0.1, 1) for row in ROWS for arm in (LONGER, BOTH_LONGER))
    for row in ROWS:
        if row.name in ABLATED_ROWS:
            for without, arm in product(PROPERTIES[row.look], (SIMULATED, BOTH)):
                yield Run(row, arm, 0.1 if arm == BOTH else 0.0, 1, without)
