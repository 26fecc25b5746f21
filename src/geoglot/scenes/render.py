"""Pictures of frames: what an eye would see."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

    from geoglot.regions import Box
    from geoglot.scenes.scene import Frame, Scene

_LARGEST_SIDE_PX = 1024


def picture(frame: Frame, *, size: tuple[int, int] | None = None, box: Box | None = None) -> Image:
    """Give the frame as an RGB picture."""
    from PIL import Image

    width, height = frame.size
    shrink = max(1.0, max(width, height) / _LARGEST_SIDE_PX)
    size = size or (max(1, round(width / shrink)), max(1, round(height / shrink)))
    names = frame.sensor.display if frame.has(*frame.sensor.display) else frame.band_names[:1]
    bands = frame.bands(*names, box=box, size=size)
    low, high = np.nanpercentile(bands, (2, 98)) if np.isfinite(bands).any() else (0.0, 1.0)
    grey = np.nan_to_num(np.clip((bands - low) / max(high - low, 1e-9), 0, 1))
    pixels = (np.broadcast_to(grey, (3, *grey.shape[1:])) * 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))


def scene_html(scene: Scene) -> str:
    """Give a picture and the facts of a scene for a notebook."""
    stream = io.BytesIO()
    scene.picture(size=None).save(stream, "PNG")
    data = base64.b64encode(stream.getvalue()).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{escape(scene.sensor.title)}">'
