"""A scene in a notebook: pictures and a few facts as one piece of HTML."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING

from geoglot.errors import GeoglotError

if TYPE_CHECKING:
    from geoglot.scenes.scene import Frame, Scene

_SIDE_PX = 320
_FRAMES_SHOWN = 6
# Squares show through where a picture has no data.
_CHECKER = "background:repeating-conic-gradient(#ddd 0 25%,#fff 0 50%) 0 0/16px 16px"


def scene_html(scene: Scene) -> str:
    """Give pictures of up to six frames and a table of facts; self-contained, all text escaped."""
    shown = [scene.frames[index] for index in range(min(len(scene.frames), _FRAMES_SHOWN))]
    rows = "".join(
        f'<tr><th style="text-align:left;padding-right:1em">{escape(name)}</th>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in _facts(scene)
    )
    figures = "".join(f'<figure style="margin:0 8px 8px 0">{_figure(frame)}</figure>' for frame in shown)
    return (
        f'<div style="display:flex;flex-wrap:wrap">{figures}</div>'
        f'<table style="border-collapse:collapse;font-size:90%">{rows}</table>'
    )


def _figure(frame: Frame) -> str:
    caption = frame.time.date().isoformat() if frame.time else frame.paths[0].name
    try:
        width, height = frame.size
        scale = min(1.0, _SIDE_PX / max(width, height))
        shown = frame.picture(size=(max(1, round(width * scale)), max(1, round(height * scale))))
    except GeoglotError as error:
        return f"<figcaption>{escape(caption)}: {escape(str(error))}</figcaption>"
    stream = io.BytesIO()
    shown.save(stream, "PNG")
    data = base64.b64encode(stream.getvalue()).decode("ascii")
    return (
        f'<img style="{_CHECKER}" alt="{escape(frame.sensor.title)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{escape(caption)}</figcaption>"
    )


def _facts(scene: Scene) -> list[tuple[str, str]]:
    frame = scene.frame
    count = len(scene.frames)
    facts = [
        ("kind", f"{scene.kind}, {count} frames" if count > 1 else str(scene.kind)),
        ("sensor", f"{frame.sensor.title} ({frame.told_by})"),
        ("bands", ", ".join(frame.band_names[:16]) + (" …" if len(frame.band_names) > 16 else "")),
        ("size", f"{frame.size[0]} x {frame.size[1]} px"),
        ("GSD", f"{frame.gsd_m:.4g} m" if frame.gsd_m else "not known"),
        ("CRS", (frame.crs or "none")[:80]),
        ("time", frame.time.isoformat() if frame.time else "not known"),
    ]
    return facts + [("note", warning) for warning in dict.fromkeys((*scene.warnings, *frame.warnings))]
