"""Buildings on drone tiles of Kampala, split by longitude; one zoom only, so that no ground is counted twice."""

from __future__ import annotations

from geoglot.data.readers import Labelled
from geoglot.evaluate.benchmarks.objects import ObjectSet, benchmarks
from geoglot.evaluate.benchmarks.samples import thing


def one_zoom(image: Labelled) -> bool:
    """Keep zoom 20 (0.15 m): the tiles of zoom 19 and 21 show the same ground."""
    return image.id.endswith("-20.jpg")


OBJECTS = ObjectSet(
    name="kampala-buildings",
    title="Kampala buildings",
    readers=("oam_kampala",),
    sensor="uav-rgb",
    things=(thing("building"),),
    keep=one_zoom,
    note="eight neighbouring tiles of one settlement",
)
BENCHMARKS = benchmarks(OBJECTS, {"detect": (8, 8), "count": (8, 8)})
