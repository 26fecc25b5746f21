"""Aeroplanes on airports, 0.5 m, in colour; the shipped weights never saw a picture of the set."""

from __future__ import annotations

from geoglot.evaluate.benchmarks.objects import ObjectSet, benchmarks
from geoglot.evaluate.benchmarks.samples import thing

OBJECTS = ObjectSet(
    name="airbus-airplanes",
    title="Airbus aircraft sample",
    readers=("airbus_airplanes",),
    sensor="rgb",
    things=(thing("airplane"),),
    note="split by scene; one airport may stand in both parts at another date",
)
BENCHMARKS = benchmarks(OBJECTS, {"detect": (30, 30), "count": (30, 30)})
