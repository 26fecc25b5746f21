"""`python -m tests.bench.order SHARDS`: how often colours alone tell that the bands of a picture are in another order.

Two rules, a line and a small network, score the six orders of a picture's bands by statistics of its colours; they are
fitted on training images whose licence lets weights be passed on. A picture is flagged where another order scores
higher than its own by more than a limit. Told: which share of validation images is flagged as they are, and which in
the five other orders, for limits that flag some share of good pictures; of sets that were taught, and of others.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from geoglot.train import shard

TAUGHT = ("ucm_landuse", "eurosat_rgb5", "eurosat_rgb_5class", "aerial_cars", "oam_kampala", "neon_trees",
          "simulated-optical", "simulated-homes")  # fmt: skip
GROUPS = {
    "photographs of taught sets": ("ucm_landuse", "aerial_cars", "oam_kampala", "neon_trees"),
    "EuroSAT": ("eurosat_rgb5", "eurosat_rgb_5class"),
    "photographs of other sets": ("aid_scenes", "rsscn7", "simd_vehicles", "ships_optical", "airbus_airplanes"),
}
ORDERS = tuple(itertools.permutations(range(3)))  # the first is as it was
COLOURS = ("red", "green", "blue")
PIXELS, TILE_PX, MOST_TAUGHT, MOST_JUDGED = 1024, 256, 700, 250
ALARMS = (0.01, 0.02, 0.05, 0.1, 0.2)
QUANTILES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
BRIGHTNESS = (0.0, 0.1, 0.3, 0.7, 0.9, 1.0)
HIDDEN, EPOCHS, BATCH = 32, 15, 256

Array = NDArray[np.float32]
Rule = Callable[[Array], NDArray[np.float64]]
"""From statistics (n, 6, k) of the orders of n pictures to their scores (n, 6)."""


def main(shards: Path) -> None:
    """Fit both rules, and print what they notice and what they flag falsely."""
    rng = np.random.default_rng(0)
    pixels = [drawn(shards / name, ("train",), MOST_TAUGHT, rng) for name in TAUGHT]
    taught = [np.concatenate([statistics(one), statistics(in_other_light(one, rng))]) for one in pixels]
    weights = np.concatenate([np.full(len(one), len(one) ** -0.5) for one in taught])
    facts = np.concatenate(taught)
    judged = {
        group: np.concatenate([statistics(drawn(shards / name, ("val", "test"), MOST_JUDGED, rng)) for name in names])
        for group, names in GROUPS.items()
    }
    print("| rule | pictures | n | noticed at 1, 2, 5, 10, 20 % false alarms |\n| --- | --- | ---: | --- |")
    for name, rule in (("a line", line(facts, weights)), ("a network", network(facts, weights))):
        margins = {group: margin(rule(one)) for group, one in judged.items()}
        for group, one in margins.items():
            told = ", ".join(f"{100 * (one[:, 1:] > np.quantile(one[:, 0], 1 - share)).mean():.0f}" for share in ALARMS)
            print(f"| {name} | {group} | {len(one)} | {told} |", flush=True)
        for row in at_limits(name, margins):
            print(row, flush=True)


def at_limits(name: str, margins: dict[str, NDArray[np.float64]]) -> Iterator[str]:
    """What is flagged with the limits that flag 2 and 0.5 % of the taught sets' pictures, by group and by order."""
    own = np.concatenate([one for group, one in margins.items() if "other" not in group])
    for share in (0.02, 0.005):
        limit = float(np.quantile(own[:, 0], 1 - share))
        for group, one in margins.items():
            alarms, noticed = (one[:, :1] > limit), (one[:, 1:] > limit)
            orders = ", ".join(f"{100 * part:.0f}" for part in noticed.mean(axis=0))
            yield (
                f"| {name}, limit {limit:.1f} | {group} | {len(one)} | flagged {between(alarms)}, "
                f"noticed {between(noticed)}, by order {orders} |"
            )


def between(flags: NDArray[np.bool_]) -> str:
    """Give the mean of (n, k) flags in percent, with 95 % by drawing rows again."""
    rows, rng = flags.mean(axis=1), np.random.default_rng(0)
    low, high = np.percentile(rows[rng.integers(len(rows), size=(1000, len(rows)))].mean(axis=1), (2.5, 97.5))
    return f"{100 * rows.mean():.1f} ({100 * low:.1f} to {100 * high:.1f})"


