"""Text forms of regions, one file a system. `get("qwen2.5-vl").read(reply, size)` gives regions in pixels.

To add one: a file with its class, its line here, and a row in the round-trip test.
"""

from __future__ import annotations

import re

from geoglot.errors import UnknownName
from geoglot.regions.codecs.codec import Codec, CodecError, Size, Steps, TextForm
from geoglot.regions.codecs.geoglot import Geoglot
from geoglot.regions.region import Region

__all__ = ["Codec", "CodecError", "Size", "Steps", "TextForm", "get", "marked", "names"]

_CODECS: dict[str, Codec] = {
    codec.name: codec
    for codec in (
        Geoglot(),
    )
}  # fmt: skip


def get(name: str) -> Codec:
    """Give the codec of that name. Raises UnknownName."""
    if name not in _CODECS:
        raise UnknownName("text form of regions", name, _CODECS)
    return _CODECS[name]


def names() -> tuple[str, ...]:
    """Give the names of all codecs, geoglot's own first."""
    return tuple(_CODECS)


def marked(text: str, codec: Codec, size: Size) -> tuple[str, tuple[Region, ...]]:
    """Give a running text with a marker <r0>, <r1> … for every region written in it, and the regions.

    That is the form of a `Turn`. Raises CodecError for a group that looks like a region and is none.
    """
    regions: list[Region] = []

    def note(match: re.Match[str]) -> str:
        found = codec.read(match.group(), size)
        first = len(regions)
        regions.extend(found)
        return " ".join(f"<r{first + index}>" for index in range(len(found)))

    return re.sub(codec.pattern, note, text), tuple(regions)
