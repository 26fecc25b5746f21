"""Measure how often each answer comes up, and write balance.json: `python -m geoglot.simulate.conversations.calibrate`.

Run it again after the worlds or the questions have changed. About five minutes of one core, and as long for photos.
The first argument scales the number of scenes; sources named after it are measured anew, all if none is.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from geoglot.simulate.cameras import PHOTO_SENSORS, photo
from geoglot.simulate.change import pair
from geoglot.simulate.conversations.balance import Table, tables, tally
from geoglot.simulate.conversations.facts import facts, photo_facts
from geoglot.simulate.conversations.several import about_pair, about_video, navigate
from geoglot.simulate.conversations.single import candidates
from geoglot.simulate.draws import draw_gsd_m, draw_view
from geoglot.simulate.epoch import NOW, Epoch
from geoglot.simulate.noise import generator
from geoglot.simulate.render import SimulatedScene, layers_for, with_truth
from geoglot.simulate.scene import SENSORS, choose_frame, choose_theme, world_of
from geoglot.simulate.video import video
from geoglot.simulate.view_elevation import ElevationView

_CALIBRATE = 98
_PHOTO_PX = 192  # smaller than photos are: they take four fifths of a second as it is


def measure(source: str, count: int, *, seed: int) -> Table:
    """Outcomes by kind and key over `count` scenes, photos, pairs or videos; worlds change every 50."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for index in range(count):
        rng = generator(seed, _CALIBRATE, index)
        world = seed + index // 50
        if source == "pair":
            tally(about_pair(pair(world, index, size_px=128), rng), counts)
        elif source == "video":
            tally(about_video(video(world, index, frames=3, size_px=160), rng), counts)
        elif source in PHOTO_SENSORS:
            taken = photo(world, index, sensor=source, size_px=_PHOTO_PX)
            tally(candidates(photo_facts(taken), rng), counts)
        else:
            read = facts(_blank(world, index, source, rng))
            tally(candidates(read, rng) + list(navigate(read, rng)), counts)
    return {key: dict(sorted(outcomes.items())) for key, outcomes in sorted(counts.items())}


def _blank(seed: int, index: int, sensor: str, rng: np.random.Generator) -> SimulatedScene:
    """A scene drawn as `scene` draws them, with its truth and no image: half of the work."""
    world, theme = world_of(seed), choose_theme(None, rng)
    gsd_m = 10.0 if sensor == "multispectral" else draw_gsd_m(sensor, rng)
    frame = choose_frame(world, theme, index, 256, gsd_m, rng)
    epoch = NOW if rng.random() < 0.5 else Epoch(season=float(rng.random()))
    layers, _ = layers_for(world, frame, (ElevationView(gsd_m),), epoch)
    view, image = draw_view(sensor, gsd_m, rng), np.empty((0, 256, 256), np.float32)
    return with_truth(world, frame, layers, image, view, label=theme.label, season=epoch.season)


def main() -> None:
    """Measure tables and write balance.json beside this file."""
    scale = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    plan = dict.fromkeys(SENSORS, 1000) | {"pair": 400, "video": 300} | dict.fromkeys(PHOTO_SENSORS, 600)
    measured, target = dict(tables()), Path(__file__).with_name("balance.json")
    for source in sys.argv[2:] or plan:
        count = int(plan[source] * scale)
        measured[source] = measure(source, count, seed=700_000)
        target.write_text(json.dumps(measured, indent=0, sort_keys=True) + "\n", encoding="utf-8")
        sys.stderr.write(f"{source}: {count} measured\n")


if __name__ == "__main__":
    main()
