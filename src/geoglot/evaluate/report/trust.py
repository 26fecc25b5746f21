"""How far answers can be trusted, drawn as SVG: a reliability diagram beside a risk-coverage curve.

Left: of the answers of a bin of confidence, the share that is right (with its 95 % interval), over their mean
confidence; the diagonal is perfect. Right: the share of wrong answers among the surest, over how many are taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.evaluate.metrics.calibration import risk_coverage

BINS = 10  # of confidence, from 0 to 1
WIDE, HIGH, MARGIN = 380, 320, 44  # pixels of a panel and the margin of its axes
COLOURS = ("#1f6f8b", "#b5651d", "#5b8c3a", "#8a4f9e")
Z = 1.96  # of the normal distribution, for 95 %
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Answers of one kind. right: (n,) 0 or 1; confidence: (n,) 0..1. Raises InputError unless they fit and n > 0."""

    title: str
    right: Floats
    confidence: Floats

    def __post_init__(self) -> None:
        if self.right.shape != self.confidence.shape or self.right.ndim != 1 or not self.right.size:
            raise InputError(
                "answers and confidences do not fit",
                value=(self.right.shape, self.confidence.shape),
                expected="two lists of one length, not empty",
            )


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of about one confidence: their mean, the share that is right with its interval, how many."""

    confidence: float
    right: float
    low: float
    high: float
    count: int


def reliability(answers: Answers) -> list[Bin]:
    """Give the bins of confidence that hold any answers, lowest first. Intervals are Wilson's, of 95 %."""
    place = np.minimum((answers.confidence * BINS).astype(np.int64), BINS - 1)
    out = []
    for index in np.unique(place):
        here = place == index
        count, share = int(here.sum()), float(answers.right[here].mean())
        middle = (share + Z * Z / (2 * count)) / (1 + Z * Z / count)
        half = Z / (1 + Z * Z / count) * math.sqrt(share * (1 - share) / count + (Z / (2 * count)) ** 2)
        sure = float(answers.confidence[here].mean())
        out.append(Bin(sure, share, max(0.0, middle - half), min(1.0, middle + half), count))
    return out


def trust_svg(drawn: Sequence[Answers]) -> str:
    """Give the picture of one to four kinds of answers."""
    if not 0 < len(drawn) <= len(COLOURS):
        raise InputError("kinds of answers to draw", value=len(drawn), expected=f"1 to {len(COLOURS)}")
    height = HIGH + 18 * len(drawn)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * WIDE}" height="{height}" font-family="sans-serif" '
        'font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    most = max(0.05, *(float(risk_coverage(one.right, one.confidence)[1].max()) for one in drawn))
    parts += _axes(0, "confidence", "share that is right", 1.0)
    parts += _axes(WIDE, "share that is answered, surest first", "share that is wrong", most)
    parts.append(_line(((0.0, 0.0), (1.0, 1.0)), left=0, most=1.0, look='stroke="#888888" stroke-dasharray="4 3"'))
    for colour, one in zip(COLOURS, drawn, strict=False):
        parts += [*_dots(one, colour), _curve(one, colour, most)]
    parts += _legend(drawn)
    return "\n".join([*parts, "</svg>\n"])


def _axes(left: int, across: str, up: str, most: float) -> Iterator[str]:
    for mark in (0.0, 0.25, 0.5, 0.75, 1.0):
        y, x = _y(mark), _x(mark, left)
        yield f'<line x1="{_x(0, left):.1f}" x2="{_x(1, left):.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>'
        yield f'<text x="{_x(0, left) - 5:.1f}" y="{y + 4:.1f}" text-anchor="end">{mark * most:.2g}</text>'
        yield f'<text x="{x:.1f}" y="{_y(0) + 16:.1f}" text-anchor="middle">{mark:g}</text>'
    yield f'<text x="{_x(0.5, left):.1f}" y="{HIGH - 6}" text-anchor="middle">{escape(across)}</text>'
    yield f'<text x="{_x(0, left) - 5:.1f}" y="16">{escape(up)}</text>'


def _dots(one: Answers, colour: str) -> Iterator[str]:
    """A dot a bin, larger for more answers, with its interval."""
    for each in reliability(one):
        x, radius = _x(each.confidence, 0), 2 + min(6.0, math.sqrt(each.count) / 4)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_y(each.low):.1f}" y2="{_y(each.high):.1f}" stroke="{colour}"/>'
        yield f'<circle cx="{x:.1f}" cy="{_y(each.right):.1f}" r="{radius:.1f}" fill="{colour}" fill-opacity="0.7"/>'


def _curve(one: Answers, colour: str, most: float) -> str:
    coverage, risk = risk_coverage(one.right, one.confidence)
    kept = np.unique(np.linspace(0, len(risk) - 1, 200).astype(np.int64))  # finer than the picture
    points = tuple((float(coverage[at]), float(risk[at])) for at in kept)
    return _line(points, left=WIDE, most=most, look=f'stroke="{colour}" stroke-width="1.5"')


def _line(points: Sequence[tuple[float, float]], *, left: int, most: float, look: str) -> str:
    told = " ".join(f"{_x(x, left):.1f},{_y(y / most):.1f}" for x, y in points)
    return f'<polyline points="{told}" fill="none" {look}/>'


def _legend(drawn: Sequence[Answers]) -> Iterator[str]:
    for place, (colour, one) in enumerate(zip(COLOURS, drawn, strict=False)):
        y = HIGH + 10 + 18 * place
        yield f'<line x1="{MARGIN}" x2="{MARGIN + 20}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="3"/>'
        yield f'<text x="{MARGIN + 26}" y="{y + 4}">{escape(one.title)} ({len(one.right)} answers)</text>'


def _x(share: float, left: int) -> float:
    return left + MARGIN + share * (WIDE - MARGIN - 16)


def _y(share: float) -> float:
    return HIGH - 44 - share * (HIGH - 70)
