"""Ships and boats from above, in colour; the shipped weights never saw a picture of the set."""

from __future__ import annotations

from geoglot.evaluate.benchmarks.objects import ObjectSet, benchmarks
from geoglot.evaluate.benchmarks.samples import thing

OBJECTS = ObjectSet(
    name="ships-optical",
    title="Ships from above",
    readers=("ships_optical",),
    sensor="rgb",
    things=(thing("ship", "", "ship", "boat"),),
    note="look-alike pictures stay in one part; in dense harbours not every boat is marked",
)
BENCHMARKS = benchmarks(OBJECTS, {"detect": (33, 33), "count": (33, 33)})
