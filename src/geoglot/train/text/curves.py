"""The log of a run, one JSON object a line in `log.jsonl`, and its curves as a drawing, `curves.svg`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

LOG, DRAWING = "log.jsonl", "curves.svg"
WIDTH, HEIGHT, MARGIN = 900, 180, 48  # pixels of one curve and its margins
Row = Mapping[str, object]


def add(out: Path, row: Row) -> None:
    """Add a line; numbers that are not finite become null, which JSON has."""
    clean = {name: None if isinstance(value, float) and not math.isfinite(value) else value
             for name, value in row.items()}  # fmt: skip
    with (out / LOG).open("a", encoding="utf-8") as log:
        log.write(json.dumps(clean) + "\n")


def rows(out: Path) -> list[dict[str, object]]:
    """Read the lines; one that a kill has torn is left out."""
    path = out / LOG
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


def cut(out: Path, step: int) -> None:
    """Forget the lines after a step: a run resumed there will write them again."""
    kept = [row for row in rows(out) if int(str(row["step"])) <= step]
    (out / LOG).write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")


def draw(out: Path) -> Path:
    """Draw every number of the log over the steps, each in a band of its own. Gives the path of the drawing."""
    read = rows(out)
    names = [name for name in dict.fromkeys(key for row in read for key in row) if name not in ("step", "stage")]
    bands: list[str] = []
    for name in names:
        points = [(float(str(row["step"])), float(str(row[name]))) for row in read if row.get(name) is not None]
        if points:
            bands.append(_band(name, points, top=len(bands) * HEIGHT))
    path = out / DRAWING
    size = f'width="{WIDTH}" height="{max(1, len(bands)) * HEIGHT}"'
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(bands)}</svg>\n',
        encoding="utf-8",
    )
    return path


def _band(name: str, points: Sequence[tuple[float, float]], *, top: int) -> str:
    xs, ys = _limits(x for x, _ in points), _limits(y for _, y in points)
    left, right, upper, lower = MARGIN, WIDTH - MARGIN, top + 24, top + HEIGHT - 24
    line = " ".join(
        f"{left + (x - xs[0]) / (xs[1] - xs[0]) * (right - left):.1f},"
        f"{lower - (y - ys[0]) / (ys[1] - ys[0]) * (lower - upper):.1f}"
        for x, y in points
    )
    axes = f'<path d="M{left} {upper}V{lower}H{right}" fill="none" stroke="#999"/>'
    labels = (
        f'<text x="{left}" y="{upper - 8}" font-weight="bold">{escape(name)} (last {points[-1][1]:.4g})</text>'
        f'<text x="4" y="{upper + 10}">{ys[1]:.3g}</text><text x="4" y="{lower}">{ys[0]:.3g}</text>'
        f'<text x="{right}" y="{lower + 14}" text-anchor="end">step {xs[1]:g}</text>'
    )
    return f'{axes}{labels}<polyline points="{line}" fill="none" stroke="#1f6fb4" stroke-width="1.5"/>'


def _limits(values: Iterable[float]) -> tuple[float, float]:
    """Least and largest value, apart even where they are equal."""
    listed = list(values)
    low, high = min(listed), max(listed)
    return (low, high) if high > low else (low - 0.5, high + 0.5)
