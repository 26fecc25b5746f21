"""Colour and texture of a whole image as one vector, for any bands: what was used before networks.

Nine quantiles, mean and spread of every band; of their mean the strength of edges at three scales, their directions,
the power spectrum, and the pattern of each pixel against its eight neighbours (rotation-invariant uniform local binary
patterns). Directions are taken from the strongest on: north means nothing to a scene.

Sources: Swain and Ballard, IJCV 7 (1991) for colour; Ojala et al., IEEE TPAMI 24(7) 2002 for the patterns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoglot.scenes import Frame, Scene

LONGEST_PX = 256
_QUANTILES = (2, 5, 10, 25, 50, 75, 90, 95, 98)
_DIRECTIONS = 8
_PATTERNS = 10
_EDGES = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, np.inf)  # strength of edges, in spreads of the image a pixel
_OCTAVES = (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4)  # cycles a pixel
_RING = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))

Layer = NDArray[np.float64]


def features(scene: Scene) -> NDArray[np.float64]:
    """Give (D,), D fixed by the number of bands and frames; of several frames also what differs between the ends."""
    parts = [_of_frame(frame) for frame in scene.frames]
    return np.concatenate([*parts, parts[-1] - parts[0]] if len(parts) > 1 else parts)


def _of_frame(frame: Frame) -> NDArray[np.float64]:
    width, height = frame.size
    shrink = max(1.0, max(width, height) / LONGEST_PX)
    pixels = frame.bands(size=(max(3, round(width / shrink)), max(3, round(height / shrink)))).astype(np.float64)
    colour = [_colour(layer) for layer in pixels]
    grey = np.stack([_levelled(layer) for layer in pixels]).mean(axis=0)  # (H, W)
    return np.concatenate([*colour, _texture(grey)])


def _colour(layer: Layer) -> NDArray[np.float64]:
    known = layer[np.isfinite(layer)]
    if not known.size:
        return np.zeros(len(_QUANTILES) + 2)
    return np.concatenate([np.percentile(known, _QUANTILES), [known.mean(), known.std()]])


def _levelled(layer: Layer) -> Layer:
    """The layer with mean 0 and spread 1; 0 where nothing was measured."""
    known = np.isfinite(layer)
    if not known.any():
        return np.zeros_like(layer)
    mean, spread = float(layer[known].mean()), float(layer[known].std()) or 1.0
    return np.where(known, (layer - mean) / spread, 0.0)


def _texture(grey: Layer) -> NDArray[np.float64]:
    scales = [grey]
    while len(scales) < 3 and min(scales[-1].shape) >= 6:
        scales.append(_halved(scales[-1]))
    scales += [scales[-1]] * (3 - len(scales))  # a tiny image repeats its coarsest scale
    gradients = [np.gradient(scale) for scale in scales]
    strengths = [np.hypot(across, down) for down, across in gradients]
    spread = [part for strength in strengths for part in (strength.mean(), strength.std())]
    edges = np.histogram(strengths[0], bins=_EDGES)[0] / strengths[0].size
    patterns = [_patterns(scale) for scale in scales[:2]]
    return np.concatenate([spread, edges, _directions(*gradients[0]), *patterns, _spectrum(scales[1])])


def _halved(grey: Layer) -> Layer:
    height, width = (side // 2 * 2 for side in grey.shape)
    even = grey[:height, :width]
    halved: Layer = even.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3))
    return halved


def _directions(down: Layer, across: Layer) -> NDArray[np.float64]:
    """Share of edge strength by direction, from the strongest direction on, so that north does not matter."""
    strength = np.hypot(across, down).ravel()
    place = ((np.arctan2(down, across) % np.pi) / np.pi * _DIRECTIONS).astype(int).ravel() % _DIRECTIONS
    shares = np.bincount(place, weights=strength, minlength=_DIRECTIONS)
    return np.roll(shares / (shares.sum() or 1.0), -int(np.argmax(shares)))


def _patterns(grey: Layer) -> NDArray[np.float64]:
    """Shares of the ten uniform patterns: how many neighbours are not darker, and all others together."""
    height, width = grey.shape
    inner = grey[1:-1, 1:-1]
    ring = np.stack([grey[1 + dy : height - 1 + dy, 1 + dx : width - 1 + dx] >= inner for dy, dx in _RING])
    changes = (ring != np.roll(ring, 1, axis=0)).sum(axis=0, dtype=np.uint8)
    code = np.where(changes <= 2, ring.sum(axis=0, dtype=np.uint8), _PATTERNS - 1)
    counts = np.bincount(code.ravel(), minlength=_PATTERNS).astype(np.float64)
    shares: NDArray[np.float64] = counts / max(float(counts.sum()), 1.0)
    return shares


def _spectrum(grey: Layer) -> NDArray[np.float64]:
    """Logarithm of the power in octaves of frequency, and the shares of its directions, strongest first."""
    power = np.abs(np.fft.rfft2(grey)) ** 2
    down, across = np.fft.fftfreq(grey.shape[0])[:, None], np.fft.rfftfreq(grey.shape[1])
    frequency = np.hypot(down, across)  # cycles a pixel
    octave = np.digitize(frequency, _OCTAVES)
    total = np.bincount(octave.ravel(), weights=power.ravel(), minlength=len(_OCTAVES) + 1)
    count = np.bincount(octave.ravel(), minlength=len(_OCTAVES) + 1)
    means = np.log(total / np.maximum(count, 1) + 1e-6)[1:]
    place = ((np.arctan2(down, across) % np.pi) / np.pi * _DIRECTIONS).astype(int) % _DIRECTIONS
    shares = np.bincount(place.ravel(), weights=np.where(frequency > 0, power, 0).ravel(), minlength=_DIRECTIONS)
    return np.concatenate([means, np.sort(shares / (shares.sum() or 1.0))[::-1]])
