"""Benchmarks, one file a data set; `benchmark(name)` gives one, `names()` all of them.

A new one is one file with `BENCHMARKS` and its name in `_FILES`.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from geoglot.errors import UnknownName
from geoglot.evaluate.benchmarks.benchmark import Benchmark

_FILES = (
    "ucm", "eurosat", "crowns", "hit_uav", "aerial_cars", "neon_trees", "hrsid", "kampala", "flood", "clouds", "levir",
    "airbus", "ships", "roads", "simulated",
)  # fmt: skip

__all__ = ["Benchmark", "benchmark", "names"]


def benchmark(name: str) -> Benchmark:
    """Give the benchmark of that name. Raises UnknownName."""
    known = _all()
    if name not in known:
        raise UnknownName("benchmark", name, known)
    return known[name]


def names() -> tuple[str, ...]:
    """Give the names of all benchmarks, in the order of docs/evaluation.md."""
    return tuple(_all())


@cache
def _all() -> dict[str, Benchmark]:
    modules = (import_module(f"geoglot.evaluate.benchmarks.{file}") for file in _FILES)
    return {one.name: one for module in modules for one in module.BENCHMARKS}
