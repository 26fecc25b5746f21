"""Ships in radar scenes (HRSID samples); nothing of the set is trained on."""

from __future__ import annotations

from geoglot.evaluate.benchmarks.objects import ObjectSet, benchmarks
from geoglot.evaluate.benchmarks.samples import thing

OBJECTS = ObjectSet(
    name="hrsid-ships",
    title="HRSID radar ships",
    readers=("hrsid_sar_ships",),
    sensor="sar-amplitude",
    things=(thing("ship"),),
    note="three scenes, 122 of 136 ships in one of them",
)
BENCHMARKS = benchmarks(OBJECTS, {"detect": (3, 3), "count": (3, 3)})
