"""`Looks`: the evidence of the last few scenes, so that a second question costs no second look."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable

from geoglot.models.nano.evidence import Evidence
from geoglot.scenes import Frame, Scene

KEPT = 8
FEW_FRAMES = 24  # of a longer video the first frames and the count stand for all


class Looks:
    """Remembers evidence by what the scene is: its files with size and time of change, and the window of each.

    A scene without files (made in memory) is remembered by itself.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._seen: OrderedDict[str, tuple[Scene, Evidence]] = OrderedDict()

    def get(self, scene: Scene, *, tile: bool, make: Callable[[], Evidence]) -> Evidence:
        """Give the evidence of the scene, made by `make` if it is not remembered."""
        key = f"{content_key(scene)}/{tile}"
        if key not in self._seen:
            self._seen[key] = (scene, make())  # the scene is kept so that its id is not given to another
            while len(self._seen) > self._kept:
                self._seen.popitem(last=False)
        self._seen.move_to_end(key)
        return self._seen[key][1]


def content_key(scene: Scene) -> str:
    """Give a short text that is equal for two reads of the same unchanged files and window."""
    count = len(scene.frames)
    parts = [scene.kind.value, str(count)]
    for index in range(min(count, FEW_FRAMES)):
        told = _frame_key(scene.frames[index])
        if told is None:
            return f"scene-{id(scene)}"
        parts.append(told)
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def _frame_key(frame: Frame) -> str | None:
    """Files, window, sensor and channels of a frame; None where a file is not there to be looked at."""
    try:
        files = [(str(path), (stat := path.stat()).st_size, stat.st_mtime_ns) for path in frame.paths]
    except OSError:
        return None
    if not files:
        return None
    bands = [(channel.band.name, channel.layer) for channel in frame.channels]
    return repr((files, frame.origin_px, frame.size, frame.sensor.name, bands, frame.time))
