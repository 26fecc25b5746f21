"""The world is one: windows agree, terrain is fractal, water runs downhill (rows W1, W2, W3, D1)."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.simulate import Epoch, Event, Frame, World, render, scene
from geoglot.simulate.emit import KEY, kit
from geoglot.simulate.loops import Array
from geoglot.simulate.noise import value_noise, value_noise_line
from geoglot.simulate.places import THEMES, place
from geoglot.simulate.scene import SCENE_LABELS
from geoglot.simulate.tables import material
from geoglot.simulate.terrain import relief_height
from geoglot.simulate.view_optical import OpticalView, Sun
from geoglot.simulate.water import ground, waters

SEED = 20
RASTERS = ("ground_m", "surface_m", "slope_x", "slope_y", "material", "tone", "mixed", "under", "cover")
PLACES = ("harbour", "forest", "medium residential", "airport", "river", "agricultural")


def spot(label: str, gsd_m: float) -> tuple[float, float]:
    x, y = place(World(SEED), THEMES[SCENE_LABELS.index(label)], 4)
    return round(x / gsd_m) * gsd_m, round(y / gsd_m) * gsd_m


@pytest.mark.parametrize("label", PLACES)
@pytest.mark.parametrize("gsd_m", [0.5, 2.0, 10.0])
def test_overlapping_windows_have_the_same_layers_to_the_byte(label: str, gsd_m: float) -> None:
    world = World(SEED)
    x, y = spot(label, gsd_m)
    one = world.window(x, y, 120 * gsd_m, 120 * gsd_m, gsd_m)
    two = world.window(x + 37 * gsd_m, y + 21 * gsd_m, 150 * gsd_m, 90 * gsd_m, gsd_m)
    for name in RASTERS:
        a = getattr(one, name)[21:111, 37:120]
        b = getattr(two, name)[:90, :83]
        assert a.tobytes() == b.tobytes(), name
    keys = [np.append(layers.objects[:, KEY], -1.0)[layers.thing] for layers in (one, two)]
    assert np.array_equal(keys[0][21:111, 37:120], keys[1][:90, :83])


@pytest.mark.parametrize("label", ["medium residential", "forest", "harbour"])
def test_overlapping_views_are_identical_where_noise_is_keyed_by_place(label: str) -> None:
    world = World(SEED)
    gsd_m = 0.5
    x, y = spot(label, gsd_m)
    view = OpticalView(gsd_m, Sun(140.0, 30.0), noise_seed=5)
    one = render(world, Frame(x, y, gsd_m, (96, 96)), view)[0].image
    two = render(world, Frame(x + 20 * gsd_m, y + 8 * gsd_m, gsd_m, (96, 96)), view)[0].image
    assert one[:, 8:, 20:].tobytes() == two[:, :88, :76].tobytes()


_DIGEST = """
import hashlib, sys
from geoglot.simulate import scene
sums = [hashlib.sha256(scene(20, k, sensor=s, size_px=64).image.tobytes()).hexdigest()
        for k in range(3) for s in ("optical", "sar", "thermal")]
