"""The simulated Earth: one seeded, endless world seen by every sensor, with exact truth."""

from geoglot.simulate.camera import Camera
from geoglot.simulate.cameras import PHOTO_SENSORS, photo
from geoglot.simulate.change import SimulatedPair, pair, series
from geoglot.simulate.epoch import Epoch, Event
from geoglot.simulate.photo import SimulatedPhoto, photograph
from geoglot.simulate.render import SimulatedScene, render
from geoglot.simulate.samples import samples
from geoglot.simulate.scene import ALIGNED, FURTHER_SENSORS, SCENE_LABELS, SENSORS, aligned, scene
from geoglot.simulate.tables import COVER_CLASSES, object_classes
from geoglot.simulate.truth import Frame, SimObject
from geoglot.simulate.video import SimulatedVideo, video
from geoglot.simulate.view_photo import PhotoView
from geoglot.simulate.world import Layers, World

__all__ = [
    "ALIGNED",
    "COVER_CLASSES",
    "FURTHER_SENSORS",
    "PHOTO_SENSORS",
    "SCENE_LABELS",
    "SENSORS",
    "Camera",
    "Epoch",
    "Event",
    "Frame",
    "Layers",
    "PhotoView",
    "SimObject",
    "SimulatedPair",
    "SimulatedPhoto",
    "SimulatedScene",
    "SimulatedVideo",
    "World",
    "aligned",
    "object_classes",
    "pair",
    "photo",
    "photograph",
    "render",
    "samples",
    "scene",
    "series",
    "video",
]
