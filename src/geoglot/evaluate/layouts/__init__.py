"""Prediction files of other tools, recognised by their structure. One file a layout; the first that fits reads."""

from __future__ import annotations

from pathlib import Path

from geoglot.errors import ReadError
from geoglot.evaluate.layouts import coco, dota, earthdial, geochat, geoglot, lhrs, rsvg, vrsbench
from geoglot.evaluate.layouts.layout import Layout, Reading, open_source

LAYOUTS: tuple[Layout, ...] = (
    geoglot.LAYOUT,
    earthdial.LAYOUT,
    vrsbench.LAYOUT,
    geochat.LAYOUT,
    lhrs.LAYOUT,
    rsvg.LAYOUT,
    coco.LAYOUT,
    dota.LAYOUT,
)
"""In the order in which they are tried: of two that fit, the more special stands first."""

__all__ = ["LAYOUTS", "Layout", "Reading", "read_predictions"]


def read_predictions(path: Path, *, truth: Path | None = None) -> Reading:
    """Read a prediction file or folder in any known layout.

    truth: where the truth stands, for layouts that keep it apart. Raises ReadError if the file cannot be read
    or its structure is none of the known ones; nothing is guessed from the content of answers.
    """
    source = open_source(path, truth)
    for layout in LAYOUTS:
        if layout.fits(source):
            return layout.read(source)
    raise ReadError(
        "this is no prediction file of a known layout",
        value=", ".join(sorted(source.keys)) or str(path),
        expected=f"one of {', '.join(layout.name for layout in LAYOUTS)}",
        hint="docs/metrics.md describes each of them",
    )
