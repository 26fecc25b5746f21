"""The names that nano's heads speak, in the order of their outputs, and how data sets' names map to them."""

from __future__ import annotations

OBJECTS = (
    "car", "truck", "bus", "ship", "boat", "airplane", "helicopter", "storage tank", "building", "house",
    "greenhouse", "swimming pool", "tennis court", "soccer field", "basketball court", "athletics track", "bridge",
    "roundabout", "wind turbine", "solar array", "tree", "person", "bicycle", "other vehicle",
)  # fmt: skip

LENGTH_M = {
    "car": (2.5, 7), "truck": (4.5, 25), "bus": (6, 25), "ship": (15, 400), "boat": (3, 40), "airplane": (6, 90),
    "helicopter": (6, 35), "storage tank": (3, 120), "building": (4, 400), "house": (4, 40), "greenhouse": (5, 300),
    "swimming pool": (3, 60), "tennis court": (18, 45), "soccer field": (40, 140), "basketball court": (12, 40),
    "athletics track": (100, 250), "bridge": (5, 1500), "roundabout": (12, 120), "wind turbine": (15, 200),
    "solar array": (1.5, 800), "tree": (1, 40), "person": (0.2, 2.5), "bicycle": (0.8, 2.8), "other vehicle": (2, 25),
}  # fmt: skip
"""Shortest and longest side in metres that things of a class are known to have: general knowledge, generously wide."""

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

COVER_TAGS = {"water": ("water", "sea"), "forest": ("trees",)}
"""Covers of which an image without any of the tags shows nothing. A road need not be paved: taught that without the tag
pavement none is there, an eye lost real roads (intersection over union 35 to 15)."""


def cover_sets(names: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """Give for each cover name of a data set the indices of `COVER` it may be: "grass or shrub" gives two.

    Raises ValueError for a name that is not in `COVER`.
    """
    return tuple(tuple(COVER.index(part) for part in name.split(" or ")) for name in names)
