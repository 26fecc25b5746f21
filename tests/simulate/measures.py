"""The measured values of docs/simulator.md: `python -m tests.simulate.measures [FOLDER OF REAL DATA]`.

Every number comes from the function that the test of its row uses.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from geoglot.simulate import aligned, scene

from . import backscatter, test_districts, test_likeness, test_optical, test_sar, test_thermal, test_world
from .conftest import MakeLayers, make_flat_layers


def rate(make: Callable[[int], object], count: int) -> str:
    """Calls a second of processor time, and of wall time in brackets, after one to warm up."""
    make(0)
    busy, wall = time.process_time(), time.perf_counter()
    for k in range(count):
        make(k + 1)
    return f"{count / (time.process_time() - busy):.1f} ({count / (time.perf_counter() - wall):.1f})"


def memory_mb() -> float:
    """Largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def world_rows() -> Iterator[tuple[str, str]]:
    """Rows W2, W4 to W7."""
    yield "W2 slope of terrain spectrum, three seeds", str([round(test_world.terrain_slope(s), 2) for s in (1, 2, 3)])
    areas = test_districts.parcel_areas_ha()
    yield "W4 parcels: median ha, sd of log area", f"{np.median(areas):.1f}, {np.log(areas).std():.2f} (n={len(areas)})"
    angles = test_districts.street_angles_deg()
    yield "W5 buildings within 5 degrees of their street", f"{(angles < 5).mean():.1%} (n={len(angles)})"
    yield "W6 cars on road, drive or car park", f"{test_districts.car_shares():.1%}"
    yield "W6 variance over mean of cars in 100 m squares", f"{test_districts.dispersion():.0f}"
    errors = test_districts.size_errors()
    worst = max(errors, key=lambda name: errors[name])
    yield "W7 worst mean size against the table", f"{errors[worst]:.1%} ({worst}; {len(errors)} classes)"


def view_rows(make: MakeLayers) -> Iterator[tuple[str, str]]:
    """Rows O1, O3, S1 to S4, T1."""
    ratios = test_optical.shade_ratios(make)
    yield "O1 shade over light, R G B", " ".join(f"{value:.2f}" for value in ratios[:3])
    for blur in (0.5, 1.0):
        yield f"O3 edge spread for a blur of {blur} px", f"{test_optical.edge_sigma_px(make, blur):.2f} px"
    slope, floor = test_optical.noise_fit(make)
    yield "O3 noise: shot, floor (set 1.0e-4, 2.0e-3)", f"{slope:.1e}, {np.sqrt(max(floor, 0.0)):.1e}"
    for looks in (1, 4):
        enl, p = test_sar.enl_and_fit(make, looks)
        yield f"S1 equivalent looks and p of gamma, {looks} looks", f"{enl:.2f}, {p:.2f}"
    for incidence in (30.0, 45.0):
        layover, shadow = test_sar.displacement_px(make, incidence, 15.0)
        slant = np.tan(np.radians(incidence))
        yield (
            f"S2 layover, shadow of 15 m at {incidence:.0f} degrees (m)",
            f"{layover:.0f}, {shadow:.0f} (law: {15 / slant:.1f}, {15 * slant:.1f})",
        )
    for name, level in test_sar.levels_db().items():
        yield f"S3 median VV, {name}", f"{level:.1f} dB"
    yield from backscatter_rows("S4 simulated, 10 m", backscatter.simulated_levels(48))
    yield "T1 bonnet of a running car", f"{test_thermal.engine_excess_k(make):.1f} K"
    for name in ("water", "forest", "grass", "asphalt", "bitumen"):
        noon, night = (test_thermal.level_k(make, name, sun) for sun in (test_optical.Sun(180.0, 55.0), None))
        yield f"T1 {name} over air by day, by night", f"{noon - 290:+.1f}, {night - 290:+.1f} K"


def backscatter_rows(title: str, places: list[backscatter.Levels]) -> Iterator[tuple[str, str]]:
    """Row S4: over places, the lowest, middle and highest median of each cover, VV and VH; the spread within one."""
    for name in ("water", "forest", "grass", "crop", "bare", "urban", "snow", "dry land"):
        medians = backscatter.medians_db(places, name)
        if len(medians) == 0:
            continue
        parts = [" ".join(f"{value:.1f}" for value in np.percentile(medians[:, band], [0, 50, 100])) for band in (0, 1)]
        spread = backscatter.quartiles_db(places, name)
        told = f"VV {parts[0]}, VH {parts[1]} dB; quartiles {spread[0]:.1f}, {spread[1]:.1f} dB apart"
        yield f"{title}: {name}", f"{told} (n={len(medians)})"


def cost_rows() -> Iterator[tuple[str, str]]:
    """Row P1, for one core."""
    yield "P1 optical scenes of 256 px a second", rate(lambda k: scene(3, 1000 + k), 200)
    for sensor in ("sar", "thermal", "multispectral"):
        yield f"P1 {sensor} scenes a second", rate(lambda k, s=sensor: scene(3, 1000 + k, sensor=s), 60)
    yield "P1 six-view worlds a second", rate(lambda k: aligned(3, k), 15)
    for count in (0, 500, 500, 1000):
        for k in range(count):
            scene(3, 5000 + k, size_px=128)
        yield f"P1 memory after {count} further scenes", f"{memory_mb():.0f} MB"


def likeness_rows(data: Path) -> Iterator[tuple[str, str]]:
    """Row S4 of real places; row O4: 5, 50 and 95 % of real images, and the median of simulated ones."""
    yield from backscatter_rows("S4 Sentinel-1", backscatter.real_levels(data))
    for sensor in ("aerial", "sentinel-2", "thermal", "radar"):
        real, simulated = test_likeness.comparison(sensor, data)
        for name in real:
            low, middle, high = np.percentile(real[name], [5, 50, 95])
            yield f"O4 {sensor}, {name}", f"{low:.3f} {middle:.3f} {high:.3f} | {np.median(simulated[name]):.3f}"


def main() -> None:
    """Print every row."""
    make = make_flat_layers
    parts = [world_rows(), view_rows(make), cost_rows()]
    if len(sys.argv) > 1:
        parts.append(likeness_rows(Path(sys.argv[1])))
    for part in parts:
        for name, value in part:
            sys.stdout.write(f"| {name} | {value} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
