"""The names that nano's heads speak, in the order of their outputs, and how data sets' names map to them."""

from __future__ import annotations

OBJECTS = (
    "car", "truck", "bus", "ship", "boat", "airplane", "helicopter", "storage tank", "building", "house",
    "greenhouse", "swimming pool", "tennis court", "soccer field", "basketball court", "athletics track", "bridge",
    "roundabout", "wind turbine", "solar array", "tree", "person", "bicycle", "other vehicle",
)  # fmt: skip

COVER = ("water", "forest", "shrub", "grass", "crop", "bare", "rock", "snow", "wetland", "urban", "road")

SCENES = (
    "agricultural", "airplane", "baseball diamond", "beach", "building", "chaparral", "dense residential",
    "forest", "freeway", "golf course", "harbor", "intersection", "medium residential", "mobile home park",
    "overpass", "parking lot", "river", "runway", "sparse residential", "storage tank", "tennis court",
    "industrial", "pasture", "residential",
)  # fmt: skip

OVERLAPS = (
    ("residential", "dense residential"),
    ("residential", "medium residential"),
    ("residential", "sparse residential"),
    ("residential", "mobile home park"),
    ("industrial", "building"),
    ("industrial", "storage tank"),
    ("industrial", "parking lot"),
    ("pasture", "agricultural"),
    ("pasture", "golf course"),
)
"""Pairs of scene names of different sets that one image may deserve both of: never taught to exclude each other."""

TAGS = (
    "airplane", "bare-soil", "buildings", "cars", "chaparral", "court", "dock", "field", "grass", "mobile-home",
    "pavement", "sand", "sea", "ship", "tanks", "trees", "water",
)  # fmt: skip

QUALITY = ("cloud", "blur", "noise")
"""Share of cloud, out of focus, and not an image of the ground at all (black, flat, pure noise)."""

TAG_OBJECTS = {
    "airplane": ("airplane",),
    "cars": ("car", "truck", "bus"),
    "court": ("tennis court", "basketball court"),
    "ship": ("ship", "boat"),
    "tanks": ("storage tank",),
    "buildings": ("building", "house", "greenhouse"),
    "trees": ("tree",),
}
"""What is not in an image whose multi-labels lack the tag. A mobile home is a building to nobody but the set."""


def cover_sets(names: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """Give for each cover name of a data set the indices of `COVER` it may be: "grass or shrub" gives two.

    Raises ValueError for a name that is not in `COVER`.
    """
    return tuple(tuple(COVER.index(part) for part in name.split(" or ")) for name in names)
