"""The simulated Earth: one seeded, endless world seen by every sensor, with exact truth."""

from geoglot.simulate.scene import COVER_CLASSES, SCENE_LABELS, SENSORS, SimulatedScene, scene
from geoglot.simulate.tables import object_classes
from geoglot.simulate.truth import SimObject
from geoglot.simulate.world import Layers, World

__all__ = [
    "COVER_CLASSES",
    "SCENE_LABELS",
    "SENSORS",
    "Layers",
    "SimObject",
    "SimulatedScene",
    "World",
    "object_classes",
    "scene",
]
