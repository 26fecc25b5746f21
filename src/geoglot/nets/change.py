"""`ChangeHead`: where two looks at the same ground differ, what happened there, and how likely it happened anywhere."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoglot.nets.judge import FEATURES, STRIDE, Judge, in_parts

LEAST = 1e-3
LEAST_SHARE = 1e-5  # of the cells: below it nothing is sure to have changed
SURENESS = 3
"""Exponent of `expected`. Of 1 to 8 it told simulated pairs with a change from others best, together with 4."""


class ChangeHead(nn.Module):
    """A small network on two dates; the eye itself stays as it is.

    It is given the eye's features, whose difference is also told as a multiple of its own geometric mean over the
    picture: where light or sensor changed, everything differs a little, and what changed differs by more than the rest
    (the idea of deep change vector analysis, Saha et al., IEEE TGRS 57(6) 2019). And it is given the pictures
    themselves, every band of each at mean 0 and variance 1 (`events.levelled`), for the eye was taught too few
    satellite images to be trusted with them. Means over the picture tell a season from an event.

    slots: of the pictures; kinds: of what can happen, the first that nothing did.
    """

    def __init__(self, *, slots: int, kinds: int, width: int = 32) -> None:
        super().__init__()
        self.look = nn.Sequential(
            nn.Conv2d(slots, width, STRIDE, STRIDE), nn.ReLU(), nn.Conv2d(width, width, 3, 1, 1), nn.ReLU()
        )
        self.first = nn.Conv2d(4 * FEATURES + 1 + 3 * width + slots, width, 1)
        self.near = nn.Conv2d(width, width, 3, 1, 1)
        self.far = nn.Conv2d(width, width, 3, 1, 2, 2)
        self.whole = nn.Conv2d(width, width, 1)
        self.wide = nn.Conv2d(width, width, 3, 1, 4, 4)
        self.out = nn.Conv2d(width, kinds, 1)

    def forward(self, before: Tensor, after: Tensor, old: Tensor, new: Tensor) -> Tensor:
        """Give logits (B, kinds, h, w) of what happened in each cell.

        before, after: dense features (B, 64, h, w) of both dates; old, new: levelled pictures (B, slots, 4 h, 4 w).
        """
        seen = torch.cat([_apart(before, after), self._looked(old, new)], dim=1)
        x = functional.relu(self.first(seen))  # (B, width, h, w)
        x = x + functional.relu(self.near(x))
        x = x + functional.relu(self.far(x))
        x = x + functional.relu(self.whole(x.mean(dim=(2, 3), keepdim=True)))
        x = x + functional.relu(self.wide(x))
        logits: Tensor = self.out(x)
        return logits

    def _looked(self, old: Tensor, new: Tensor) -> Tensor:
        """(B, 3 width + slots, h, w) what the pictures show at both dates, and how far they are apart."""
        one, other = self.look(old), self.look(new)
        differ = functional.avg_pool2d(new, STRIDE) - functional.avg_pool2d(old, STRIDE)
        return torch.cat([one, other, (one - other).abs(), differ], dim=1)


def _apart(before: Tensor, after: Tensor) -> Tensor:
    """(B, 257, h, w) the features of both dates and how far they are apart."""
    apart = (before - after).abs()  # (B, 64, h, w)
    far = apart.pow(2).sum(dim=1, keepdim=True).add(LEAST).log() / 2  # (B, 1, h, w)
    relative = far - far.mean(dim=(2, 3), keepdim=True)
    usual = apart.mean(dim=(2, 3), keepdim=True) + LEAST  # (B, 64, 1, 1)
    return torch.cat([apart, apart / usual, before, after, relative], dim=1)


class Comparing(nn.Module):
    """Head and judge as users run them: probabilities of cells, and of the whole pair.

    lasting: the kinds that stay when traffic has gone. lines: (4, 2, 3) by modality, for anything lasting and for one
    kind of it, (a, b, c): the logit of a change is a times what `expected` gives, b times what the judge says, and c.
    """

    def __init__(self, head: ChangeHead, judge: Judge, lines: Tensor, lasting: Sequence[int]) -> None:
        super().__init__()
        assert lines.shape == (4, 2, 3)
        self.head = head
        self.judge = judge
        self.lasting = list(lasting)
        self.register_buffer("lines", lines)
        self.eval()  # an export puts back the mode it found, in all parts

    def forward(
        self, before: Tensor, after: Tensor, old: Tensor, new: Tensor, present: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Give (B, kinds, h, w) what happened in each cell, and (B, kinds) whether it did anywhere.

        The first flag is of anything lasting. present: (B, 4) which modalities are in the pictures, as for the eye.
        """
        cells = torch.softmax(self.head(before, after, old, new), dim=1)
        x, told = expected(cells, self.lasting), self.judge(in_parts(before, after, old, new).overview())[1]
        rgb, multi, sar, thermal = present.unbind(dim=1)
        which = torch.stack([rgb * (1 - multi), multi, sar, thermal], dim=1)  # (B, 4), one of them 1
        line = torch.einsum("bm,mkl->bkl", which, self.lines)  # (B, 2, 3)
        of = torch.cat([line[:, :1], line[:, 1:].expand(-1, x.shape[1] - 1, -1)], dim=1)  # (B, kinds, 3)
        return cells, torch.sigmoid(of[..., 0] * x + of[..., 1] * told + of[..., 2])


def expected(cells: Tensor, lasting: Sequence[int]) -> Tensor:
    """(B, kinds) the log of the share of the picture in which each kind is sure; the first: anything lasting.

    A cell counts by the cube of its probability: a season makes many cells doubtful, an event makes some sure.
    """
    any_of_them = cells[:, list(lasting)].sum(dim=1, keepdim=True)
    return torch.cat([any_of_them, cells[:, 1:]], dim=1).pow(SURENESS).mean(dim=(2, 3)).add(LEAST_SHARE).log()
