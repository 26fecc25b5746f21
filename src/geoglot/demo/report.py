"""Draw the report: one HTML file with everything inside, readable offline."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from geoglot import __version__
from geoglot.demo.asking import Asked, Section
from geoglot.demo.chart import draw
from geoglot.errors import GeoglotError
from geoglot.scenes import Frame, Scene
from geoglot.scenes.describe import describe_frame
from geoglot.scenes.write import writing

PICTURE_PX = 520
FRAMES_SHOWN = 6


def write_report(sections: Sequence[Section], path: Path, *, model: str) -> Path:
    """Write the report to `path`, whole, then named."""
    environment = Environment(loader=PackageLoader("geoglot.demo"), autoescape=True, undefined=StrictUndefined)
    template = environment.get_template("report.html.j2")
    page = template.render(
        version=__version__,
        model=model,
        sections=[_section(number, section) for number, section in enumerate(sections, start=1)],
        totals=_totals(sections),
    )
    with writing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def _totals(sections: Sequence[Section]) -> dict[str, object]:
    asked = [one for section in sections for one in section.asked]
    return {
        "scenes": len(sections),
        "unread": sum(section.scene is None for section in sections),
        "questions": len(asked),
        "unsure": sum(one.answer is not None and one.answer.unsure for one in asked),
        "failed": sum(one.answer is None for one in asked),
        "seconds": sum(section.read_s for section in sections) + sum(one.seconds for one in asked),
    }


def _section(number: int, section: Section) -> dict[str, object]:
    scene = section.scene
    return {
        "number": number,
        "title": section.case.title,
        "note": section.case.note,
        "trouble": section.trouble,
        "read_s": section.read_s,
        "facts": _facts(scene) if scene else [],
        "pictures": _pictures(scene) if scene else [],
        "asked": [_asked(one) for one in section.asked],
        "chart": _chart(section) if scene else None,
    }


def _facts(scene: Scene) -> list[tuple[str, str]]:
    facts = describe_frame(scene.frame)
    width, height = scene.size
    pairs = [
        ("kind", f"{scene.kind}, {len(scene.frames)} frames" if len(scene.frames) > 1 else str(scene.kind)),
        ("sensor", f"{scene.sensor.title} ({scene.frame.told_by})"),
        ("bands", ", ".join(scene.frame.band_names[:13]) + (" …" if len(scene.frame.channels) > 13 else "")),
        ("unit", ", ".join(sorted({str(channel.band.unit) for channel in scene.frame.channels}))),
        ("size", f"{width} x {height} px"),
        (
            "GSD",
            f"{scene.gsd_m:g} m"
            if scene.gsd_m and scene.gsd_m >= 10
            else f"{scene.gsd_m:.2g} m"
            if scene.gsd_m
            else "",
        ),
        ("CRS", str(facts["crs"] or "none: answers stay in pixels")),
        ("time", str(facts["time"] or "unknown")),
    ]
    return [(name, value) for name, value in pairs if value]


def _pictures(scene: Scene) -> list[dict[str, str]]:
    count = len(scene.frames)
    chosen = sorted(
        {round(i * (count - 1) / max(1, min(count, FRAMES_SHOWN) - 1)) for i in range(min(count, FRAMES_SHOWN))}
    )
    size = PICTURE_PX if len(chosen) == 1 else PICTURE_PX // 2
    return [{"data": _picture(scene.frames[i], size), "name": _frame_name(scene.frames[i], i)} for i in chosen]


def _picture(frame: Frame, size: int) -> str:
    try:
        return _data_uri(frame.picture(), size)
    except GeoglotError:
        return ""


def _frame_name(frame: Frame, index: int) -> str:
    if frame.time:
        return frame.time.strftime("%Y-%m-%d %H:%M:%S").removesuffix(" 00:00:00")
    return f"frame {index}" if index else ""


def _asked(one: Asked) -> dict[str, object]:
    answer = one.answer
    return {
        "question": one.question,
        "trouble": one.trouble,
        "seconds": one.seconds,
        "answer": answer,
        "picture": _data_uri(answer.picture(), PICTURE_PX) if answer is not None and answer.regions else "",
        "evidence": ", ".join(answer.evidence[:12]) + (" …" if len(answer.evidence) > 12 else "") if answer else "",
    }


def _chart(section: Section) -> dict[str, object] | None:
    """The map of the first answer that has regions in the first frame, or of the frame alone."""
    assert section.scene is not None
    frame = section.scene.frame
    placed = [one.answer for one in section.asked if one.answer is not None and one.answer.regions]
    regions = [region for region in placed[0].regions if region.frame == 0] if placed else []
    try:
        chart = draw(frame, regions[:200])
    except GeoglotError:
        return None
    if chart is None:
        return None
    return {
        "chart": chart,
        "data": _data_uri(chart.picture, max(chart.picture.size)),
        "of": placed[0].question if placed else "",
    }


def _data_uri(picture: Image.Image, most_px: int) -> str:
    """The picture as a data URI: JPEG, or PNG where parts are transparent."""
    if max(picture.size) > most_px:
        picture = picture.copy()
        picture.thumbnail((most_px, most_px))
    elif max(picture.size) < most_px // 2:
        factor = most_px // 2 // max(picture.size) + 1
        picture = picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    if picture.mode == "RGBA":
        picture.save(buffer, "WEBP", quality=80)
        kind = "webp"
    else:
        picture.convert("RGB").save(buffer, "JPEG", quality=82)
        kind = "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
