"""Text forms of regions, one file a system. `get("qwen2.5-vl").read(reply, size)` gives regions in pixels.

To add one: a file with its class, its line here, and a row in the round-trip test.
"""

from __future__ import annotations

import re

from geoglot.errors import UnknownName
from geoglot.regions.codecs.coco import Coco
from geoglot.regions.codecs.codec import Codec, CodecError, Size, Steps, TextForm
from geoglot.regions.codecs.deepseek_vl2 import DeepSeekVl2
from geoglot.regions.codecs.dota import Dota
from geoglot.regions.codecs.earth_onevision import (
    EarthOneVision,
    EarthOneVision24Majority,
    EarthOneVision48,
    GeoglotTokens,
)
from geoglot.regions.codecs.earthdial import EarthDial
from geoglot.regions.codecs.earthgpt import EarthGpt
from geoglot.regions.codecs.florence2 import Florence2
from geoglot.regions.codecs.geochat import GeoChat
from geoglot.regions.codecs.geoglot import Geoglot
from geoglot.regions.codecs.internvl import InternVl
from geoglot.regions.codecs.lhrs import Lhrs
from geoglot.regions.codecs.qwen import Qwen3Vl, Qwen25Vl
from geoglot.regions.codecs.ringmo_agent import RingMoAgent
from geoglot.regions.codecs.selo import Selo
from geoglot.regions.codecs.skysensegpt import SkySenseGpt
from geoglot.regions.codecs.teochat import TeoChat
from geoglot.regions.codecs.transvg import TransVg
from geoglot.regions.codecs.vhm import Vhm
from geoglot.regions.codecs.voc import Dior, Voc
from geoglot.regions.codecs.vrsbench import VrsBench, VrsBenchV1
from geoglot.regions.codecs.yolov5_obb import YoloV5Obb
from geoglot.regions.region import Region

__all__ = ["Codec", "CodecError", "Size", "Steps", "TextForm", "get", "marked", "names"]

_CODECS: dict[str, Codec] = {
    codec.name: codec
    for codec in (
        Geoglot(),
        GeoglotTokens(),
        Coco(),
        DeepSeekVl2(),
        Dior(),
        Dota(),
        EarthDial(),
        EarthGpt(),
        EarthOneVision(),
        EarthOneVision24Majority(),
        EarthOneVision48(),
        Florence2(),
        GeoChat(),
        InternVl(),
        Lhrs(),
        Qwen25Vl(),
        Qwen3Vl(),
        RingMoAgent(),
        Selo(),
        SkySenseGpt(),
        TeoChat(),
        TransVg(),
        Vhm(),
        Voc(),
        VrsBench(),
        VrsBenchV1(),
        YoloV5Obb(),
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
