"""Short films as drones and analysts keep them: H.264 in MP4."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError


def write_video(
    path: Path, frames: NDArray[np.uint8], *, frames_per_s: float = 25.0, begins: datetime | None = None
) -> Path:
    """Write (T, 3, H, W) as H.264 and give the path.

    begins: UTC, kept as the file's creation time. Colours come back within a few counts, for H.264 halves the
    colour resolution. Raises InputError for odd sides, which the codec does not know, or for another shape.
    """
    if frames.ndim != 4 or frames.shape[1] != 3 or frames.shape[2] % 2 or frames.shape[3] % 2:
        raise InputError("H.264 needs frames of three layers with even sides", value=frames.shape)
    rate = Fraction(frames_per_s).limit_denominator(1001)
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), mode="w") as container:  # writing: the gate has no part in it
        if begins is not None:
            container.metadata["creation_time"] = f"{begins.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000000Z}"
        stream = container.add_stream("libx264", rate=rate)
        stream.height, stream.width = frames.shape[2:]
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "10"}
        for pixels in frames:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.moveaxis(pixels, 0, -1)), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
