"""Words that a writer needs besides those of its language: images, places, runs of a mask, tasks, decode tokens."""

from __future__ import annotations

from dataclasses import dataclass

COORDINATES = tuple(f"<{place}>" for place in range(1000))
"""One token for each thousandth of a frame's width or height. Source: Earth-OneVision, section on SLIS."""

RUNS = tuple(f"<run_{length}>" for length in range(1, 25))
SEGMENT = ("<seg>", "</seg>")
TASKS = ("[CAP]", "[CLS]", "[VQA]", "[DET]", "[REL]", "[DEC]", "[ACT]", "[NAV]")
MODALITIES = ("[OPT]", "[SAR]", "[IR]", "[MS]")
IMAGE = "<image>"
"""Stands where the tokens of a frame go, once for each of them."""

BOXES, MASK, TRAJECTORY = "<boxes>", "<mask>", "<traj>"


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
    spoken = (*COORDINATES, *RUNS, *SEGMENT, *TASKS, *MODALITIES)
    return Added(base, (IMAGE, *spoken, BOXES, MASK, TRAJECTORY))


def earth_onevision(base: int) -> Added:
    """Give the words of Earth-OneVision: places and masks, no tasks, no modalities, no heads."""
    return Added(base, (IMAGE, *COORDINATES, *RUNS, *SEGMENT))


def ringmo_agent(base: int) -> Added:
    """Give the words of RingMo-Agent: its boxes are digits of the text, its paths the state of one token."""
    return Added(base, (IMAGE, *TASKS, *MODALITIES[:3], TRAJECTORY))
