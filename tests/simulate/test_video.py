"""Video: tracks fit the frames, the camera's way is known, time is right (row V1)."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from geoglot.simulate import Epoch, Frame, SimulatedVideo, World, render, video
from geoglot.simulate.view_optical import OpticalView


@pytest.fixture(scope="module")
def clip() -> SimulatedVideo:
    return video(20, 0, frames=5, rate_hz=5.0, size_px=160, gsd_m=0.4)


def test_the_rate_is_the_stated_one(clip: SimulatedVideo) -> None:
    assert np.allclose(np.diff(clip.times_s), 0.2)
    assert clip.frames.shape[0] == len(clip.objects) == len(clip.corners_m) == 5


def steps_px(clip: SimulatedVideo) -> list[tuple[float, float, float]]:
    """Per vehicle seen in consecutive frames: its movement and the turn of its movement from its heading."""
    found = []
    for a, b in zip(clip.objects[:-1], clip.objects[1:], strict=True):
        before = {obj.id: obj for obj in a}
        for obj in b:
            if obj.id in before and obj.label in ("car", "truck", "bus"):
                dx, dy = (np.array(obj.oriented[:2]) - np.array(before[obj.id].oriented[:2])).tolist()
                found.append((dx, dy, obj.oriented[4]))
    return found


def test_moving_vehicles_drive_ahead_and_parked_ones_stay(clip: SimulatedVideo) -> None:
    steps = steps_px(clip)
    moving = [(dx, dy, turn) for dx, dy, turn in steps if np.hypot(dx, dy) > 0.5]
    assert moving
    for dx, dy, turn in moving:
        ahead = dx * np.cos(np.radians(turn)) + dy * np.sin(np.radians(turn))
        assert ahead == pytest.approx(np.hypot(dx, dy), rel=0.02)
        assert np.hypot(dx, dy) * 0.4 / 0.2 < 40.0  # metres a second
    still = [np.hypot(dx, dy) for dx, dy, _ in steps if np.hypot(dx, dy) <= 0.5]
    assert max(still, default=0.0) < 0.01


def test_tracks_match_the_frames(clip: SimulatedVideo) -> None:
    """What changes between two frames lies on the tracks of what moves."""
    pixels = 0
    for k in range(len(clip.frames) - 1):
        grey = clip.frames[k : k + 2, :3].mean(axis=1)
        changed = np.abs(grey[1] - grey[0]) > 0.10
        near = np.zeros(changed.shape, bool)
        before, after = ({obj.id: obj for obj in clip.objects[date]} for date in (k, k + 1))
        for key in before.keys() | after.keys():
            states = [objects[key] for objects in (before, after) if key in objects]
            if len({obj.oriented for obj in states}) == len(states) and states[0].label in ("car", "truck", "bus"):
                for obj in states:
                    x0, y0, x1, y1 = obj.box
                    # A vehicle's shadow moves with it.
                    near[max(0, int(y0) - 10) : int(y1) + 11, max(0, int(x0) - 10) : int(x1) + 11] = True
        assert near.mean() < 0.3
        assert changed[near].sum() >= 0.97 * changed.sum()
        pixels += changed.sum()
    assert pixels > 100


def test_a_flying_camera_tells_its_way() -> None:
    clip = video(20, 1, frames=3, rate_hz=2.0, size_px=96, gsd_m=0.5, flying=True)
    moved = np.diff(clip.corners_m, axis=0)
    assert (np.hypot(moved[:, 0], moved[:, 1]) > 0.5).all()
    ids = [{obj.id: obj for obj in objects if obj.stand not in ("road", "water")} for objects in clip.objects[:2]]
    same = ids[0].keys() & ids[1].keys()
    assert same
    for key in same:
        shift = np.array(ids[0][key].oriented[:2]) - np.array(ids[1][key].oriented[:2])
        assert shift * 0.5 == pytest.approx(moved[0], abs=1e-6)


def test_what_moves_is_blurred_by_its_way_in_a_thirtieth_of_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    view = OpticalView(0.4, noise_seed=1)
    monkeypatch.setattr(importlib.import_module("geoglot.simulate.video"), "draw_view", lambda *_: view)
    clip = video(20, 0, frames=1, size_px=160, gsd_m=0.4)
    assert clip.exposure_s == pytest.approx(1.0 / 30.0)
    x, y = clip.corners_m[0].tolist()
    frame = Frame(x, y, 0.4, (160, 160))
    # The exposure in two halves, and the middle of each.
    early, late = (
        render(World(20), frame, view, epoch=Epoch(time_s=moment))[0].image for moment in (1.0 / 120.0, 3.0 / 120.0)
    )
    assert np.abs(late - early).max() > 0.05
    assert np.allclose(clip.frames[0], (early + late) / 2, atol=1e-6)
