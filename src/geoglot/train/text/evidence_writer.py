"""`EvidenceWriter`: a writer that reads what the eye told instead of pixels, and points at it.

Every fact is one token that carries the writer's own embeddings of its words, so that reading it is copying: an
object (its label, its corners as coordinate words, the word it is pointed at by), a class (its label, its counts as
number words), a land cover, a guess of the scene, and the frame. Facts stand before the question, in the order of
`models.autoregressive.facts`, and every token sees what came before it: the runtime's graph of any writer answers.
Each question of a row sees the facts and itself. Source: nano-plan, sections 3 to 6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.models.autoregressive.facts import KINDS, NUMBERS, PLACES
from geoglot.nets.writer import Writer, WriterConfig

SELECTED = -1.5
"""Where the odds of being selected begin: most objects are not asked for. Source: nano-plan, section 6."""

CORNERS = 4
"""Of the places of a fact, the first; a number and a pointer follow."""

SPREAD = 0.15
"""Deviation of the words' embeddings at first: wide, for they are read before they are told."""


@dataclass(frozen=True, slots=True, eq=False)
class EvidenceLesson:
    """B scenes, each with F facts and N tokens of questions and replies.

    kind: (B, F) index into KINDS, -1 for none. words: (B, F, W) ids of a fact's name, averaged; -1 for none.
    places: (B, F, PLACES) ids of its further words; -1 for none. numbers: (B, F, NUMBERS).
    ids: (B, N). block: (B, N) number of the question that a token belongs to, -1 for filling. steps: (B, N) place in
    its block. targets: (B, N) the word that follows, -100 where nothing is learned; weights: (B, N).
    asked: (Q, 2) row and place of tokens from which objects are selected. selected: (Q, F) 1 for facts that are asked
    for, 0 for other objects, -1 where not judged.
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
    selected: Tensor

    @property
    def counts(self) -> Mapping[str, float]:
        """Sum of the weights of words, number of judged objects."""
        return {"text": float(self.weights.sum()), "select": float((self.selected >= 0).sum())}

    @property
    def tokens(self) -> int:
        """Facts and words that are no filling."""
        return int((self.kind >= 0).sum() + (self.block >= 0).sum())

    def to(self, device: torch.device) -> EvidenceLesson:
        """Give the same on a device."""
        return EvidenceLesson(*(getattr(self, field.name).to(device) for field in fields(self)))


class FactReader(nn.Module):
    """Facts to the tokens that stand for them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.kinds = nn.Embedding(len(KINDS), width)
        self.name = nn.Linear(width, width, bias=False)
        self.place = nn.ModuleDict({f"p{k}": nn.Linear(width, width, bias=False) for k in range(PLACES)})
        self.number = nn.Linear(NUMBERS, width)
        nn.init.normal_(self.kinds.weight, std=0.05)
        nn.init.eye_(self.name.weight)  # a name reads as itself from the start
        for copied in list(self.place.children())[CORNERS:]:
            assert isinstance(copied, nn.Linear)
            nn.init.eye_(copied.weight)  # so do a number and the word by which an object is pointed at
        nn.init.normal_(self.number.weight, std=0.05)  # quiet beside words: they would drown the name
        nn.init.zeros_(self.number.bias)

    def forward(self, embeddings: Tensor, kind: Tensor, words: Tensor, places: Tensor, numbers: Tensor) -> Tensor:
        """Give (..., F, D). embeddings: (vocab, D) of the writer. kind (..., F), words (..., F, W), places and numbers
        as in `EvidenceLesson`.
        """
        x = self.kinds(kind.clamp(min=0)) + self.number(numbers)  # (..., F, D)
        there = (words >= 0)[..., None]  # (..., F, W, 1)
        named = functional.embedding(words.clamp(min=0), embeddings) * there  # (..., F, W, D)
        x = x + self.name(named.sum(dim=-2) / there.sum(dim=-2).clamp(min=1))  # (..., F, D)
        for index, place in enumerate(self.place.values()):
            ids = places[..., index]  # (..., F)
            x = x + place(functional.embedding(ids.clamp(min=0), embeddings)) * (ids >= 0)[..., None]
        told: Tensor = x
        return told


