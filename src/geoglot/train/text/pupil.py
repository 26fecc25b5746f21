"""`Pupil`: a member of the network family that is taught; and the lessons that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets.batch import IGNORED, Batch
from geoglot.nets.family import Member, Seen
from geoglot.nets.masked import Painting
from geoglot.train.text.masked import MaskedLesson, paint_loss


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
        """Sum of the weights of words; decode tokens of each head; one for what is a mean of its own."""
        batch = self.batch
        assert batch.weights is not None
        heads = {
            "boxes": len(batch.boxes or ()),
            "mask": 0 if batch.masks is None else len(batch.masks),
            "trajectory": 0 if batch.paths is None else len(batch.paths.lengths),
        }
        return {"text": float(batch.weights.sum()), "balance": 1.0, **{name: float(n) for name, n in heads.items()}}

    @property
    def tokens(self) -> int:
        """Words and frames' tokens that are no filling."""
        return int((self.scene >= 0).sum())

    def to(self, device: torch.device) -> MemberLesson:
        """Give the same on a device."""
        batch: Batch = _moved(self.batch, device)
        return MemberLesson(batch, self.scene.to(device), self.block.to(device), self.steps.to(device))


class Pupil(nn.Module):
    """Reads a lesson with a member and gives the sum of each loss.

    painting: layers that paint hidden pixels from the member's own stems and trunk, for a stage of masked pictures.
    """

    def __init__(self, member: Member, painting: Painting | None = None) -> None:
        super().__init__()
        self.member = member
        self.painting = painting

    def forward(self, lesson: MemberLesson | MaskedLesson) -> dict[str, Tensor]:
        """Give the sums of "paint", or of "text", of each head's name and, with experts, of "balance"."""
        member = self.member
        if isinstance(lesson, MaskedLesson):
            assert self.painting is not None
            return paint_loss(lesson, member.stems, member.trunk, self.painting)
        batch = lesson.batch
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
        return losses | self._decoded(lesson, seen, hidden)

    def _decoded(self, lesson: MemberLesson, seen: Seen, hidden: Tensor) -> dict[str, Tensor]:
        """Sums of the heads' losses; 0 of a head that no question of the lesson asks, so that it has a gradient."""
        heads = {name: head for name, head in self.member.heads().items() if next(head.parameters()).requires_grad}
        if not heads:
            return {}
        means = self.member.decode(lesson.batch, seen, hidden, scene=lesson.scene).losses
        idle = {name: 0.0 * torch.stack([p.sum() for p in head.parameters()]).sum() for name, head in heads.items()}
        return {name: lesson.counts[name] * means[name] if name in means else idle[name] for name in heads}


def sight(lesson: MemberLesson) -> Tensor:
    """Who sees whom (B, N, N): what came before in the same scene, if it is of its frames or of the same question."""
    same = (lesson.scene[:, :, None] == lesson.scene[:, None]) & (lesson.scene >= 0)[:, None]
    among = (lesson.block[:, None] == 0) | (lesson.block[:, :, None] == lesson.block[:, None])
    itself = torch.eye(lesson.scene.shape[1], dtype=torch.bool, device=lesson.scene.device)
    return (same & among).tril() | itself  # (B, N, N): no row of the softmax may be empty


def _moved(value: Any, device: torch.device) -> Any:
    """Tensors on a device, in whatever dataclasses and tuples they lie."""
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, tuple):
        return tuple(_moved(one, device) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _moved(getattr(value, one.name), device) for one in fields(value)})
    return value
