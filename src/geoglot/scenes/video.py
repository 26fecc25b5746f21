"""Videos: frames by time, decoded one at a time when their pixels are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import overload

import numpy as np

from geoglot import sensors
from geoglot.errors import InputError
from geoglot.regions import Box, Grid
from geoglot.scenes import gate
from geoglot.scenes.resample import ArraySource, Valid, Values
from geoglot.scenes.scene import Channel, Frame, HowTold, Scene, SceneKind
from geoglot.scenes.video_decoder import Clip, Picture, decoder, look
from geoglot.sensors import Band, Sensor

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


@dataclass(frozen=True, slots=True)
class VideoSource:
    """One frame of a video, decoded when first read. seconds: from the first frame."""

    clip: Clip
    seconds: float
    luminance: bool = False

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.clip.width

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.clip.height

    def read(self, layer: int, box: Box, size: tuple[int, int], *, exact: bool) -> tuple[Values, Valid]:
        """Give a window of one layer: see `PixelSource.read`. Raises ReadError if the video is damaged there."""
        picture = decoder(self.clip).picture(self.seconds)  # (H, W, 3)
        layers = _brightness(picture)[None] if self.luminance or self.clip.grey else np.moveaxis(picture, 2, 0)
        return ArraySource(layers).read(layer, box, size, exact=exact)


@dataclass(frozen=True, slots=True)
class VideoFrames(Sequence[Frame]):
    """The frames of a video in order of time; opened when they are used, never all decoded.

    Frame i is the one shown at i / rate_hz seconds.
    """

    clip: Clip
    sensor: Sensor
    bands: tuple[Band, ...]
    told_by: HowTold
    luminance: bool = False

    def __len__(self) -> int:
        return self.clip.count

    @overload
    def __getitem__(self, index: int) -> Frame: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Frame, ...]: ...

    def __getitem__(self, index: int | slice) -> Frame | tuple[Frame, ...]:
        if isinstance(index, slice):
            return tuple(self._frame(place) for place in range(*index.indices(len(self))))
        if not -len(self) <= index < len(self):
            raise IndexError(f"frame {index} of a video of {len(self)} frames")
        return self._frame(index % len(self))

    def seconds(self, index: int) -> float:
        """Give the time of a frame in seconds from the first."""
        return index / self.clip.rate_hz

    def at(self, seconds: float) -> Frame:
        """Give the frame shown at that time, in seconds from the first.

        Raises InputError outside the video.
        """
        if not 0 <= seconds <= self.clip.duration_s:
            raise InputError(
                "that time is not in the video",
                value=f"{seconds} s",
                expected=f"0 to {self.clip.duration_s:.3f} s",
            )
        return self._frame(min(int(seconds * self.clip.rate_hz + 1e-6), len(self) - 1))

    def sample(self, count: int) -> tuple[Frame, ...]:
        """Give `count` frames evenly spread over time, each in the middle of its share; all frames if there are fewer.

        Raises InputError for a count below one.
        """
        if count < 1:
            raise InputError("at least one frame has to be sampled", value=count)
        shares = (np.arange(count) + 0.5) * len(self) / count
        return tuple(self._frame(int(place)) for place in dict.fromkeys(np.floor(shares).astype(int).tolist()))

    def _frame(self, index: int) -> Frame:
        clip, seconds = self.clip, self.seconds(index)
        source = VideoSource(clip, seconds, self.luminance)
        return Frame(
            paths=(clip.path,),
            sensor=self.sensor,
            grid=Grid(clip.width, clip.height),
            channels=tuple(Channel(band, source, layer) for layer, band in enumerate(self.bands)),
            full_size=(clip.width, clip.height),
            time=None if clip.start is None else clip.start + timedelta(seconds=seconds),
            told_by=self.told_by,
            notes=(("frame", f"{index} of {len(self)}"), ("seconds", f"{seconds:.3f}"), *_notes(clip)),
            max_pixels=clip.profile.max_pixels,
        )


def open_video(path: Path, sensor: Sensor | None = None, *, profile: gate.Profile = gate.LOCAL) -> Scene:
    """Give the scene of an admitted video file: kind "video", its frames a lazy `VideoFrames`.

    Only the first frame is decoded here, to know that there is one and which way up it is. The sensor is the caller's,
    else told by the name, else guessed: "rgb" or "grey".
    Raises NoData for a video without frames, ReadError for a damaged one or an unknown codec, BandError if the
    caller's sensor does not fit a colour picture, Refused from the gate.
    """
    clip = look(path, profile)
    asked = sensor
    named = sensors.by_name(path.stem)
    if sensor is None and named is not None and not clip.grey and len(named.sensor.display) == 3:
        sensor = named.sensor
    how = HowTold.USER if asked else HowTold.NAME if sensor else HowTold.GUESS
    sensor = sensor or sensors.get("grey" if clip.grey else "rgb")
    luminance = len(sensor.bands) == 1
    bands = sensor.bands if luminance else sensors.match(sensor, [None] if clip.grey else ["red", "green", "blue"])
    frames = VideoFrames(clip, sensor, bands, how, luminance)
    warnings = ("colours are read as brightness, which need not rise with what was measured",)
    return Scene(SceneKind.VIDEO, frames, warnings if luminance and not clip.grey else ())


def _brightness(picture: Picture) -> Values:
    return np.asarray(np.rint(picture @ np.array(_LUMA)), np.uint8)


def _notes(clip: Clip) -> tuple[tuple[str, str], ...]:
    notes = [
        ("codec", clip.codec),
        ("frame rate", f"{clip.rate_hz:.3f} Hz"),
        ("duration", f"{clip.duration_s:.3f} s"),
    ]
    if clip.quarter_turns:
        notes.append(("rotation", f"turned upright by {clip.quarter_turns * 90} degrees to the left"))
    if clip.tracks:
        notes.append(("other tracks", f"{', '.join(clip.tracks)} (not read)"))
    return tuple(notes)
