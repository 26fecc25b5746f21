"""What was shown, with the true and the said regions over it, as a JPEG inside the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import replace

from PIL import Image

from geoglot.answers.picture import draw
from geoglot.conversation import Sample
from geoglot.evaluate.forms import regions_of
from geoglot.evaluate.result import Record
from geoglot.regions import Mask, Region
from geoglot.scenes import Frame

SIDE_PX = 360
QUALITY = 82
TRUE, SAID = "true", "said"


def data_uri(record: Record, sample: Sample) -> str:
    """Give the picture of a sample's image, several frames side by side; "" for a sample without one."""
    scene = sample.conversation.scene
    if scene is None:
        return ""
    shown = [_drawn(frame, record) for frame in (scene.frames[0], scene.frames[-1])[: len(scene.frames)]]
    whole = Image.new("RGB", (sum(one.width for one in shown) + 4 * (len(shown) - 1), shown[0].height))
    left = 0
    for one in shown:
        whole.paste(one, (left, 0))
        left += one.width + 4
    store = io.BytesIO()
    whole.save(store, "JPEG", quality=QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(store.getvalue()).decode('ascii')}"


def _drawn(frame: Frame, record: Record) -> Image.Image:
    width, height = frame.size
    factor = SIDE_PX / max(width, height)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    base = frame.picture(size=size).convert("RGB")
    regions = [*_named(record.truth, TRUE), *_named(record.prediction, SAID)]
    return draw(base, [_scaled(region, size[0] / width, size[1] / height) for region in regions])


def _named(form: object, label: str) -> Sequence[Region]:
    """Regions with one label for all, so that truth and answer have one colour each, and no scores."""
    found = regions_of(form)  # type: ignore[arg-type]
    return [replace(region, label=label, score=None) for region in found]


def _scaled(region: Region, sx: float, sy: float) -> Region:
    return region.scaled(sx, sy) if not isinstance(region, Mask) or region.area_px else region.bounds
