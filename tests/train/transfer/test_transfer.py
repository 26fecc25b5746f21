"""The transfer table: equal views for every arm, units that add up, thresholds that saw nothing of what they score."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from geoglot.data.readers import Labelled
from geoglot.regions import Box, OrientedBox
from geoglot.sensors import Unit as PixelUnit
from geoglot.train.batches import Part
from geoglot.train.recipes.transfer import curves, plan, real, score, table
from geoglot.train.recipes.transfer.fit import Course, fit
from geoglot.train.recipes.transfer.network import Plain
from geoglot.train.recipes.transfer.plan import BOTH, REAL, ROWS, SIMULATED, Row, Run
from geoglot.train.recipes.transfer.score import Unit
from geoglot.train.shard import Shard

ROW = Row("squares", ("squares",), "car", "aerial", (0.6, 0.7), 0.67, blocks=2)


def photograph(side_px: int = 90) -> Labelled:
    things = (Box(10, 10, 30, 20, label="tree"), Box(28, 40, 36, 60, label="tree"))
    pixels = np.arange(3 * side_px * side_px, dtype=np.uint16).reshape(3, side_px, side_px).astype(np.uint8)
    return Labelled("p", "train", ("red", "green", "blue"), pixels, PixelUnit.DISPLAY, objects=things)


def test_blocks_share_out_pixels_and_objects_once() -> None:
    cut = list(real.blocks(photograph(), 30))
    assert len(cut) == 9
    assert sum(block.pixels[0].size for block in cut) == 90 * 90
    assert sum(len(block.objects or ()) for block in cut) == 2


def test_an_object_across_a_cut_is_not_scored_on_the_far_side() -> None:
    near, far = (next(b for b in real.blocks(photograph(), 30) if b.id.endswith(end)) for end in ("#30,30", "#0,30"))
    assert [str(thing.label) for thing in near.objects or ()] == ["tree"]
    assert not far.objects
    assert [(box.x0, box.x1) for box in far.ignore] == [(28, 30)]


def test_larger_parts_hold_the_smaller_ones_and_seeds_differ(squares: Shard) -> None:
    parts = [set(real.part_of(squares, fraction, 1)) for fraction in (0.1, 0.3, 1.0)]
    assert parts[0] < parts[1] < parts[2] == set(squares.of("train"))
    assert len(parts[0]) == 1
    assert any(real.part_of(squares, 0.3, 1) != real.part_of(squares, 0.3, seed) for seed in range(2, 6))


def test_two_starts_on_the_same_views_give_what_each_gives_alone(squares: Shard) -> None:
    torch.set_num_threads(1)
    parts, course = [Part(squares, squares.of("train"), 1.0, (0.6, 0.7))], Course(2, 2, 32, seed=3)
    taught = Plain()
    before = {name: value.clone() for name, value in taught.state_dict().items()}
    together = fit(parts, course, [None, taught])
    alone = fit(parts, course, [None])[0]
    assert all(torch.equal(alone.state_dict()[name], value) for name, value in together[0].state_dict().items())
    assert all(torch.equal(before[name], value) for name, value in taught.state_dict().items())
    assert not together[0].training


def test_a_score_finds_every_truth_once_in_the_block_of_its_centre(squares: Shard) -> None:
    units = score.tested(Plain().eval(), ROW, [squares])
    assert len(units) == 2 * 4
    assert sum(unit.truths for unit in units) == 2
    assert all(len(unit.scores) == len(unit.hits) for unit in units)


def test_a_network_that_learned_squares_finds_them(squares: Shard) -> None:
    torch.set_num_threads(1)
    (net,) = fit([Part(squares, squares.of("train"), 1.0, (0.6, 0.7))], Course(60, 6, 64, seed=1), [None])
    seen = replace(squares, truth=tuple(replace(t, split="val") for t in squares.truth))
    assert score.best_threshold(score.tested(net, ROW, [seen])) > 0
    assert score.value(score.tested(net, ROW, [seen]), scene=False) > 0.5


def unit(score_: float, *, hit: bool) -> Unit:
    return Unit((score_,), (hit,), 1)


def test_a_unit_is_scored_with_the_threshold_of_the_others() -> None:
    units = [unit(0.9, hit=True), unit(0.4, hit=True), unit(0.8, hit=True), unit(0.2, hit=False)]
    # Odd units prefer 0.4, even ones 0.8: the first and third pass 0.4, the second does not pass 0.8.
    assert score.tallies(units, scene=False).tolist() == [[1, 1, 1], [0, 0, 1], [1, 1, 1], [0, 0, 1]]


def test_the_gain_of_equal_runs_is_nothing() -> None:
    units = [unit(0.9, hit=index % 3 > 0) for index in range(20)]
    assert score.gain([units], [units], scene=False) == (0.0, 0.0, 0.0)


def test_a_gain_in_every_unit_is_clear_of_zero() -> None:
    good, bad = ([unit(0.9, hit=hit)] * 12 for hit in (True, False))
    told = score.gain([good], [bad], scene=True)
    assert told == (1.0, 1.0, 1.0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=30))
def test_f1_lies_in_its_interval_and_between_0_and_1(said: list[tuple[float, bool]]) -> None:
    units = [unit(one, hit=hit) for one, hit in said]
    point, low, high = score.interval([units], scene=False)
    assert 0 <= low <= high <= 1
    assert point == pytest.approx(score.value(units, scene=False))


def test_the_plan_names_every_run_once_and_pairs_every_arm() -> None:
    runs = list(plan.runs())
    ids = [run.id for run in [*runs, *plan.trials()]]
    assert len(ids) == len(set(ids))
    alone = {(run.row.name, run.fraction, run.seed) for run in runs if run.arm == REAL}
    assert alone == {(run.row.name, run.fraction, run.seed) for run in runs if run.arm == BOTH}
    assert {run.row.name for run in runs if run.arm == SIMULATED} == {row.name for row in ROWS}


def test_arms_of_one_part_see_the_same_views() -> None:
    row = ROWS[0]
    assert Run(row, REAL, 0.1, 1).lot == Run(row, BOTH, 0.1, 1).lot == Run(row, BOTH, 0.1, 1, "shadows").lot
    assert Run(row, REAL, 0.1, 1).lot != Run(row, REAL, 0.1, 2).lot


def test_the_table_tells_only_what_was_run() -> None:
    row = ROWS[0]
    units = {
        Run(row, REAL, 0.1, 1).id: [unit(0.9, hit=index > 7) for index in range(10)],
        Run(row, BOTH, 0.1, 1).id: [unit(0.9, hit=True)] * 10,
    }
    told = table.markdown(units)
    assert f"| {row.name} | 0.1 | – |" in told
    assert ROWS[1].name not in told
    assert table.clear(units, 0.1) == [row.name]
    assert table.clear(units, 1.0) == []
    drawn = ElementTree.fromstring(curves.svg(units))
    assert len(drawn.findall(".//{*}circle")) == 2


def test_blocks_of_a_turned_box_go_by_its_centre() -> None:
    image = replace(photograph(), objects=(OrientedBox(45, 45, 20, 8, 30, label="tree"),))
    held = [block.id for block in real.blocks(image, 30) if block.objects]
    assert held == ["p#30,30"]
