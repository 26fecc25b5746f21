"""The scores of the table as curves over the share of real images, one small panel a row, as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from geoglot.train.recipes.transfer.plan import BOTH, FRACTIONS, REAL, ROWS, SIMULATED, Row
from geoglot.train.recipes.transfer.score import Told
from geoglot.train.recipes.transfer.table import Units, told_score

WIDE, HIGH, MARGIN, COLUMNS = 200, 150, 34, 4
COLOURS = {REAL: "#b5651d", BOTH: "#1f6f8b", SIMULATED: "#888888"}
NAMES = {REAL: "real only", BOTH: "simulated, then real", SIMULATED: "simulated only"}


def svg(units: Units) -> str:
    """Give the picture. Bars are 95 % intervals."""
    rows = -(-(len(ROWS) + 1) // COLUMNS)
    size = f'width="{COLUMNS * WIDE}" height="{rows * HIGH}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="10">']
    parts.append('<rect width="100%" height="100%" fill="white"/>')
    for place, row in enumerate(ROWS):
        parts += [_moved(place), *_panel(units, row), "</g>"]
    parts += [_moved(len(ROWS)), *_legend(), "</g>", "</svg>"]
    return "\n".join(parts)


def _moved(place: int) -> str:
    return f'<g transform="translate({place % COLUMNS * WIDE} {place // COLUMNS * HIGH})">'


def _panel(units: Units, row: Row) -> Iterator[str]:
    yield f'<text x="{MARGIN}" y="14" font-weight="bold">{row.name}</text>'
    for mark in (0.0, 0.5, 1.0):
        yield f'<line x1="{MARGIN}" x2="{WIDE - 8}" y1="{_y(mark):.1f}" y2="{_y(mark):.1f}" stroke="#dddddd"/>'
        yield f'<text x="{MARGIN - 6}" y="{_y(mark) + 3:.1f}" text-anchor="end">{mark:g}</text>'
    for fraction in FRACTIONS:
        yield f'<text x="{_x(fraction):.1f}" y="{HIGH - 8}" text-anchor="middle">{fraction:g}</text>'
    alone = told_score(units, row, SIMULATED, 0.0)
    if alone is not None:
        ends = (
            f'x1="{_x(FRACTIONS[0]):.1f}" x2="{_x(FRACTIONS[-1]):.1f}" y1="{_y(alone[0]):.1f}" y2="{_y(alone[0]):.1f}"'
        )
        yield f'<line {ends} stroke="{COLOURS[SIMULATED]}" stroke-dasharray="4 3"/>'
    for arm, aside in ((REAL, -2.0), (BOTH, 2.0)):
        known = [(fraction, told) for fraction in FRACTIONS if (told := told_score(units, row, arm, fraction))]
        yield from _curve(known, COLOURS[arm], aside)


def _curve(known: Sequence[tuple[float, Told]], colour: str, aside: float) -> Iterator[str]:
    points = " ".join(f"{_x(fraction) + aside:.1f},{_y(told[0]):.1f}" for fraction, told in known)
    yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
    for fraction, (value, low, high) in known:
        x = f"{_x(fraction) + aside:.1f}"
        yield f'<line x1="{x}" x2="{x}" y1="{_y(low):.1f}" y2="{_y(high):.1f}" stroke="{colour}"/>'
        yield f'<circle cx="{x}" cy="{_y(value):.1f}" r="2.5" fill="{colour}"/>'


def _legend() -> Iterator[str]:
    for line, (arm, name) in enumerate(NAMES.items()):
        y = 40 + 18 * line
        yield f'<line x1="{MARGIN}" x2="{MARGIN + 20}" y1="{y}" y2="{y}" stroke="{COLOURS[arm]}" stroke-width="2"/>'
        yield f'<text x="{MARGIN + 26}" y="{y + 3}">{name}</text>'
    yield f'<text x="{MARGIN}" y="104">across: share of real images</text>'
    yield f'<text x="{MARGIN}" y="118">up: F1, or accuracy of scenes</text>'


def _x(fraction: float) -> float:
    share = math.log(fraction / FRACTIONS[0]) / math.log(FRACTIONS[-1] / FRACTIONS[0])
    return MARGIN + 16 + share * (WIDE - MARGIN - 40)


def _y(value: float) -> float:
    return HIGH - 24 - value * (HIGH - 48)
