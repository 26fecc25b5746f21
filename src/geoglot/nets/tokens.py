"""Words that a writer needs besides those of its language: images, places, runs of a mask, tasks, decode tokens."""

from __future__ import annotations

from dataclasses import dataclass

from geoglot.regions.codecs.earth_onevision import EarthOneVision
from geoglot.regions.codecs.words import spatial

TASKS = ("[CAP]", "[CLS]", "[VQA]", "[DET]", "[REL]", "[DEC]", "[ACT]", "[NAV]")
MODALITIES = ("[OPT]", "[SAR]", "[IR]", "[MS]")
IMAGE = "<image>"
"""Stands where the tokens of a frame go, once for each of them."""

BOXES, MASK, TRAJECTORY = DECODED = "<boxes>", "<mask>", "<traj>"
"""Words whose state a head reads: a set of boxes, a mask, a path."""


@dataclass(frozen=True, slots=True)
class Added:
    """Words appended to a vocabulary of `base` entries, in this order."""

    base: int
    words: tuple[str, ...]

    def __getitem__(self, word: str) -> int:
        """Give the id of an added word."""
        return self.base + self.words.index(word)

    @property
    def vocab(self) -> int:
        """Give the size of the whole vocabulary."""
        return self.base + len(self.words)


def superset(base: int) -> Added:
    """Give all words: places and runs as tokens, tasks and modalities, and the tokens that heads decode."""
    return Added(base, (IMAGE, *spatial(), *TASKS, *MODALITIES, *DECODED))


def earth_onevision(base: int) -> Added:
    """Give the words of Earth-OneVision: places and masks, no tasks, no modalities, no heads."""
    return Added(base, (IMAGE, *spatial(EarthOneVision.cells)))


def ringmo_agent(base: int) -> Added:
    """Give the words of RingMo-Agent: its boxes are digits of the text, its paths the state of one token."""
    return Added(base, (IMAGE, *TASKS, *MODALITIES[:3], TRAJECTORY))
