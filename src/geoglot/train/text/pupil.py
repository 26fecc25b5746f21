"""`Pupil`: a member of the network family that is taught; and the lessons that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets.batch import IGNORED, Batch, FrameGroup
from geoglot.nets.family import Member


@dataclass(frozen=True, slots=True, eq=False)
class MemberLesson:
    """B rows of N tokens, each a few scenes with their questions, packed one after the other.

    batch: words, frames, and of each word the one that follows, where it is learned, with its weight. scene: (B, N)
    number of the scene in its row, -1 for filling. block: (B, N) number of the question in its scene, 0 for the
    frames. steps: (B, N) positions: every question follows its frames directly.
    """

    batch: Batch
    scene: Tensor
    block: Tensor
    steps: Tensor

    @property
    def counts(self) -> Mapping[str, float]:
        """Sum of the weights of words; one for what is a mean of its own."""
        assert self.batch.weights is not None
        return {"text": float(self.batch.weights.sum()), "balance": 1.0}

    @property
    def tokens(self) -> int:
        """Words and frames' tokens that are no filling."""
        return int((self.scene >= 0).sum())

    def to(self, device: torch.device) -> MemberLesson:
        """Give the same on a device."""
        frames = tuple(FrameGroup(**_moved(group, device)) for group in self.batch.frames)
        batch = replace(Batch(**_moved(self.batch, device)), frames=frames)
        return MemberLesson(batch, self.scene.to(device), self.block.to(device), self.steps.to(device))


class Pupil(nn.Module):
    """Reads a lesson with a member and gives the sum of each loss."""

    def __init__(self, member: Member) -> None:
        super().__init__()
        self.member = member

    def forward(self, lesson: MemberLesson) -> dict[str, Tensor]:
        """Give the sums of "text" and, with experts, "balance"."""
        batch, member = lesson.batch, self.member
        assert batch.targets is not None
        assert batch.weights is not None
        seen = member.look(batch)
        hidden, _ = member.writer(
            seen.embeds, positions=lesson.steps, mask=sight(lesson), injected=seen.injected or None
        )
        learned = batch.targets != IGNORED
        # Logits of the learned words alone: those of all would not fit beside a large writer.
        logits = member.writer.logits(hidden[learned]).float()
        each = functional.cross_entropy(logits, batch.targets[learned], reduction="none")
        # What a blank picture shows is learned by nobody, but its layers must take part in the backward pass.
        losses = {"text": (each * batch.weights[learned]).sum() + 0.0 * hidden.sum()}
        if member.config.writer.experts is not None:
            losses["balance"] = member.writer.balance()
        return losses


def sight(lesson: MemberLesson) -> Tensor:
    """Who sees whom (B, N, N): what came before in the same scene, if it is of its frames or of the same question."""
    same = (lesson.scene[:, :, None] == lesson.scene[:, None]) & (lesson.scene >= 0)[:, None]
    among = (lesson.block[:, None] == 0) | (lesson.block[:, :, None] == lesson.block[:, None])
    itself = torch.eye(lesson.scene.shape[1], dtype=torch.bool, device=lesson.scene.device)
    return (same & among).tril() | itself  # (B, N, N): no row of the softmax may be empty


def _moved(value: Batch | FrameGroup, device: torch.device) -> dict[str, Any]:
    """The fields of a dataclass, tensors on a device."""
    each = {one.name: getattr(value, one.name) for one in fields(value)}
    return {name: part.to(device) if isinstance(part, Tensor) else part for name, part in each.items()}
