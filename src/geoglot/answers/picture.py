"""An answer as a picture: its regions with labels and scores over the frame they lie in."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from geoglot.answers.colours import colours_of, on_top
from geoglot.answers.ground import frame_of, scene_of
from geoglot.conversation import Answer
from geoglot.regions import Box, Mask, Path, Point, Polygon, Region
from geoglot.scenes.write.classes import Colour

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

_LEAST_SIDE_PX = 640  # smaller images are enlarged by whole factors: labels need room, and pixels stay pixels
_FINE = 2  # lines are drawn twice as large and shrunk, which smooths them
_DARK: Colour = (16, 20, 24)
_MARGIN_PX = 8
_MOST_TAGS = 60  # more than anybody reads; the legend counts the rest

Area = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels of the picture."""


def picture(answer: Answer) -> Image:
    """Draw the regions of the first frame that has any over that frame, with a legend below.

    Raises InputError for an answer without a scene, and as reading the image does.
    """
    index = min((region.frame for region in answer.regions), default=0)
    frame = frame_of(answer, index) if answer.regions else scene_of(answer).frame
    base = _enlarged(frame.picture().convert("RGB"))
    sx, sy = base.width / frame.size[0], base.height / frame.size[1]
    left, top = frame.origin_px
    shown = [region.shifted(-left, -top) for region in answer.regions if region.frame == index]
    inside = [cut.scaled(sx, sy) for region in shown if (cut := region.clipped(*frame.size))]
    return draw(base, inside)


def draw(base: Image, regions: Sequence[Region]) -> Image:
    """Draw regions, in pixels of `base`, over it; large ones first. With a legend if there are several labels."""
    from PIL import Image as Images

    colours = colours_of(regions)
    ordered = sorted(regions, key=lambda region: -region.area_px)
    overlay = Images.new("RGBA", (base.width * _FINE, base.height * _FINE), (0, 0, 0, 0))
    for region in ordered:
        _draw_region(overlay, region.scaled(_FINE, _FINE), colours[region.label or ""], _line_px(base) * _FINE)
    out = Images.alpha_composite(base.convert("RGBA"), overlay.resize(base.size, Images.Resampling.BOX)).convert("RGB")
    _draw_tags(out, ordered, colours)
    return _with_legend(out, regions, colours)


def _enlarged(base: Image) -> Image:
    from PIL import Image as Images

    factor = math.ceil(_LEAST_SIDE_PX / max(base.size))
    return base.resize((base.width * factor, base.height * factor), Images.Resampling.NEAREST) if factor > 1 else base


def _line_px(base: Image) -> int:
    return max(2, round(max(base.size) / 420))


def _draw_region(overlay: Image, region: Region, colour: Colour, line_px: int) -> None:
    """A translucent area with a line around it, on a darker line that parts it from a bright ground."""
    from PIL import ImageDraw

    pen = ImageDraw.Draw(overlay, "RGBA")
    rings = list(_rings(region))
    if isinstance(region, Point):
        ((x, y),), reach = rings[0], 3 * line_px
        pen.ellipse((x - reach - 2, y - reach - 2, x + reach + 2, y + reach + 2), fill=(*_DARK, 200))
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=(*colour, 255))
        return
    if isinstance(region, Mask | Polygon):
        _fill(overlay, _inside(region, overlay.size), (*colour, 90))
    closing = 0 if isinstance(region, Path) else 1
    for width, ink in ((line_px + 2 * _FINE, (*_DARK, 170)), (line_px, (*colour, 255))):
        for ring in rings:
            pen.line([*ring, *ring[:2]] if closing else ring, fill=ink, width=width, joint="curve")
    if isinstance(region, Path):
        _arrow(overlay, rings[0], colour, 6 * line_px)


def _rings(region: Region) -> Iterator[list[tuple[float, float]]]:
    """The lines of a region: rings of an area, with holes, or the line of a path."""
    if isinstance(region, Mask):
        for piece in region.polygons():
            yield from map(list, piece.rings)
    elif isinstance(region, Polygon):
        yield from map(list, region.rings)
    else:
        yield [(x, y) for x, y in region.outline.tolist()]


def _inside(region: Mask | Polygon, size: tuple[int, int]) -> Image:
    """The pixels of an area as a black and white image; of a polygon, what an odd number of rings surrounds."""
    from PIL import Image as Images
    from PIL import ImageChops, ImageDraw

    if isinstance(region, Mask):
        return Images.fromarray(region.to_array(size))
    inside = Images.new("1", size)
    for ring in region.rings:
        one = Images.new("1", size)
        ImageDraw.Draw(one).polygon(ring, fill=1)
        inside = ImageChops.logical_xor(inside, one)
    return inside


def _fill(overlay: Image, inside: Image, ink: tuple[int, int, int, int]) -> None:
    """Lay a translucent colour over what is drawn there already."""
    from PIL import Image as Images

    layer = Images.new("RGBA", overlay.size, ink)
    overlay.paste(Images.alpha_composite(overlay, layer), mask=inside)