print("".join(sums))
"""


def test_another_process_renders_the_same_bytes() -> None:
    other = subprocess.run([sys.executable, "-c", _DIGEST], capture_output=True, text=True, check=True, timeout=240)
    here = [
        hashlib.sha256(scene(20, k, sensor=s, size_px=64).image.tobytes()).hexdigest()
        for k in range(3)
        for s in ("optical", "sar", "thermal")
    ]
    assert other.stdout.strip() == "".join(here)


def test_the_same_arguments_give_the_same_truth_and_others_do_not() -> None:
    first, again, other = (scene(20, k, size_px=64).objects for k in (3, 3, 4))
    assert first == again
    assert first != other


def terrain_slope(seed: int) -> float:
    """Slope of the ring-integrated power spectrum of 256 x 256 heights, 30 m apart, in rugged terrain."""
    x0, y0 = place(World(seed), THEMES[SCENE_LABELS.index("mountain")], 0)
    size, step = 256, 30.0
    heights = np.array([[relief_height(seed, x0 + c * step, y0 + r * step) for c in range(size)] for r in range(size)])
    window = np.hanning(size)
    power = np.abs(np.fft.fftshift(np.fft.fft2((heights - heights.mean()) * window[:, None] * window))) ** 2
    axis = np.arange(size) - size // 2
    ring = np.hypot(axis[:, None], axis[None, :]).astype(int)
    total = np.bincount(ring.ravel(), power.ravel())
    at = np.arange(4, size // 3)
    return float(np.polyfit(np.log(at), np.log(total[at]), 1)[0])


def test_terrain_is_fractal() -> None:
    slopes = [terrain_slope(seed) for seed in (1, 2, 3)]
    assert all(-3.2 < slope < -1.8 for slope in slopes), slopes


def test_rivers_never_rise_along_their_course() -> None:
    rivers = 0
    for seed in range(4):
        near = waters(seed, 0.0, 0.0, 30000.0, 30000.0)
        rise = near.courses[:, 7] - near.courses[:, 6]
        assert (rise <= 1e-9).all()
        # Each piece starts where and as high as some piece or spring before it.
        joined = np.isclose(near.courses[1:, 0], near.courses[:-1, 2]) & np.isclose(
            near.courses[1:, 1], near.courses[:-1, 3]
        )
        assert np.allclose(near.courses[1:, 6][joined], near.courses[:-1, 7][joined])
        rivers += len(near.courses)
    assert rivers > 500


def flat_water(label: str, index: int) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    world = World(SEED)
    x, y = place(world, THEMES[SCENE_LABELS.index(label)], index)
    layers = world.window(x - 300.0, y - 300.0, 600.0, 600.0, 4.0)
    wet = np.isin(layers.under, [material("water"), material("turbid_water")]) & (layers.patch < 0)
    return wet, layers.ground_m


def test_lakes_are_level() -> None:
    checked = 0
    for index in range(4):
        wet, height = flat_water("lake", index)
        for part in _pieces(wet):
            inner = height[part]
            checked += 1
            # A river through a lake may cross it at its own level, hence the middle half.
            low, high = np.percentile(inner, [25, 75])
            assert high - low < 0.5
    assert checked


def _pieces(mask: NDArray[np.bool_]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Connected parts of at least 200 pixels, as index pairs."""
    left = mask.copy()
    found = []
    for r, c in np.argwhere(mask):
        if not left[r, c]:
            continue
        queue, part = deque([(int(r), int(c))]), []
        left[r, c] = False
        while queue:
            a, b = queue.popleft()
            part.append((a, b))
            for p, q in ((a + 1, b), (a - 1, b), (a, b + 1), (a, b - 1)):
                if 0 <= p < mask.shape[0] and 0 <= q < mask.shape[1] and left[p, q]:
                    left[p, q] = False
                    queue.append((p, q))
        if len(part) >= 200:
            rows, columns = np.array(part).T
            found.append((rows, columns))
    return found


def test_no_road_crosses_water_without_a_bridge() -> None:
    world = World(SEED)
    bridges, dry = 0, 0
    for index in range(6):
        x, y = place(world, THEMES[SCENE_LABELS.index("bridge")], index)
        site = world.site(x - 700.0, y - 700.0, 1400.0, 1400.0)
        lists = world.content(site)
        roads = lists.roads[: lists.used[2]]
        rows = lists.objects[: lists.used[0]]
        spans = rows[rows[:, 0] == kit().kind.bridge]
        bridges += len(spans)
        for ax, ay, bx, by in roads[roads[:, 6] >= 1][:, :4]:
            for t in np.linspace(0.0, 1.0, 40):
                px, py = ax + (bx - ax) * t, ay + (by - ay) * t
                inside = abs(px - x) < 700.0 and abs(py - y) < 700.0
                if inside and ground(world.seed, px, py, site.water)[1] > 1.5:
                    reach = 0.5 * spans[:, 5] + 4.0
                    assert (np.hypot(spans[:, 2] - px, spans[:, 3] - py) <= reach).any()
                    dry += 1
    assert bridges >= 4
    assert dry > 0


def test_a_window_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="empty"):
        World(1).window(0.0, 0.0, 0.0, 10.0, 1.0)
    with pytest.raises(InputError, match="too large"):
        World(1).window(0.0, 0.0, 1e6, 1e6, 1.0)
    with pytest.raises(InputError, match="seed"):
        World(-1)


def test_events_and_seasons_leave_the_ground_itself_alone() -> None:
    world = World(SEED)
    x, y = spot("forest", 1.0)
    plain = world.window(x, y, 100.0, 100.0, 1.0)
    winter = world.window(x, y, 100.0, 100.0, 1.0, epoch=Epoch(season=0.0))
    burnt = world.window(x, y, 100.0, 100.0, 1.0, epoch=Epoch(events=(Event("burnt", x + 50, y + 50, 30.0),)))
    assert np.array_equal(plain.ground_m, winter.ground_m)
    assert np.array_equal(plain.ground_m, burnt.ground_m)
    assert (burnt.under != plain.under).any()


def _noises(seed: int, xs: Array, ys: Array, line: Array, points: Array) -> None:
    value_noise_line(seed, 5, xs, ys, line)
    for k in range(points.shape[0]):
        points[k] = value_noise(seed, 5, xs[k], ys[k])


_NOISES = njit(_noises)  # not kept on disk: a change of the noise must come here


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**40), st.floats(-1e5, 1e5), st.floats(0.01, 3.0), st.floats(-1.0, 1.0))
def test_noise_along_a_line_is_noise_at_its_points(seed: int, start: float, step: float, slant: float) -> None:
    xs = start + step * np.arange(40)
    ys = start - slant * step * np.arange(40)
    line, points = np.empty(40), np.empty(40)
    _NOISES(seed, xs, ys, line, points)
    assert line.tolist() == points.tolist()
