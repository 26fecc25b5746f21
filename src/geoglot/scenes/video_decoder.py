"""Decoding of videos: what a file says of its pictures, and the picture at a time.

Source: ISO/IEC 14496-12 for edit, rotation and time of recording; FFmpeg's seek lands on the key frame before a time.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import NoData, ReadError
from geoglot.scenes import gate
from geoglot.scenes.gdal import reason

Picture = NDArray[np.uint8]
"""(H, W, 3), red, green, blue, the right way up."""

_DECODERS_PER_THREAD = 2
_AHEAD_S = 2.0  # up to this far ahead, decoding on is cheaper than seeking back to a key frame
_STEPS_BACK_S = (0.0, 2.0, 10.0)  # how far before the time wanted to seek; streams without an index land behind it
_LONGEST_NOTE = 100
_MOST_TRACKS = 16
_MOST_FRAMES = 10_000_000  # three days at 30 frames a second; more is a damaged header


@dataclass(frozen=True, slots=True)
class Clip:
    """What is known of a video's picture track without decoding it.

    width, height: as shown, turned upright. rate_hz: mean frames a second. duration_s, count: of all frames, by the
    container, or by the rate where the container does not count. quarter_turns: to the left, to show it upright.
    start: when the first frame was taken, UTC, if the container says so.
    """

    path: Path
    width: int
    height: int
    rate_hz: float
    duration_s: float
    count: int
    quarter_turns: int
    grey: bool
    codec: str
    start: datetime | None
    tracks: tuple[str, ...]
    profile: gate.Profile


class Decoder:
    """An open video of one thread: gives the picture at a time, decoding on where that is cheaper than seeking."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._last: tuple[float, Picture] | None = None
        self._container: Any = None
        self._shown: Any = None  # the last frame decoded that was due
        self._next: Any = None  # one frame ahead, decoded but not yet due
        self._open()

    def picture(self, seconds: float) -> Picture:
        """Give the picture shown at `seconds` from the first. Raises ReadError if it cannot be decoded."""
        if self._last is not None and self._last[0] == seconds:
            return self._last[1]
        try:
            stored: Picture = self._frame(seconds).to_ndarray(format="rgb24")
        except _errors() as error:
            self._shown = self._next = None
            hint = f"it is damaged or cut off: {reason(error)}"
            raise ReadError(
                f"the video cannot be decoded at {seconds:.3f} s", value=self._clip.path.name, hint=hint
            ) from error
        upright: Picture = np.rot90(stored, self._clip.quarter_turns)
        self._last = (seconds, upright)
        return upright

    def close(self) -> None:
        """Close the file."""
        if self._container is not None:
            self._container.close()

    def _frame(self, seconds: float) -> Any:
        due = seconds + 0.5 / self._clip.rate_hz  # half a frame of slack: times are rounded to the stream's clock
        here = None if self._shown is None else self._time(self._shown)
        if here is not None and here <= due <= here + _AHEAD_S:
            return self._decode_to(due)
        for back_s in _STEPS_BACK_S:
            self._seek(max(0.0, seconds - back_s))
            found = self._decode_to(due)
            if found is not None:
                return found
        self._open()
        found = self._decode_to(due, or_first=True)
        if found is None:
            raise NoData("the video has no frame there", value=f"{self._clip.path.name}, {seconds:.3f} s")
        return found

    def _decode_to(self, due: float, *, or_first: bool = False) -> Any:
        """The last frame not after `due`; None, or the very first, where every frame from here on is later."""
        while True:
            coming = self._next if self._next is not None else next(self._coming, None)
            self._next = None
            if coming is None:
                return self._shown
            if coming.pts is None:
                continue
            if self._time(coming) > due and not (or_first and self._shown is None):
                self._next = coming
                return self._shown
            self._shown = coming

    def _open(self) -> None:
        """Begin at the first frame."""
        self.close()
        self._container = gate.video(self._clip.path, self._clip.profile)
        self._stream: Any = self._container.streams.video[0]
        self._begin_s = _begin_s(self._stream)
        self._coming: Iterator[Any] = self._container.decode(self._stream)
        self._shown = self._next = None

    def _seek(self, seconds: float) -> None:
        self._shown = self._next = None
        offset = int((seconds + self._begin_s) / float(self._stream.time_base))
        self._container.seek(offset, stream=self._stream)
        self._coming = self._container.decode(self._stream)

    def _time(self, frame: Any) -> float:
        return float(frame.pts * self._stream.time_base) - self._begin_s


