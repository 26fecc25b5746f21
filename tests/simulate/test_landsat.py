"""Landsat pairs some years apart: towns grow, fields change hands, and only what happened is change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from geoglot.simulate import Epoch, Event, Frame, Layers, World, landsat
from geoglot.simulate.change import resown
from geoglot.simulate.emit import P_CROP, P_MATERIAL, kit
from geoglot.simulate.epoch import roads_at
from geoglot.simulate.places import THEMES, place
from geoglot.simulate.scene import SCENE_LABELS

SIZE_M, STEP_M = 600.0, 5.0


def window(label: str, *events: tuple[str, float], year: int = 0) -> Layers:
    """Six hundred metres around a place, with events in its middle: kind and radius."""
    world = World(9000)
    x, y = (round(side / STEP_M) * STEP_M for side in place(world, THEMES[SCENE_LABELS.index(label)], 3))
    epoch = Epoch(events=tuple(Event(kind, x, y, radius) for kind, radius in events), year=year)
    return world.window(x - SIZE_M / 2, y - SIZE_M / 2, SIZE_M, SIZE_M, STEP_M, epoch=epoch)


def away_m(layers: Layers) -> NDArray[np.float64]:
    """(H, W) distance of each pixel from the middle."""
    rows, columns = np.indices(layers.shape)
    middle = SIZE_M / STEP_M / 2
    away: NDArray[np.float64] = np.hypot(columns + 0.5 - middle, rows + 0.5 - middle) * STEP_M
    return away


def test_rural_land_has_fields_where_the_town_will_be() -> None:
    town, fields = window("dense residential"), window("dense residential", ("rural", 200.0))
    within = away_m(town) < 120.0
    assert (town.thing[within] >= 0).any()
    assert (fields.thing[within] < 0).all()
    assert (fields.cover != town.cover)[within].mean() > 0.5
    assert np.array_equal(fields.ground_m, town.ground_m)


def test_streets_within_rural_land_are_not_yet_laid_and_those_through_it_are() -> None:
    street = np.zeros((2, 12))
    street[0, :4], street[1, :4] = (-20.0, 0.0, 20.0, 0.0), (-20.0, 0.0, 900.0, 0.0)
    assert len(roads_at(street, Epoch(events=(Event("rural", 0.0, 0.0, 50.0),)))) == 1
    assert len(roads_at(street, Epoch(events=(Event("flooded", 0.0, 0.0, 50.0),)))) == 2


@pytest.mark.parametrize(("kind", "ground"), [("ponds", "turbid_water"), ("stripped", "soil_pale")])
def test_fields_turn_to_ponds_and_to_bare_soil(kind: str, ground: str) -> None:
    before, after = window("agricultural"), window("agricultural", (kind, 150.0))
    material = getattr(kit().paint, ground)
    changed = before.under != after.under
    assert changed.any()
    assert (after.under[changed] == material).all()
    assert (before.patches[before.patch[changed], P_CROP] > 0.0).all()


def test_another_year_sows_other_crops_and_leaves_all_else() -> None:
    first, second = (window("agricultural", year=year) for year in (1, 2))
    field = (first.patch >= 0) & (first.patches[first.patch, P_CROP] > 0.0)
    other = first.under != second.under
    assert 0.2 < other[field].mean() < 0.8
    assert not other[~field].any()
    told = resown(first, second, Frame(first.x_m, first.y_m, STEP_M, first.shape))
    assert not (other & ~told).any()
    assert not told[~field].any()
    assert not told[field].all()
    assert np.array_equal(window("agricultural").under, window("agricultural", year=0).under)
    crops = {kit().paint.crop, kit().paint.crop_blue, kit().paint.crop_ripe, kit().paint.rapeseed}
    assert crops & set(first.patches[np.unique(first.patch[field]), P_MATERIAL].astype(int).tolist())


def test_a_pair_is_a_function_of_seed_and_index() -> None:
    one, two = (landsat.years_apart(9000, 4, size_px=32) for _ in range(2))
    assert one.before.image.tobytes() == two.before.image.tobytes()
    assert one.after.image.tobytes() == two.after.image.tobytes()
    assert one.changed.tobytes() == two.changed.tobytes()
    assert one.before.image.shape == (6, 32, 32)
    assert one.before.bands == ("blue", "green", "red", "nir", "swir16", "swir22")
    assert one.before.cover.shape == one.changed.shape == (32, 32)
    assert one.before.gsd_m == 30.0
    assert 0.0 <= one.changed.min() <= one.changed.max() <= 1.0
    assert one.changed.any()
    assert (one.shown[one.changed == 0.0] > 0.02).mean() < 0.03  # only what lies beside a change is shaded or blurred
    assert one.shown[one.changed == 1.0].mean() > 0.03


def test_crops_season_and_light_alone_are_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = landsat._epochs
    monkeypatch.setattr(landsat, "_epochs", lambda *by: tuple(replace(one, events=()) for one in drawn(*by)))
    calm = landsat.years_apart(9000, 4, size_px=32)
    assert not calm.changed.any()
    assert not calm.shown.any()
    assert np.abs(calm.before.image - calm.after.image).mean() > 0.005


def test_the_unevenness_of_a_year_has_the_variance_that_is_told() -> None:
    rng = np.random.default_rng(0)
    assert landsat._mottled(6, (64, 64), 1, rng).std() == pytest.approx(1.0, abs=0.05)
    slow = landsat._mottled(1, (64, 64), 8, rng)
    assert np.abs(np.diff(slow)).max() < 0.6
