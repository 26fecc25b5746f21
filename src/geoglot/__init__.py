"""geoglot: ask any Earth-observation image a question in words, get an answer you can put on a map."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geoglot.conversation import Answer, Conversation, Sample, Turn
    from geoglot.errors import GeoglotError
    from geoglot.models import load
    from geoglot.regions import Box, Mask, OrientedBox, Path, Point, Polygon
    from geoglot.scenes import Frame, Scene, read

__version__ = "0.1.0.dev0"

# Name -> module. Loaded on first use, so that `import geoglot` costs milliseconds and no native library.
_PUBLIC = {
    "read": "geoglot.scenes",
    "Scene": "geoglot.scenes",
    "Frame": "geoglot.scenes",
    "load": "geoglot.models",
    "Answer": "geoglot.conversation",
    "Conversation": "geoglot.conversation",
    "Sample": "geoglot.conversation",
    "Turn": "geoglot.conversation",
    "Box": "geoglot.regions",
    "OrientedBox": "geoglot.regions",
    "Polygon": "geoglot.regions",
    "Mask": "geoglot.regions",
    "Point": "geoglot.regions",
    "Path": "geoglot.regions",
    "GeoglotError": "geoglot.errors",
}

__all__ = [  # noqa: RUF022  in the order a reader meets them
    "read", "load", "Scene", "Frame", "Answer", "Conversation", "Sample", "Turn",
    "Box", "OrientedBox", "Polygon", "Mask", "Point", "Path", "GeoglotError",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'geoglot' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
