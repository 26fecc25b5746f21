"""Lessons of pictures with hidden pixels, and the model that learns to paint them: stage 0, and RingMo's only one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from geoglot.errors import InputError, ModelError
from geoglot.nets.masked import MaskedFrames, MaskedImages, Painting, hidden_sum, repainted
from geoglot.nets.stems import Stems
from geoglot.nets.swin import Swin
from geoglot.nets.trunk import Trunk
from geoglot.train import checkpoint
from geoglot.train.text import state

LOADED = ("stems.", "trunk.")
"""Parts of a masked pre-training that other models begin from."""


@dataclass(frozen=True, slots=True, eq=False)
class MaskedLesson:
    """Pictures of every stem of the model, blank ones with nothing hidden for stems that no picture is for.

    tokens: patches of pictures that are no blank.
    """

    frames: tuple[MaskedFrames, ...]
    tokens: int

    @property
    def counts(self) -> Mapping[str, float]:
        """Number of hidden pixels."""
        return {"paint": float(sum(int(one.mask.sum()) for one in self.frames))}

    def to(self, device: torch.device) -> MaskedLesson:
        """Give the same on a device."""
        return MaskedLesson(tuple(_moved(one, device) for one in self.frames), self.tokens)


class Painter(nn.Module):
    """A model that only paints, as a pupil of the loop. Its parameters are named member.stems.*, member.trunk.* …"""

    def __init__(self, member: MaskedImages) -> None:
        super().__init__()
        self.member = member

    def forward(self, lesson: MaskedLesson) -> dict[str, Tensor]:
        """Give the sum of "paint"."""
        return paint_loss(lesson, self.member.stems, self.member.trunk, self.member.paint)


def paint_loss(lesson: MaskedLesson, stems: Stems, trunk: Swin | Trunk, painting: Painting) -> dict[str, Tensor]:
    """Give the summed distance of hidden pixels, each the mean over its bands, as "paint"."""
    each = [
        hidden_sum(repainted(frames, stems, trunk, painting), frames.pixels, frames.mask) for frames in lesson.frames
    ]
    return {"paint": torch.stack(each).sum()}


def take_trunk(model: nn.Module, out: Path) -> tuple[str, ...]:
    """Let the stems and the trunk of a model begin as those of a run's newest checkpoint; give the weights taken.

    model: a `Member`, a `MaskedImages`, anything with `stems` and `trunk`. Stems that the run did not have keep their
    weights. Raises InputError if there is no checkpoint, ModelError if the trunk is another one.
    """
    last = checkpoint.newest(out)
    if last is None:
        raise InputError("there is no checkpoint in the folder", value=str(out),
                         hint="pre-train first: geoglot train ringmo")  # fmt: skip
    trained = {name.removeprefix("member."): value for name, value in state.weights(last).items()}
    own = {name: value for name, value in model.state_dict().items() if name.startswith(LOADED)}
    both = sorted(own.keys() & trained.keys())
    if missing := [name for name in own if name.startswith("trunk.") and name not in trained]:
        raise ModelError("the run has trained another trunk", value=missing[0], expected="weights of the same names")
    for name in both:
        if own[name].shape != trained[name].shape:
            raise ModelError(f"the shape of {name} differs", value=tuple(trained[name].shape),
                             expected=str(tuple(own[name].shape)))  # fmt: skip
        own[name].copy_(trained[name])
    return tuple(both)


def _moved(frames: MaskedFrames, device: torch.device) -> MaskedFrames:
    gsd_m, bands_um = (None if one is None else one.to(device) for one in (frames.gsd_m, frames.bands_um))
    return MaskedFrames(frames.stem, frames.pixels.to(device), frames.mask.to(device), gsd_m, bands_um)
