"""RingMo-Agent: the form of the model it is built on."""

from __future__ import annotations

from typing import ClassVar

from geoglot.regions.codecs.deepseek_vl2 import DeepSeekVl2


class RingMoAgent(DeepSeekVl2):
    """DeepSeek-VL2's, an assumption: the strings of the paper are not published. Long paths are no text at all."""

    name: ClassVar[str] = "ringmo-agent"
    source: ClassVar[str] = "RingMo-Agent; base model deepseek-ai/DeepSeek-VL2"
