"""`Recipe`: a training run as one value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One shard of the mixture. shard: its folder's name. split: which of its images train.

    weight: share of the views relative to the others. scale: least and largest magnification of its pixels, on
    top of the enlargement that coarse pixels get (`models.nano.shown`).
    turn: turn by any angle (only for images without boxes). skip_every: of every that many images the last is
    kept for calibration, 0 for none. absent_only: its labels tell only what is not there, for views too close to show
    all that an image is labelled with. by_class: half of its views are of a class drawn first, rare ones more often.
    """

    shard: str
    weight: float
    scale: tuple[float, float]
    split: str = "train"
    turn: bool = False
    skip_every: int = 0
    absent_only: bool = False
    by_class: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is trained on what, how long and how fast.

    views: images a step and process. The first `small_share` of the steps see `small_px` pixels, the rest
    `size_px`: small views are cheap, and what is learned from them holds. Rates rise over `warmup` steps, stay,
    and fall linearly to 3 % over the last `landing` share of all steps: a run may be made shorter or longer until
    it lands.
    """

    name: str
    mixture: tuple[Ingredient, ...]
    steps: int
    width: int = 48
    size_px: int = 160
    small_px: int = 128
    small_share: float = 0.9
    views: int = 24
    muon_lr: float = 0.02
    adam_lr: float = 0.002
    warmup: int = 100
    landing: float = 0.4
    clip: float = 5.0
    ema: float = 0.998
    seed: int = 1

    def side_px(self, step: int) -> int:
        """Give the width and height of the views at a step."""
        return self.small_px if step < self.small_share * self.steps else self.size_px

    def rate(self, step: int) -> float:
        """Give the learning rate at a step as a share of the full one."""
        left = (self.steps - step) / max(1.0, self.landing * self.steps)
        return max(0.03, min(1.0, (step + 1) / self.warmup, left))
