"""Scenes: what was seen, read lazily from files through one gate."""

from geoglot.scenes.opening import read
from geoglot.scenes.scene import Channel, Frame, HowTold, PixelSource, Scene, SceneKind

__all__ = ["Channel", "Frame", "HowTold", "PixelSource", "Scene", "SceneKind", "read"]