def drawn(folder: Path, splits: Sequence[str], most: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Give (n, 3, 2, PIXELS) colours of pixels and of their right neighbours, of images or of tiles of large ones."""
    one = shard.read(folder)
    colours = [one.slots.index(name) for name in COLOURS]
    images = [index for split in splits for index in one.of(split)]
    found = []
    for index in sorted(rng.permutation(images)[:most].tolist()):
        width, height = one.truth[index].size
        side = TILE_PX if max(width, height) > 400 else max(width, height)
        tops, lefts = (range(0, max(1, length - side + 1), side) for length in (height, width))
        for top, left in itertools.product(tops, lefts):
            tile = one.levels[index][colours, top : min(top + side, height), left : min(left + side, width)]
            row, column = rng.integers(0, tile.shape[1], PIXELS), rng.integers(0, tile.shape[2] - 1, PIXELS)
            pixels = np.stack([tile[:, row, column], tile[:, row, column + 1]], axis=1)
            if (pixels > 0).all(axis=(0, 1)).mean() >= 0.9:  # the rest has no data
                found.append(pixels)
    return np.array(found)


def in_other_light(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw saturation, gamma, gains and offsets of each picture anew, all colours' alike but for a few percent."""
    levels, one, each = (pixels.astype(np.float32) - 1) / 254, (len(pixels), 1, 1, 1), (len(pixels), 3, 1, 1)
    grey = levels.mean(axis=1, keepdims=True)
    levels = np.clip(grey + (levels - grey) * np.exp(rng.normal(0, 0.25, one)), 0, 1) ** np.exp(rng.normal(0, 0.2, one))
    levels = levels * np.exp(rng.normal(0, 0.05, each) + rng.normal(0, 0.1, one))
    levels = levels + rng.normal(0, 0.015, each) + rng.uniform(0, 0.05, one)
    return np.asarray(np.clip(np.round(1 + 254 * levels), 1, 255), np.uint8)


def statistics(pixels: NDArray[np.uint8]) -> Array:
    """Give (n, 6, k): what `of_order` says of each order of the bands."""
    return np.stack([of_order(pixels[:, list(order)]) for order in ORDERS], axis=1)


def of_order(pixels: NDArray[np.uint8]) -> Array:
    """Give (n, k) statistics of pictures whose bands are taken for red, green, blue."""
    levels: Array = (pixels.astype(np.float32) - np.float32(1)) / np.float32(254)
    x, step = levels[:, :, 0], levels[:, :, 1] - levels[:, :, 0]
    return np.concatenate([*_differences(x), *_alike(x, step), *_orderings(x), *_extremes(x)], axis=1)


def _differences(x: Array) -> Iterator[Array]:
    """Quantiles of red less green and green less blue, as levels, by contrast and as ratios; in shade and in light."""
    count, spread, light = x.shape[2], x.std(axis=(1, 2))[:, None] + 0.02, x.mean(axis=1)
    by_light = np.take_along_axis(x, np.argsort(light, axis=1)[:, None].repeat(3, axis=1), axis=2)
    for a, b in ((0, 1), (1, 2)):
        ranked = np.sort(x[:, a] - x[:, b], axis=1)[:, [int(count * share) for share in QUANTILES]]
        ratio = np.log(x[:, a] + 0.05) - np.log(x[:, b] + 0.05)
        yield from (ranked, ranked / spread)
        yield np.sort(ratio, axis=1)[:, [int(count * share) for share in (0.05, 0.25, 0.5, 0.75, 0.95)]]
        shaded = np.log(by_light[:, a] + 0.05) - np.log(by_light[:, b] + 0.05)
        for low, high in itertools.pairwise(BRIGHTNESS):
            yield shaded[:, int(low * count) : int(high * count)].mean(axis=1, keepdims=True)
        yield _correlation(x[:, a] - x[:, b], light)


def _alike(x: Array, step: Array) -> Iterator[Array]:
    """How alike bands and their edges are, two by two, and which vary more."""
    for a, b in ((0, 1), (1, 2), (0, 2)):
        for plane in (x, step):
            yield np.arctanh(np.clip(_correlation(plane[:, a], plane[:, b]), -0.995, 0.9995))
    for energy in (np.log((step**2).mean(axis=2) + 1e-5), np.log(x.var(axis=2) + 1e-4)):
        yield -np.diff(energy, axis=1)


def _orderings(x: Array) -> Iterator[Array]:
    """Share of the pixels in which the bands stand in each of the six orders."""
    for first, second, third in ORDERS:
        above = (x[:, first] > x[:, second] + 0.01) & (x[:, second] > x[:, third] + 0.01)
        yield above.mean(axis=1, keepdims=True, dtype=np.float32)


def _extremes(x: Array) -> Iterator[Array]:
    """What the most coloured, the greenest and the reddest tenth look like; how skew colours are spread."""
    light, tenth, spread = x.mean(axis=1), x.shape[2] // 10, x.std(axis=(1, 2))[:, None] + 0.02
    vivid = np.argsort(x.min(axis=1) - x.max(axis=1), axis=1)[:, :tenth]
    for band in range(3):
        yield _mean_at(x[:, band] - light, vivid)
    red, green = x[:, 0] - x[:, 2], 2 * x[:, 1] - x[:, 0] - x[:, 2]
    yield _correlation(red, green)
    for colour in (green, red):
        apart = colour - colour.mean(axis=1, keepdims=True)
        width = apart.std(axis=1, keepdims=True) + 0.005
        yield from ((apart**3).mean(axis=1, keepdims=True) / width**3, np.log(width))
        ranked = np.argsort(colour, axis=1)
        ends = ranked[:, :tenth], ranked[:, -tenth:]
        yield (_mean_at(light, ends[1]) - _mean_at(light, ends[0])) / spread
        for end, band in itertools.product(ends, (0, 2)):
            yield _mean_at(np.log(x[:, band] + 0.05) - np.log(x[:, 1] + 0.05), end)


def _mean_at(values: Array, places: NDArray[np.intp]) -> Array:
    return np.asarray(np.take_along_axis(values, places, axis=1).mean(axis=1, keepdims=True))


def _correlation(a: Array, b: Array) -> Array:
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    norm: Array = np.sqrt((a * a).sum(axis=1, keepdims=True) * (b * b).sum(axis=1, keepdims=True) + 1e-6)
    return np.asarray((a * b).sum(axis=1, keepdims=True) / norm)


def line(facts: Array, weights: NDArray[np.float64]) -> Rule:
    """Fit one weight for each statistic, drawn to 0, so that the true order scores highest."""
    spread = facts.reshape(-1, facts.shape[2]).std(axis=0) + 1e-4
    apart = torch.from_numpy((facts[:, 1:] - facts[:, :1]) / spread)
    share = torch.from_numpy(weights / weights.sum()).float()
    w = torch.zeros(facts.shape[2], requires_grad=True)
    optimiser = torch.optim.LBFGS([w], max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        told: torch.Tensor = (nn.functional.softplus(torch.logsumexp(apart @ w, dim=1)) * share).sum()
        told = told + 3.0 * (w @ w) / len(apart)
        told.backward()  # type: ignore[no-untyped-call]
        return told

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    found = w.detach().numpy() / spread
    return lambda one: np.asarray(one @ found, np.float64)


def network(facts: Array, weights: NDArray[np.float64]) -> Rule:
    """Fit a network of one hidden layer to the same end."""
    torch.manual_seed(0)
    rows = facts.reshape(-1, facts.shape[2])
    middle, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-4

    def given(one: Array) -> torch.Tensor:
        return torch.from_numpy(np.clip((one - middle) / spread, -3, 3).astype(np.float32))

    x, share = given(facts), torch.from_numpy(weights / weights.mean()).float()
    net = nn.Sequential(
        nn.Dropout(0.1), nn.Linear(len(middle), HIDDEN), nn.ReLU(), nn.Dropout(0.3), nn.Linear(HIDDEN, 1, bias=False)
    )
    optimiser = torch.optim.AdamW(net.parameters(), lr=4e-3, weight_decay=0.1)
    steps = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.01, EPOCHS)
    for _ in range(EPOCHS):
        for part in torch.split(torch.randperm(len(x)), BATCH):
            scores = net(x[part])[..., 0]
            loss = ((torch.logsumexp(scores, dim=1) - scores[:, 0]) * share[part]).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        steps.step()
    net.eval()
    return lambda one: np.asarray(net(given(one))[..., 0].detach().numpy(), np.float64)


def margin(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give (n, 6): for a picture in each of the orders, how much higher the best of the others scores."""
    others = [np.delete(scores, order, axis=1).max(axis=1) for order in range(len(ORDERS))]
    return np.stack(others, axis=1) - scores


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]))
