"""Change is the difference of two worlds, and a season is none (row C1)."""

from __future__ import annotations

import numpy as np
import pytest

from geoglot.errors import UnknownName
from geoglot.simulate import Epoch, Event, Frame, SimulatedPair, World, pair, render, series
from geoglot.simulate.change import CHANGES, change_between, change_kinds
from geoglot.simulate.places import THEMES, place
from geoglot.simulate.render import layers_for
from geoglot.simulate.scene import SCENE_LABELS
from geoglot.simulate.truth import objects_in
from geoglot.simulate.view_optical import OpticalView

STRUCTURE = [CHANGES.index(name) for name in ("construction", "demolition")]


@pytest.mark.parametrize("kind", [kind for kind in change_kinds() if kind != "season"])
def test_each_kind_of_pair_shows_its_own_change(kind: str) -> None:
    found = pair(20, 1, kind=kind, size_px=128, gsd_m=0.8)
    names = {CHANGES[k] for k in np.unique(found.change)} - {"none"}
    expected = {"traffic": {"arrival", "departure"}}.get(kind, {kind})
    assert names & expected
    assert found.kind == kind


def test_a_season_is_not_change() -> None:
    for index in range(3):
        found = pair(20, index, kind="season", size_px=128, gsd_m=1.0)
        assert not found.change.any()
        assert found.before.season != found.after.season


def years_apart(found: SimulatedPair) -> float:
    """Between the seasons of the dates, at most half a year."""
    step = abs(found.after.season - found.before.season)
    return min(step, 1.0 - step)


def test_seasons_of_an_event_are_far_apart_only_where_any_may_come() -> None:
    near = [pair(20, index, kind="burn", size_px=32, gsd_m=2.0) for index in range(4)]
    far = [pair(20, index, kind="burn", size_px=32, gsd_m=2.0, any_seasons=True) for index in range(4)]
    assert max(map(years_apart, near)) <= 0.06 < 0.2 < max(map(years_apart, far))


def test_the_mask_is_the_difference_of_the_two_worlds() -> None:
    world = World(20)
    x, y = place(world, THEMES[SCENE_LABELS.index("dense residential")], 2)
    frame = Frame(round(x), round(y), 1.0, (128, 128))
    event = Event("vacant", frame.x_m + 64.0, frame.y_m + 64.0, 40.0)
    epochs = (Epoch(), Epoch(events=(event,)))
    first, second = (layers_for(world, frame, (OpticalView(1.0),), epoch)[0] for epoch in epochs)
    mask = change_between(first, second, epochs, frame)
    before, after = ({obj.id: obj for obj in objects_in(layers, frame)} for layers in (first, second))
    gone = [before[key] for key in before.keys() - after.keys() if before[key].label in ("house", "building")]
    assert gone
    for obj in gone:
        cx, cy = (int(value) for value in obj.oriented[:2])
        if 0 <= cx < 128 and 0 <= cy < 128 and obj.visible > 0.9:
            assert CHANGES[mask[cy, cx]] == "demolition"
    # Nothing beyond the disc and the lots at its rim changes.
    rows, columns = np.indices(mask.shape)
    far = np.hypot(columns + 0.5 - 64.0, rows + 0.5 - 64.0) > 40.0 + 60.0
    assert not mask[far].any()


def test_equal_epochs_have_no_change() -> None:
    world = World(20)
    frame = Frame(0.0, 0.0, 1.0, (64, 64))
    layers = layers_for(world, frame, (OpticalView(1.0),), Epoch())[0]
    assert not change_between(layers, layers, (Epoch(), Epoch()), frame).any()


def test_unchanged_objects_stay_where_they_are() -> None:
    found = pair(20, 3, kind="demolition", size_px=160, gsd_m=0.8)
    before = {obj.id: obj for obj in found.before.objects}
    same = [(before[obj.id], obj) for obj in found.after.objects if obj.id in before]
    assert len(same) > 5
    assert all(a.oriented == b.oriented for a, b in same)
    assert all(abs(value) <= 0.5 for value in found.shift_px)


def test_the_stated_misregistration_is_that_of_the_images() -> None:
    world = World(20)
    from geoglot.simulate import light

    frame = Frame(500.0, 500.0, 1.0, (96, 96))
    image = render(world, frame, OpticalView(1.0, shot=0.0, floor=0.0))[0].image
    moved = light.shifted(image, 0.4, -0.3)
    rows, columns = np.gradient(image[1])
    # First-order flow: moved - image = -(0.4 d/dx - 0.3 d/dy).
    design = np.stack([-columns[2:-2, 2:-2].ravel(), -rows[2:-2, 2:-2].ravel()], axis=1)
    shift = np.linalg.lstsq(design, (moved - image)[1][2:-2, 2:-2].ravel(), rcond=None)[0]
    assert shift == pytest.approx([0.4, -0.3], abs=0.15)


def test_a_series_keeps_its_place_and_turns_with_the_year() -> None:
    dates = series(20, 2, dates=4, size_px=64)
    assert len({(seen.x_m, seen.y_m) for seen in dates}) == 1
    assert [seen.season for seen in dates] == [0.0, 0.25, 0.5, 0.75]


def test_an_unknown_change_is_refused() -> None:
    with pytest.raises(UnknownName):
        pair(20, 0, kind="earthquake")
    with pytest.raises(UnknownName):
        Event("melted", 0.0, 0.0, 1.0)


@pytest.mark.parametrize("sensor", ["multispectral", "elevation", "lidar"])
def test_a_sensor_without_pairs_is_refused(sensor: str) -> None:
    with pytest.raises(UnknownName, match="sensor of pairs"):
        pair(20, 0, sensor=sensor, gsd_m=1.0)


def test_a_sensor_without_scenes_has_no_series() -> None:
    with pytest.raises(UnknownName, match="simulated sensor"):
        series(20, 0, sensor="lidar")