class EvidenceWriter(nn.Module):
    """See the module. config: of the writer; its vocabulary holds coordinates, numbers and pointers as words."""

    def __init__(self, config: WriterConfig) -> None:
        super().__init__()
        width = config.width
        self.writer = Writer(config)
        nn.init.normal_(self.writer.words.weight, std=SPREAD)
        self.reader = FactReader(width)
        self.ask_select = nn.Linear(width, width)
        self.be_selected = nn.Linear(width, width)
        self.odds = nn.Parameter(torch.tensor(SELECTED))

    @torch.no_grad()
    def line_up(self, ids: Sequence[int]) -> None:
        """Begin with embeddings of ordered words, as of coordinates, that are the nearer the closer the words are."""
        width = self.writer.config.width
        place = torch.linspace(0, 1, len(ids))[:, None]  # (n, 1)
        pace = torch.exp(torch.rand(width) * torch.tensor(float(len(ids))).log())  # (D,) radians from end to end
        waves = torch.cos(place * pace + 2 * torch.pi * torch.rand(width))
        self.writer.words.weight[torch.tensor(ids)] = SPREAD * 2**0.5 * waves

    def forward(self, lesson: EvidenceLesson) -> dict[str, Tensor]:
        """Give the sums of the losses "text" and "select"."""
        hidden = self.states(lesson)
        facts = lesson.kind.shape[1]
        learned = lesson.targets >= 0
        logits = self.writer.logits(hidden[:, facts:][learned])
        each = functional.cross_entropy(logits.float(), lesson.targets[learned], reduction="none")
        odds = functional.binary_cross_entropy_with_logits(
            self.selecting(hidden, lesson), lesson.selected.clamp(min=0), reduction="none"
        )
        return {"text": (each * lesson.weights[learned]).sum(), "select": (odds * (lesson.selected >= 0)).sum()}

    def states(self, lesson: EvidenceLesson) -> Tensor:
        """Give the writer's states (B, F + N, D)."""
        told = self.reader(self.writer.words.weight, lesson.kind, lesson.words, lesson.places, lesson.numbers)
        embeds = torch.cat([told, self.writer.embed(lesson.ids)], dim=1)  # (B, F + N, D)
        there = (lesson.kind >= 0).sum(dim=1, keepdim=True)  # (B, 1): filling behind the facts takes up no place
        first = torch.arange(lesson.kind.shape[1], device=lesson.kind.device).expand_as(lesson.kind)
        positions = torch.cat([first, there + lesson.steps], dim=1)  # (B, F + N)
        hidden: Tensor = self.writer(embeds, positions=positions, mask=_mask(lesson))[0]
        return hidden

    def selecting(self, hidden: Tensor, lesson: EvidenceLesson) -> Tensor:
        """Give for each asked token the odds (Q, F) of each fact to be one of those that are asked for."""
        row, place = lesson.asked.unbind(dim=1)
        facts = lesson.kind.shape[1]
        return self.odds_of(hidden[:, :facts][row], hidden[row, facts + place])

    def odds_of(self, facts: Tensor, asked: Tensor) -> Tensor:
        """Give the odds (Q, F) of facts by their states (Q, F, D), for the states (Q, D) of asked tokens."""
        state = self.ask_select(asked)  # (Q, D)
        odds: Tensor = (self.be_selected(facts) @ state[..., None])[..., 0].float() / state.shape[1] ** 0.5 + self.odds
        return odds


def _mask(lesson: EvidenceLesson) -> Tensor:
    """Who sees whom (B, F + N, F + N): facts those before them, a question all facts and what came before in it."""
    there = lesson.kind >= 0  # (B, F)
    b, f = there.shape
    n = lesson.ids.shape[1]
    seen = torch.zeros(b, f + n, f + n, dtype=torch.bool, device=there.device)
    seen[:, :, :f] = there[:, None]
    seen[:, :f, :f] &= torch.ones(f, f, dtype=torch.bool, device=there.device).tril()
    same = (lesson.block[:, :, None] == lesson.block[:, None]) & (lesson.block >= 0)[:, None]
    seen[:, f:, f:] = same.tril()
    itself = torch.eye(f + n, dtype=torch.bool, device=there.device)  # no row of the softmax may be empty
    return seen | itself  # (B, F + N, F + N)