def look(path: Path, profile: gate.Profile) -> Clip:
    """Give what a video says of itself, decoding its first frame only.

    Raises NoData without a picture track or without frames in it, ReadError if damaged or of an unknown codec.
    """
    container = gate.video(path, profile)
    try:
        if not container.streams.video:
            raise NoData("the file has no picture track", value=path.name, expected="a video")
        stream = container.streams.video[0]
        first = next((frame for frame in container.decode(stream) if frame.pts is not None), None)
        if first is None:
            raise NoData("the video has no frames", value=path.name)
        gate.allow(first.width * first.height * 3, profile.max_pixels, what="one frame of the video")
        rate_hz = _rate_hz(stream)
        duration_s, count = _length(container, stream, rate_hz)
        turns = round(getattr(first, "rotation", 0) / 90) % 4
        width, height = (first.width, first.height) if turns % 2 == 0 else (first.height, first.width)
        return Clip(
            path=path,
            width=width,
            height=height,
            rate_hz=rate_hz,
            duration_s=duration_s,
            count=count,
            quarter_turns=turns,
            grey=first.format.name.startswith("gray"),
            codec=stream.codec_context.name,
            start=_start(container.metadata.get("creation_time", "")),
            tracks=_tracks(container),
            profile=profile,
        )
    except _errors() as error:
        raise ReadError("the video cannot be decoded", value=path.name, hint=reason(error)) from error
    finally:
        container.close()


def decoder(clip: Clip) -> Decoder:
    """Give this thread's open decoder of a video; the oldest of a few is closed when another is needed."""
    about = clip.path.stat()
    key = (os.getpid(), clip, about.st_mtime_ns, about.st_size)
    mine: OrderedDict[object, Decoder] = _here.__dict__.setdefault("decoders", OrderedDict())
    if key in mine:
        mine.move_to_end(key)
        return mine[key]
    while len(mine) >= _DECODERS_PER_THREAD:
        mine.popitem(last=False)[1].close()
    mine[key] = Decoder(clip)
    return mine[key]


_here = threading.local()


def _errors() -> tuple[type[Exception], ...]:
    """What PyAV raises over damaged data."""
    import av

    return (av.FFmpegError, EOFError, MemoryError)


def _begin_s(stream: Any) -> float:
    return float(stream.start_time * stream.time_base) if stream.start_time is not None else 0.0


def _rate_hz(stream: Any) -> float:
    rate = stream.average_rate or stream.guessed_rate or stream.base_rate
    return float(rate) if rate and 0 < float(rate) < 100_000 else 1.0


def _length(container: Any, stream: Any, rate_hz: float) -> tuple[float, int]:
    """Duration in seconds and number of frames; from the packets where the container's header tells neither."""
    duration_s = 0.0
    if stream.duration is not None:
        duration_s = float(stream.duration * stream.time_base)
    elif container.duration is not None:
        duration_s = container.duration / 1_000_000
    count = stream.frames or round(duration_s * rate_hz)
    if count < 1 or duration_s <= 0:
        container.seek(0)
        count = sum(packet.pts is not None for packet in container.demux(stream))
        duration_s = count / rate_hz
    return duration_s, min(max(1, count), _MOST_FRAMES)


def _start(text: str) -> datetime | None:
    """When recording began: the container's creation time, UTC by the standard; zero means it was not set."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    return time if time.year > 1970 else None


def _tracks(container: Any) -> tuple[str, ...]:
    """Names of the tracks that are neither picture nor sound: telemetry and the like."""
    names = []
    for stream in list(container.streams)[:_MOST_TRACKS]:
        if stream.type not in ("video", "audio"):
            told = stream.metadata.get("handler_name", "") or stream.type
            names.append("".join(letter for letter in told[:_LONGEST_NOTE] if letter.isprintable()).strip())
    return tuple(name for name in names if name)
