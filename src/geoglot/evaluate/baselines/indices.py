"""Rules of physics with published thresholds, fitted on nothing: water, clouds, change.

water, optical    MNDWI = (green - swir16) / (green + swir16) > 0             Xu, IJRS 27(14) 2006
water, radar      VV below Otsu's threshold of the image                       Otsu, IEEE TSMC 9(1) 1979
clouds            potential cloud pixels of Fmask, without the thermal test    Zhu & Woodcock, RSE 118 (2012)
change            length of the change vector above Otsu's threshold           Malila, LARS (1980); Otsu 1979
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from geoglot.conversation import Answer, Conversation
from geoglot.errors import InputError
from geoglot.evaluate.baselines.example import reply, scene_of
from geoglot.models.protocol import Model
from geoglot.regions import Mask
from geoglot.scenes import Scene
from geoglot.tasks import Parsed, TaskName

Pixels = NDArray[np.bool_]


class Indices(Model):
    """The rule that the question's words ask for, pixel by pixel."""

    def __init__(self, name: str) -> None:
        self.name = name

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        """Give the mask, or the share of the image where an area is asked for.

        Raises InputError without an image or for a question about anything else, BandError for missing bands.
        """
        scene = scene_of(conversation)
        question = conversation.question.text.casefold()
        rule = next((rule for word, rule in RULES.items() if word in question), None)
        if rule is None:
            raise InputError("no rule tells that", value=conversation.question.text, expected=", ".join(RULES))
        inside = rule(scene)
        if task is TaskName.AREA:
            truth = Parsed(100 * float(inside.mean()), unit="%")
        else:
            truth = Parsed(regions=(Mask.from_array(inside),) if inside.any() else ())
        text = f"{inside.mean():.0%} of the image"
        return reply(self.name, "", truth, task=task or TaskName.SEGMENT, text=text, confidence=0.5)


def water(scene: Scene) -> Pixels:
    """Tell where water is, by MNDWI or by radar."""
    frame = scene.frame
    if frame.has("vv"):
        (vv,) = frame.bands("vv")
        dark: Pixels = np.nan_to_num(vv, nan=np.inf) < otsu(vv)
        return dark
    green, swir = frame.bands("green", "swir16").astype(np.float64)
    wet: Pixels = _ratio(green - swir, green + swir) > 0
    return wet


def cloud(scene: Scene) -> Pixels:
    """Tell where clouds may be: bright, white, hazy, neither snow nor vegetation."""
    blue, green, red, nir, swir16, swir22 = scene.frame.bands("blue", "green", "red", "nir", "swir16", "swir22").astype(
        np.float64
    )
    ndsi, ndvi = _ratio(green - swir16, green + swir16), _ratio(nir - red, nir + red)
    mean = (blue + green + red) / 3
    whiteness = sum(np.abs(_ratio(band - mean, mean)) for band in (blue, green, red))
    basic = (swir22 > 0.03) & (ndsi < 0.8) & (ndvi < 0.8)
    inside: Pixels = basic & (whiteness < 0.7) & (blue - 0.5 * red - 0.08 > 0) & (_ratio(nir, swir16) > 0.75)
    return inside


def change(scene: Scene) -> Pixels:
    """Tell where the last frame differs from the first by more than most pixels do."""
    if len(scene.frames) < 2:
        raise InputError("change needs two images", value=len(scene.frames))
    before, after = (_standard(frame.bands().astype(np.float64)) for frame in (scene.frames[0], scene.frames[-1]))
    length = np.sqrt(((after - before) ** 2).sum(axis=0))  # (H, W)
    changed: Pixels = np.nan_to_num(length) > otsu(length)
    return changed


def otsu(values: NDArray[np.floating]) -> float:
    """Give the threshold that parts values into two groups with the least spread inside them."""
    known = values[np.isfinite(values)]
    counts, edges = np.histogram(known, bins=256)
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    total = np.cumsum(counts * centres)
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = total / below - (total[-1] - total) / (below[-1] - below)
        between = np.nan_to_num(below * (below[-1] - below) * gap**2)
    return float(edges[int(np.argmax(between)) + 1])


def _standard(bands: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each band with mean 0 and spread 1, so that another light is no change."""
    mean = np.nanmean(bands, axis=(1, 2), keepdims=True)
    spread = np.nanstd(bands, axis=(1, 2), keepdims=True)
    standard: NDArray[np.float64] = (bands - mean) / np.where(spread > 0, spread, 1.0)
    return standard


def _ratio(above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


RULES: dict[str, Callable[[Scene], Pixels]] = {"water": water, "cloud": cloud, "change": change}
