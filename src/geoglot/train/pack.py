"""Turn data sets into shards, once, before training."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from geoglot.data.readers import Labelled, reader
from geoglot.train import shard

LOG = logging.getLogger(__name__)

SHIPPED = (
    "ucm_landuse", "eurosat_rgb5", "eurosat_rgb_5class", "hit_uav", "hit_uav_thermal", "aerial_cars", "neon_trees",
    "oam_kampala", "terramesh",
)  # fmt: skip
"""The sets that shipped weights learn from. Sets for research only are never in this list."""

RESEARCH = ("aid_scenes", "rsscn7", "airbus_airplanes", "ships_optical", "simd_vehicles")
"""Sets whose licence forbids or does not settle that weights trained on them are shipped."""

SUFFIX = {"terramesh": {("vv", "vh"): "-s1", ("red", "green", "blue", "nir", "swir16", "swir22"): "-s2"}}


def pack_all(data: Path, shards: Path, *, research: bool = False) -> list[shard.Shard]:
    """Pack every shipped set found below `data`, and those for research only where asked for.

    Raises ReadError for a set that is not as its card says.
    """
    names = SHIPPED + (RESEARCH if research else ())
    return [packed for name in names for packed in pack(name, data, shards)]


def pack(name: str, data: Path, shards: Path) -> list[shard.Shard]:
    """Pack one set: one shard for each combination of bands in it."""
    source = reader(name)
    by_bands: dict[tuple[str, ...], list[Labelled]] = defaultdict(list)
    for image in source.read(data / source.card.folder):
        by_bands[image.bands].append(image)
    packed = []
    for bands, images in by_bands.items():
        title = name + SUFFIX.get(name, {}).get(bands, "")
        packed.append(shard.write(shards / title, replace(source.card, name=title), images))
        LOG.info("packed %s: %d images", title, len(images))
    return packed
