"""HIT-UAV: cars, bicycles and people in thermal frames of a drone; no flight is in both splits."""

from __future__ import annotations

from geoglot.evaluate.benchmarks.objects import ObjectSet, benchmarks
from geoglot.evaluate.benchmarks.samples import thing

OBJECTS = ObjectSet(
    name="hit-uav",
    title="HIT-UAV thermal",
    readers=("hit_uav_thermal", "hit_uav"),
    sensor="thermal-display",
    things=(thing("car"), thing("bicycle"), thing("person", "people")),
    note="flights are disjoint, campus places may recur; frames with unscored places are only in -detect",
)
BENCHMARKS = benchmarks(OBJECTS, {"detect": (159, 53), "count": (141, 47), "presence": (141, 47)})