def _arrow(overlay: Image, line: Sequence[tuple[float, float]], colour: Colour, reach: float) -> None:
    """A dot where a path begins and a head where it ends."""
    from PIL import ImageDraw

    pen = ImageDraw.Draw(overlay, "RGBA")
    (sx, sy), (bx, by), (ex, ey) = line[0], line[-2], line[-1]
    pen.ellipse((sx - reach / 2, sy - reach / 2, sx + reach / 2, sy + reach / 2), fill=(*colour, 255))
    angle = math.atan2(ey - by, ex - bx)
    sides = [(ex - reach * math.cos(angle + turn), ey - reach * math.sin(angle + turn)) for turn in (0.45, -0.45)]
    pen.polygon([(ex, ey), *sides], fill=(*colour, 255))


def _draw_tags(out: Image, regions: Sequence[Region], colours: dict[str, Colour]) -> None:
    """Label and score beside each region, best scores first; none where it would hide another tag or small region."""
    from PIL import ImageDraw

    pen, font = ImageDraw.Draw(out), _font(max(12, min(22, round(max(out.size) / 55))))
    high = font.size + 6
    small = [(region, box) for region in regions if max((box := region.bounds).width, box.height) < 4 * high]
    taken: list[Area] = []
    for region in sorted(regions, key=lambda region: -(region.score or 0))[:_MOST_TAGS]:
        text = _tag(region)
        wide = pen.textlength(text, font=font) + 8
        others = [*taken, *((box.x0, box.y0, box.x1, box.y1) for one, box in small if one is not region)]
        place = next((spot for spot in _spots(region, wide, high, out.size) if not _hits(spot, others)), None)
        if not text or place is None:
            continue
        taken.append(place)
        colour = colours[region.label or ""]
        pen.rounded_rectangle(place, radius=3, fill=colour)
        pen.text((place[0] + 4, place[1] + high / 2), text, fill=on_top(colour), font=font, anchor="lm")


def _tag(region: Region) -> str:
    score = "" if region.score is None else f"{region.score:.0%}"
    return " ".join(part for part in (_short(region.label or ""), score) if part)


def _short(label: str) -> str:
    return label if len(label) <= 32 else f"{label[:31]}…"


def _spots(region: Region, wide: float, high: float, size: tuple[int, int]) -> Iterator[Area]:
    """Places for a tag, the best first: above, below, inside, right and left of a region."""
    gap = 12 if isinstance(region, Point) else 0
    box = Box(region.bounds.x0 - gap, region.bounds.y0 - gap, region.bounds.x1 + gap, region.bounds.y1 + gap)
    corners = [(box.x0, box.y0 - high - 2), (box.x0, box.y1 + 2)]
    if box.width > 2 * wide and box.height > 2 * high:
        corners.append((box.x0 + 3, box.y0 + 3))
    corners += [(box.x1 + 2, box.y0), (box.x0 - wide - 2, box.y0)]
    for x, y in corners:
        x = min(max(0.0, x), size[0] - wide)
        if x >= 0 and 0 <= y <= size[1] - high:
            yield x, y, x + wide, y + high


def _hits(spot: Area, taken: Sequence[Area]) -> bool:
    x0, y0, x1, y1 = spot
    return any(x0 < b2 and b0 < x1 and y0 < b3 and b1 < y1 for b0, b1, b2, b3 in taken)


def _with_legend(out: Image, regions: Sequence[Region], colours: dict[str, Colour]) -> Image:
    """The picture above a strip that names every colour and counts its regions; as it is for a single label."""
    from PIL import Image as Images
    from PIL import ImageDraw

    if len(colours) < 2:
        return out
    font = _font(14)
    counts = Counter(region.label or "" for region in regions)
    entries = [(f"{_short(label) or 'unnamed'} ({counts[label]})", colour) for label, colour in colours.items()]
    places, high = _flow([font.getlength(text) + 34 for text, _ in entries], out.width, row_px=24)
    whole = Images.new("RGB", (out.width, out.height + high), _DARK)
    whole.paste(out)
    pen = ImageDraw.Draw(whole)
    for (x, y), (text, colour) in zip(places, entries, strict=True):
        pen.rounded_rectangle((x, out.height + y + 5, x + 14, out.height + y + 19), radius=3, fill=colour)
        pen.text((x + 20, out.height + y + 12), text, fill=(235, 238, 240), font=font, anchor="lm")
    return whole


def _flow(widths: Sequence[float], room: int, *, row_px: int) -> tuple[list[tuple[float, float]], int]:
    """Where entries of these widths go, row by row, and how high all rows are."""
    x, y = float(_MARGIN_PX), float(_MARGIN_PX)
    places = []
    for width in widths:
        if x + width > room and x > _MARGIN_PX:
            x, y = float(_MARGIN_PX), y + row_px
        places.append((x, y))
        x += width
    return places, round(y) + row_px + _MARGIN_PX


def _font(size: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)  # type: ignore[return-value]  # a FreeType font whenever Pillow has FreeType
