"""`EvidenceWriter`: a writer that reads what the eye told instead of pixels, and points at it.

Every fact is one token that carries the writer's own embeddings of its words, so that reading it is copying: an
object (its label, its corners as coordinate words, its probability), a class (its label, its count as a number
word), a land cover, a guess of the scene, and the frame. Facts see each other; each question sees the facts and
itself. Source: nano-plan, sections 3 to 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets.writer import Writer, WriterConfig

KINDS = ("frame", "object", "class", "cover", "scene")
PLACES = 5
"""Words beside a fact's name: four corners and a count."""

NUMBERS = 6
"""Numbers that a fact carries beside its words."""

SELECTED = -1.5
"""Where the odds of being selected begin: most objects are not asked for. Source: nano-plan, section 6."""


@dataclass(frozen=True, slots=True, eq=False)
class EvidenceLesson:
    """B scenes, each with F facts and N tokens of questions and replies.

    kind: (B, F) index into KINDS, -1 for none. words: (B, F, W) ids of a fact's name, averaged; -1 for none.
    places: (B, F, PLACES) ids: the four corners and a count; -1 for none. numbers: (B, F, NUMBERS).
    ids: (B, N). block: (B, N) number of the question that a token belongs to, -1 for filling. steps: (B, N) place in
    its block. targets: (B, N) the word that follows, -100 where nothing is learned; weights: (B, N).
    asked: (Q, 2) row and place of tokens from which objects are pointed at or selected. pointed: (Q,) index of the
    fact, -100 for none. selected: (Q, F) 1 for facts that are asked for, 0 for other objects, -1 where not judged.
    """

    kind: Tensor
    words: Tensor
    places: Tensor
    numbers: Tensor
    ids: Tensor
    block: Tensor
    steps: Tensor
    targets: Tensor
    weights: Tensor
    asked: Tensor
    pointed: Tensor
    selected: Tensor

    @property
    def counts(self) -> Mapping[str, float]:
        """Sum of the weights of words, number of pointings, number of judged objects."""
        return {
            "text": float(self.weights.sum()),
            "pointer": float((self.pointed >= 0).sum()),
            "select": float((self.selected >= 0).sum()),
        }

    @property
    def tokens(self) -> int:
        """Facts and words that are no filling."""
        return int((self.kind >= 0).sum() + (self.block >= 0).sum())

    def to(self, device: torch.device) -> EvidenceLesson:
        """Give the same on a device."""
        return EvidenceLesson(*(getattr(self, field.name).to(device) for field in fields(self)))


class EvidenceWriter(nn.Module):
    """See the module. config: of the writer; its vocabulary holds coordinates and numbers as words."""

    def __init__(self, config: WriterConfig) -> None:
        super().__init__()
        width = config.width
        self.writer = Writer(config)
        nn.init.normal_(self.writer.words.weight, std=0.15)  # wide: words are read before they are told
        self.kinds = nn.Embedding(len(KINDS), width)
        self.name = nn.Linear(width, width, bias=False)
        self.place = nn.ModuleDict({f"p{k}": nn.Linear(width, width, bias=False) for k in range(PLACES)})
        self.number = nn.Linear(NUMBERS, width)
        self.ask_point = nn.Linear(width, width)
        self.be_pointed = nn.Linear(width, width)
        self.ask_select = nn.Linear(width, width)
        self.be_selected = nn.Linear(width, width)
        self.odds = nn.Parameter(torch.tensor(SELECTED))
        nn.init.normal_(self.kinds.weight, std=0.05)
        nn.init.eye_(self.name.weight)  # a name reads as itself from the start

    def forward(self, lesson: EvidenceLesson) -> dict[str, Tensor]:
        """Give the sums of the losses "text", "pointer" and "select"."""
        hidden = self.states(lesson)
        facts = lesson.kind.shape[1]
        learned = lesson.targets >= 0
        logits = self.logits(hidden[:, facts:][learned])
        each = functional.cross_entropy(logits.float(), lesson.targets[learned], reduction="none")
        losses = {"text": (each * lesson.weights[learned]).sum()}
        pointing, selecting = self.chosen(hidden, lesson)
        losses["pointer"] = functional.cross_entropy(pointing, lesson.pointed, reduction="sum")
        judged = lesson.selected >= 0
        aim = lesson.selected.clamp(min=0)
        odds = functional.binary_cross_entropy_with_logits(selecting, aim, reduction="none")
        losses["select"] = (odds * judged).sum()
        return losses

    def states(self, lesson: EvidenceLesson) -> Tensor:
        """Give the writer's states (B, F + N, D)."""
        facts = self.facts(lesson)  # (B, F, D)
        embeds = torch.cat([facts, self.writer.embed(lesson.ids)], dim=1)  # (B, F + N, D)
        start = torch.zeros_like(lesson.kind)  # facts are a set: none comes before another
        positions = torch.cat([start, lesson.steps + 1], dim=1)  # (B, F + N)
        hidden: Tensor = self.writer(embeds, positions=positions, mask=_mask(lesson))[0]
        return hidden

    def facts(self, lesson: EvidenceLesson) -> Tensor:
        """Give the tokens (B, F, D) of the facts."""
        x = self.kinds(lesson.kind.clamp(min=0)) + self.number(lesson.numbers)  # (B, F, D)
        there = (lesson.words >= 0)[..., None]  # (B, F, W, 1)
        named = self.writer.embed(lesson.words.clamp(min=0)) * there  # (B, F, W, D)
        x = x + self.name(named.sum(dim=2) / there.sum(dim=2).clamp(min=1))  # (B, F, D)
        for index, place in enumerate(self.place.values()):
            ids = lesson.places[:, :, index]  # (B, F)
            x = x + place(self.writer.embed(ids.clamp(min=0))) * (ids >= 0)[..., None]
        told: Tensor = x
        return told

    def logits(self, hidden: Tensor) -> Tensor:
        """Give (..., vocab)."""
        return self.writer.logits(hidden)

    def chosen(self, hidden: Tensor, lesson: EvidenceLesson) -> tuple[Tensor, Tensor]:
        """Give for each asked token the scores (Q, F) of pointing at facts and of selecting them; objects only."""
        row, place = lesson.asked.unbind(dim=1)
        facts = lesson.kind.shape[1]
        state = hidden[row, facts + place]  # (Q, D)
        shown = hidden[:, :facts]  # (B, F, D)
        size = state.shape[1] ** 0.5
        objects = (lesson.kind == KINDS.index("object"))[row]  # (Q, F)
        point = torch.einsum("qd,qfd->qf", self.ask_point(state), self.be_pointed(shown)[row]) / size
        select = torch.einsum("qd,qfd->qf", self.ask_select(state), self.be_selected(shown)[row]) / size
        return point.float().masked_fill(~objects, -1e4), select.float() + self.odds


def _mask(lesson: EvidenceLesson) -> Tensor:
    """Who sees whom (B, F + N, F + N): facts all facts, a question all facts and what came before in it."""
    there = lesson.kind >= 0  # (B, F)
    b, f = there.shape
    n = lesson.ids.shape[1]
    seen = torch.zeros(b, f + n, f + n, dtype=torch.bool, device=there.device)
    seen[:, :, :f] = there[:, None]
    same = (lesson.block[:, :, None] == lesson.block[:, None]) & (lesson.block >= 0)[:, None]
    seen[:, f:, f:] = same.tril()
    itself = torch.eye(f + n, dtype=torch.bool, device=there.device)  # no row of the softmax may be empty
    return seen | itself  # (B, F + N, F + N)
