"""An answer as one HTML page with everything inside, readable offline."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

import geoglot.scenes.write
from geoglot.answers.document import as_json
from geoglot.answers.ground import scene_of
from geoglot.answers.picture import picture
from geoglot.conversation import Answer, Json
from geoglot.regions import Region
from geoglot.scenes import Frame

_TEMPLATES = Path(geoglot.scenes.write.__file__).parent
_ROWS = 200  # regions listed; a page with thousands is a table nobody reads, and GeoPackage holds them all


def page(answer: Answer) -> str:
    """Give the page: question, answer, picture, regions, files, and which model said so.

    Raises InputError for an answer without a scene, and as reading the image does.
    """
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    document = as_json(answer)
    rows = [_row(region, found) for region, found in zip(answer.regions, _objects(document["regions"]), strict=True)]
    return environment.get_template("answer.html.j2").render(
        answer=answer,
        value=_value(answer),
        picture=_data_uri(answer),
        facts=_facts(scene_of(answer).frame),
        regions=rows[:_ROWS],
        left_out=len(rows) - len(rows[:_ROWS]),
        inputs=_objects(document["inputs"]),
        query=json.dumps(dict(answer.query), ensure_ascii=False) if answer.query else "",
    )


def _objects(documents: Json) -> list[dict[str, Json]]:
    return [dict(one) for one in documents if isinstance(one, dict)] if isinstance(documents, list) else []


def _value(answer: Answer) -> str:
    """The typed value in words; nothing where the text says it all."""
    value = answer.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    said = ", ".join(value) if isinstance(value, tuple) else f"{value:,.6g}" if isinstance(value, float) else str(value)
    return f"{said} {answer.unit}" if answer.unit else said


def _data_uri(answer: Answer) -> str:
    """The picture as a JPEG inside the page: a tenth of a PNG, and not to be measured on."""
    stream = io.BytesIO()
    picture(answer).save(stream, "JPEG", quality=90, subsampling=0)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"


def _facts(frame: Frame) -> list[tuple[str, str]]:
    """What the first frame is, in short."""
    facts = [("sensor", frame.sensor.title), ("size", f"{frame.size[0]} × {frame.size[1]} px")]
    if frame.gsd_m:
        facts.append(("pixel", f"{frame.gsd_m:,.3g} m"))
    if frame.time:
        facts.append(("taken", frame.time.strftime("%Y-%m-%d %H:%M UTC")))
    if frame.grid.located:
        lon, lat = frame.grid.to_lonlat([(frame.size[0] / 2, frame.size[1] / 2)])[0]
        facts.append(
            ("middle", f"{abs(lat):.5f}° {'S' if lat < 0 else 'N'}, {abs(lon):.5f}° {'W' if lon < 0 else 'E'}")
        )
    else:
        facts.append(("place", "not known"))
    return facts


def _row(region: Region, found: dict[str, Json]) -> dict[str, str]:
    """A region as a line of the table."""
    x, y = region.bounds.centre
    lonlat, area = found.get("lonlat"), found.get("area_m2")
    place = ""
    if isinstance(lonlat, list) and lonlat and isinstance(lonlat[0], list):
        place = f"{lonlat[0][1]:.5f}, {lonlat[0][0]:.5f}"
    return {
        "label": region.label or "—",
        "kind": region.type,
        "score": "—" if region.score is None else f"{region.score:.0%}",
        "pixels": f"{x:.0f}, {y:.0f}",
        "place": place or "—",
        "area": f"{area:,.0f}" if isinstance(area, float) else "—",
    }
