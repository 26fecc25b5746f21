"""A token model small enough to train in a test, with a stem for each of two sensors, and a feed of made-up rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402

from geoglot.train.text.plan import Rows, source_of  # noqa: E402
from geoglot.train.text.recipe import Portion, Stage, TokenRecipe, Trained  # noqa: E402

VOCABULARY, LENGTH = 40, 12


@dataclass(frozen=True)
class Row:
    """A lesson. ids: (B, N). pictures: by sensor, (F, 4); showing: the row that each picture is added to."""

    ids: Tensor
    pictures: Mapping[str, Tensor]
    showing: Mapping[str, Tensor]

    @property
    def counts(self) -> Mapping[str, float]:
        return {"text": float((self.ids[:, 1:] > 0).sum())}

    @property
    def tokens(self) -> int:
        return self.ids.numel()

    def to(self, device: torch.device) -> Row:
        return self


class Tiny(nn.Module):
    """Words, one linear stem a sensor, two layers in a list, an output; some dropout, to see that draws repeat."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, 16)
        self.stems = nn.ModuleDict({name: nn.Linear(4, 16) for name in ("rgb", "sar")})
        self.layers = nn.ModuleList(nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.Linear(32, 16)) for _ in range(2))
        self.drop = nn.Dropout(0.0)
        self.output = nn.Linear(16, VOCABULARY)

    def forward(self, lesson: Row) -> dict[str, Tensor]:
        x = self.words(lesson.ids).cumsum(dim=1)
        for name, pictures in lesson.pictures.items():
            shown = torch.zeros(len(x), 16).index_add(0, lesson.showing[name], self.stems[name](pictures))
            x = x + shown[:, None]
        for layer in self.layers:
            x = x + layer(self.drop(x))
        target = lesson.ids[:, 1:]
        each = nn.functional.cross_entropy(self.output(x[:, :-1]).transpose(1, 2), target, reduction="none")
        return {"text": (each * (target > 0)).sum()}


@dataclass(frozen=True)
class TinyFeed:
    """Rows of two sources, one a sensor; poison: the row of the run whose picture is not a number."""

    recipe: TokenRecipe
    poison: tuple[int, ...] = ()

    def lesson(self, stage: int, first: int, last: int) -> Row:
        mixture = self.recipe.stages[stage].mixture
        lengths = np.random.default_rng(5).integers(2, 7, 30)
        ids = torch.zeros(last - first, LENGTH, dtype=torch.long)
        pictures: dict[str, list[Tensor]] = {}
        showing: dict[str, list[int]] = {}
        for number in range(first, last):
            source, place = source_of(number, [portion.weight for portion in mixture], self.recipe.seed)
            name = mixture[source].source
            samples = Rows(lengths, length=LENGTH, seed=self.recipe.seed, name=name).row(place)
            words = [int(sample) + 1 for sample in samples for _ in range(lengths[sample])]
            ids[number - first, : len(words)] = torch.tensor(words)
            picture = torch.full((4,), float(samples[0]) / 30)
            pictures.setdefault(name, []).append(picture * (float("nan") if number in self.poison else 1.0))
            showing.setdefault(name, []).append(number - first)
        return Row(ids, {name: torch.stack(found) for name, found in pictures.items()},
                   {name: torch.tensor(places) for name, places in showing.items()})  # fmt: skip


@pytest.fixture
def recipe() -> TokenRecipe:
    """Ten steps in two stages: first all but the layers, then everything with replay."""
    first = Stage("look", 4, (Portion("rgb", 1.0),), (Trained("words.*", 0.02), Trained("stems.*", 0.02),
                                                      Trained("output.*", 0.02)))  # fmt: skip
    both = (Portion("sar", 0.5), Portion("rgb", 0.5, replay=True))
    return TokenRecipe("tiny", "tiny", (first, Stage("all", 6, both, (Trained("*", 0.01),))), rows=4, length=LENGTH)


@pytest.fixture
def tiny() -> Tiny:
    """The model with its first weights."""
    torch.manual_seed(3)
    return Tiny()


def dropped(recipe: TokenRecipe, **changes: object) -> TokenRecipe:
    """The recipe with other values."""
    return replace(recipe, **changes)  # type: ignore[arg-type]
