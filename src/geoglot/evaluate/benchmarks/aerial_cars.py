"""Cars, trucks and buses from helicopter and drone; no camera position is in both splits."""

from __future__ import annotations

from geoglot.evaluate.benchmarks.objects import ObjectSet, benchmarks
from geoglot.evaluate.benchmarks.samples import thing

OBJECTS = ObjectSet(
    name="aerial-cars",
    title="Aerial cars",
    readers=("aerial_cars",),
    sensor="rgb",
    things=(thing("car"), thing("truck"), thing("bus", "buses")),
    note="five photographs, parked cars at their borders not always marked: the intervals are wide for a reason",
)
BENCHMARKS = benchmarks(OBJECTS, {"detect": (15, 5), "count": (15, 5)})
