"""Tree crowns of a NEON site that no training image shows."""

from __future__ import annotations

from geoglot.evaluate.benchmarks.objects import ObjectSet, benchmarks
from geoglot.evaluate.benchmarks.samples import thing

OBJECTS = ObjectSet(
    name="neon-trees",
    title="NEON tree crowns",
    readers=("neon_trees",),
    sensor="neon-rgb",
    things=(thing("tree"),),
    note="one photograph of one site: an interval over images cannot be given",
)
BENCHMARKS = benchmarks(OBJECTS, {"detect": (1, 1)})
