"""Trials are long jobs: what is done is kept, seeds are whole, and their numbers are what a plain count gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch")

from geoglot.regions import codecs
from tests.bench.trials.intervals import mean
from tests.bench.trials.judging import parses
from tests.bench.trials.ledgers import Sums, Unit, cost, found, run, units
from tests.bench.trials.precision import average_precision, precision_difference
from tests.bench.trials.verdicts import Check, _mark, rows

RNG = np.random.default_rng(0)


@dataclass
class Toy:
    """Two variants, of which one is right one time more often; remembers what it was asked to learn."""

    learned: list[str] = field(default_factory=list)
    name: str = "toy"
    job: Mapping[str, object] = field(default_factory=lambda: {"size": 1})
    steps: int = 100

    def variants(self) -> Sequence[str]:
        return ("plain", "better")

    def learn(self, unit: Unit, *, steps: int | None = None) -> Sums:
        self.learned.append(unit.name)
        right = np.array([1.0, 2.0, 3.0]) + (unit.variant == "better")
        return {"accuracy": np.stack([right, np.full(3, 5.0)])}

    def table(self, found: Mapping[str, Mapping[str, NDArray[np.float64]]]) -> dict[str, str]:
        return {name: str(one["accuracy"].shape) for name, one in found.items()}


def test_a_run_that_is_cut_short_goes_on_with_the_next_training(tmp_path: Path) -> None:
    first, second = Toy(), Toy()
    run(first, tmp_path, seeds=1)
    ledger = run(second, tmp_path, seeds=2)
    assert first.learned == ["plain 0", "better 0"]
    assert second.learned == ["plain 1", "better 1"]
    assert second.table(found(second, ledger, 2)) == {"plain": "(2, 2, 3)", "better": "(2, 2, 3)"}
    assert Toy(job={"size": 2}).table(found(Toy(), run(Toy(job={"size": 2}), tmp_path, seeds=1), 1))


def test_only_seeds_that_every_variant_has_are_told(tmp_path: Path) -> None:
    toy = Toy()
    ledger = run(toy, tmp_path, seeds=2, until_s=0.0)
    assert found(toy, ledger, 2) == {}
    ledger.add(units(toy, 2)[0].name, {"cpu_s": 1.0, "sums": {"accuracy": [[1.0], [1.0]]}})
    assert found(toy, ledger, 2) == {}


def test_a_cost_is_told_without_training_to_the_end() -> None:
    toy = Toy()
    assert cost(toy, seeds=3) >= 0
    assert toy.learned == ["plain 0", "plain 0"]


def test_scenes_that_were_not_asked_do_not_spoil_an_interval() -> None:
    sums = np.zeros((1, 2, 4))
    sums[0, :, 0] = 1.0
    told = mean(sums)
    assert (told.value, told.low, told.high) == (100, 100, 100)


@pytest.mark.parametrize(
    ("text", "read"),
    [('ship {"hbox_2d": [<1>, <2>, <30>, <40>]}', True), ("none", True), ("ship <seg>a *3</seg>", False),
     ("seven of them, somewhere", False), ('{"hbox_2d": [<1>, <2>]}', False)],
)  # fmt: skip
def test_a_reply_counts_as_parsed_only_where_its_task_reads_it(text: str, read: bool) -> None:
    assert parses(text, "detect", codecs.get("geoglot-tokens"), (64, 64)) == read


def test_average_precision_by_hand() -> None:
    truth, logits = np.array([1, 0, 1, 0], np.float32), np.array([4.0, 3.0, 2.0, 1.0])
    assert average_precision(truth, logits) == pytest.approx(100 * (1 + 2 / 3) / 2)
    twice = average_precision(truth, logits, np.array([1.0, 0.0, 1.0, 1.0]))
    assert twice == pytest.approx(100)


def test_scenes_drawn_again_give_what_sorting_their_patches_anew_gives() -> None:
    truth = (RNG.random((80, 20)) < 0.3).astype(np.float32)
    one, other = RNG.normal(size=(2, 2, 1600))
    scene = np.repeat(np.arange(40), 2)
    told = precision_difference(truth, one, other, scene, resamples=50)
    drawn_rng = np.random.default_rng(0)
    again = []
    for _ in range(50):
        rows_ = np.concatenate([np.flatnonzero(scene == name) for name in drawn_rng.integers(0, 40, 40)])
        each = [
            np.mean([average_precision(truth[rows_].ravel(), a.reshape(80, 20)[rows_].ravel()) for a in side])
            for side in (one, other)
        ]
        again.append(each[0] - each[1])
    assert (told.low, told.high) == pytest.approx(tuple(np.quantile(again, (0.025, 0.975))), abs=0.3)
    plain = [np.mean([average_precision(truth.ravel(), a) for a in side]) for side in (one, other)]
    assert told.value == pytest.approx(plain[0] - plain[1])


def test_a_mark_is_met_only_where_the_interval_is_clear_of_nought() -> None:
    sums = {
        "words alone": {"ground, P@0.5": np.tile([[[3.0] * 40, [4.0] * 40]], (2, 1, 1))},
        "digits": {"ground, P@0.5": np.tile([[[2.0] * 40, [4.0] * 40]], (2, 1, 1))},
    }
    assert rows(sums) == {"EO-5: ground, P@0.5, words alone - digits": "+25.00 [+25.00, +25.00], met"}
    from tests.bench.trials.intervals import Interval

    assert _mark(Check("x", "m", "a", "b", 1.0), Interval(2.0, -0.1, 4.0)) == ", not met"
    assert _mark(Check("x", "m", "a", "b", 1.0, falls=True, apart=False), Interval(0.5, -0.1, 4.0)) == ", met"
    assert _mark(Check("x", "m", "a", "b"), Interval(2.0, 1.0, 4.0)) == ""
