"""Statistics by which simulated and real images are compared; all are blind to brightness and contrast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def spectrum_slope(grey: NDArray[np.float64]) -> float:
    """Slope of log mean power against log frequency, from 4 cycles an image to 0.35 cycles a pixel.

    The image is windowed (Hann) and its power averaged over rings.
    """
    size = min(grey.shape)
    part = grey[:size, :size] - grey[:size, :size].mean()
    window = np.hanning(size)
    power = np.abs(np.fft.fftshift(np.fft.fft2(part * window[:, None] * window[None, :]))) ** 2
    axis = np.arange(size) - size // 2
    ring = np.hypot(axis[:, None], axis[None, :]).astype(int)
    mean = np.bincount(ring.ravel(), power.ravel()) / np.maximum(1, np.bincount(ring.ravel()))
    at = np.arange(4, int(0.35 * size))
    return float(np.polyfit(np.log(at), np.log(mean[at] + 1e-12), 1)[0])


def gradient_kurtosis(grey: NDArray[np.float64]) -> float:
    """Kurtosis of horizontal and vertical differences (3 for Gaussian noise, high where edges are sparse)."""
    steps = np.concatenate([np.diff(grey, axis=0).ravel(), np.diff(grey, axis=1).ravel()])
    spread = steps.std()
    return float(((steps - steps.mean()) ** 4).mean() / max(spread**4, 1e-30))


def colour_ratios(image: NDArray[np.float64]) -> tuple[float, float]:
    """Second and third eigenvalue of the colour covariance over the first; image (3, H, W)."""
    values = np.linalg.eigvalsh(np.cov(image.reshape(3, -1)))[::-1]
    return float(values[1] / max(values[0], 1e-30)), float(values[2] / max(values[0], 1e-30))


def local_entropy(grey: NDArray[np.float64], cell: int = 8) -> NDArray[np.float64]:
    """Quartiles of the entropy (bits) of 16 grey levels in cells, stretched between the 1st and 99th percentile."""
    low, high = np.percentile(grey, [1, 99])
    level = np.clip((grey - low) / max(high - low, 1e-30) * 16, 0, 15.999).astype(int)
    rows, columns = level.shape[0] // cell, level.shape[1] // cell
    cells = level[: rows * cell, : columns * cell].reshape(rows, cell, columns, cell).transpose(0, 2, 1, 3)
    flat = cells.reshape(rows * columns, cell * cell)
    counts = np.stack([(flat == k).sum(axis=1) for k in range(16)], axis=1) / (cell * cell)
    entropy = -(counts * np.log2(np.maximum(counts, 1e-12))).sum(axis=1)
    return np.percentile(entropy, [25, 50, 75])


def grey_of(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """Luma of (3, H, W), or the only band."""
    weights = np.array([0.299, 0.587, 0.114]) if len(image) == 3 else np.ones(1)
    return np.tensordot(weights, image, 1)


def statistics(image: NDArray[np.float64]) -> dict[str, float]:
    """All statistics of one image (C, H, W); colour ones only for three bands."""
    grey = grey_of(image)
    quartiles = local_entropy(grey)
    found = {
        "spectrum slope": spectrum_slope(grey),
        "gradient kurtosis": gradient_kurtosis(grey),
        "entropy quartile 1": float(quartiles[0]),
        "entropy median": float(quartiles[1]),
        "entropy quartile 3": float(quartiles[2]),
    }
    if len(image) == 3:
        second, third = colour_ratios(image)
        found |= {"colour ratio 2": second, "colour ratio 3": third}
    return found
