"""The place of an answer's regions: they are in pixels of whole rasters, its scene may show only a part."""

from __future__ import annotations

from geoglot.conversation import Answer
from geoglot.errors import InputError
from geoglot.regions import Box, Grid
from geoglot.scenes import Frame, Scene


def scene_of(answer: Answer) -> Scene:
    """Give the scene that was asked about. Raises InputError for an answer without one."""
    if answer.scene is None:
        raise InputError(
            "the answer is about no image", value=answer.text, expected="an answer to a question about a scene"
        )
    return answer.scene


def frame_of(answer: Answer, index: int) -> Frame:
    """Give one frame of the scene. Raises InputError for an index that it has not."""
    frames = scene_of(answer).frames
    if index >= len(frames):
        raise InputError("a region of a frame that the scene has not", value=index, expected=f"0..{len(frames) - 1}")
    return frames[index]


def whole_grid(frame: Frame) -> Grid:
    """Give the grid of the whole raster that a frame is a view of."""
    (left, top), (width, height) = frame.origin_px, frame.full_size
    if (left, top) == (0, 0) and (width, height) == frame.size:
        return frame.grid
    return frame.grid.window(Box(-left, -top, width - left, height - top))
