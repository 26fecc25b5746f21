"""`Member`: one model of the family, made of stems, trunk, bridge, writer and heads by one `FamilyConfig`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from geoglot.errors import InputError
from geoglot.nets.batch import Batch, FrameGroup, next_word_loss
from geoglot.nets.box_head import Boxes, BoxHead, BoxHeadConfig
from geoglot.nets.bridge import Bridge, BridgeConfig, frame_places
from geoglot.nets.mask_head import MaskHead, MaskHeadConfig
from geoglot.nets.pixels import Pixels
from geoglot.nets.states import States
from geoglot.nets.stems import StemConfig, Stems
from geoglot.nets.told import FACTS
from geoglot.nets.trajectory_head import Paths, TrajectoryHead, TrajectoryHeadConfig
from geoglot.nets.trunk import Levels, Trunk, TrunkConfig
from geoglot.nets.writer import Cache, Writer, WriterConfig, visible

BALANCE = 0.001
"""Weight of the load-balancing loss of a mixture of experts. Source: DeepSeekMoE, arXiv 2401.06066."""


@dataclass(frozen=True, slots=True)
class FamilyConfig:
    """A member as one value. image: id of the placeholder. told: patches are told what is known about their frame.

    Heads that are None do not exist. Everything that differs between published systems is said here.
    """

    name: str
    stems: tuple[StemConfig, ...]
    trunk: TrunkConfig
    bridge: BridgeConfig
    writer: WriterConfig
    image: int
    told: bool = False
    boxes: BoxHeadConfig | None = None
    mask: MaskHeadConfig | None = None
    trajectory: TrajectoryHeadConfig | None = None

    def __post_init__(self) -> None:
        ids = [self.image, *(head.token for head in (self.boxes, self.mask, self.trajectory) if head)]
        if max(ids) >= self.writer.vocab or len(set(ids)) < len(ids):
            raise InputError("the special tokens must be different words of the vocabulary", value=ids)
        if self.bridge.inject and len(self.trunk.taps) > self.writer.layers:
            raise InputError("more taps than the writer has layers", value=len(self.trunk.taps))


@dataclass(frozen=True, slots=True, eq=False)
class Outputs:
    """What a member gives for a batch.

    hidden: (B, N, D) of the writer. losses: by name ("text", "boxes", "mask", "trajectory", "balance"), each
    already weighted, only those of which the batch knows the truth; total: their sum. boxes, mask, paths: what
    the heads read from their tokens in the order of the batch, None without such tokens.
    """

    hidden: Tensor
    losses: dict[str, Tensor]
    total: Tensor
    boxes: Boxes | None
    mask: Tensor | None
    paths: Paths | None


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """What heads give: as in `Outputs`."""

    losses: dict[str, Tensor]
    boxes: Boxes | None
    mask: Tensor | None
    paths: Paths | None


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Frames on their way to the writer. embeds: (B, N, D). injected: by layer (B, N, D). levels: of each group."""

    embeds: Tensor
    injected: dict[int, Tensor]
    levels: tuple[Levels, ...]


class Member(nn.Module):
    """See the module."""

    def __init__(self, config: FamilyConfig) -> None:
        super().__init__()
        self.config = config
        trunk, width = config.trunk, config.writer.width
        self.stems = Stems(config.stems, trunk.width, trunk.patch)
        self.told = nn.Linear(FACTS, trunk.width) if config.told else None
        if self.told is not None:  # begins without effect, so that pretrained patches stay what they were
            nn.init.zeros_(self.told.weight)
            nn.init.zeros_(self.told.bias)
        self.trunk = Trunk(trunk)
        self.bridge = Bridge(config.bridge, width=trunk.width, taps=len(trunk.taps), out=width)
        self.writer = Writer(config.writer)
        self.boxes = BoxHead(config.boxes, width) if config.boxes else None
        self.mask = MaskHead(config.mask, width) if config.mask else None
        levels = (trunk.width,) * (len(trunk.taps) + 1)
        self.pixels = Pixels(levels, config.mask.width) if config.mask else None
        self.trajectory = TrajectoryHead(config.trajectory, width) if config.trajectory else None

    def forward(self, batch: Batch) -> Outputs:
        """Read a batch, give losses and what the heads say."""
        seen = self.look(batch)
        hidden, _ = self.read(batch, seen)
        losses: dict[str, Tensor] = {}
        if batch.targets is not None:
            losses["text"] = next_word_loss(self.writer, hidden, batch.targets, batch.weights)
        if self.config.writer.experts is not None:
            losses["balance"] = BALANCE * self.writer.balance()
        decoded = self.decode(batch, seen, hidden)
        losses |= decoded.losses
        total = torch.stack(list(losses.values())).sum() if losses else hidden.new_zeros(())
        return Outputs(hidden, losses, total, decoded.boxes, decoded.mask, decoded.paths)

    def heads(self) -> dict[str, nn.Module]:
        """Give the heads there are, by the name of their loss; what masks are drawn on belongs to theirs."""
        drawn = nn.ModuleList([self.mask, self.pixels]) if self.mask is not None and self.pixels is not None else None
        each = {"boxes": self.boxes, "mask": drawn, "trajectory": self.trajectory}
        return {name: head for name, head in each.items() if head is not None}

    def look(self, batch: Batch) -> Seen:
        """Bring the frames of a batch among its words."""
        embeds = self.writer.embed(batch.ids)  # (B, N, D)
        tokens: dict[int, Tensor] = {}
        injected: dict[int, tuple[Tensor, ...]] = {}
        levels = []
        for group in batch.frames:
            level, given, extra = self._group(group)
            levels.append(level)
            for index, place in enumerate(group.places):
                tokens[place] = given[index]
                injected[place] = tuple(one[index] for one in extra)
        slots = batch.ids == self.config.image  # (B, N)
        added = {
            layer + 1: _placed(torch.zeros_like(embeds), slots, {p: injected[p][layer] for p in injected})
            for layer in range(len(self.bridge.injectors) if tokens else 0)
        }
        return Seen(_placed(embeds, slots, tokens), added, tuple(levels))

    def read(self, batch: Batch, seen: Seen, cache: Cache | None = None) -> tuple[Tensor, Cache]:
        """Give the writer's states (B, N, D) and its cache for the words and frames of a batch."""
        if batch.present is None:
            start = cache[0][0].shape[2] if cache else 0
            places = torch.arange(start, start + batch.ids.shape[1], device=batch.ids.device)
            positions, mask = places.expand(batch.ids.shape), None
        else:
            new = batch.ids.shape[1]
            positions = (batch.present.cumsum(1) - 1).clamp(min=0)[:, -new:]
            mask = visible(batch.present, new=new)
        hidden, grown = self.writer(
            seen.embeds, positions=positions, mask=mask, cache=cache, injected=seen.injected or None
        )
        return hidden, grown

    def _group(self, group: FrameGroup) -> tuple[Levels, Tensor, tuple[Tensor, ...]]:
        """Give levels, tokens (images, n, D) and injections of frames of one stem and size."""
        patches = self.stems(group.pixels, group.stem, group.bands_um)  # (F, h, w, d)
        if self.told is not None:
            patches = patches + self.told(group.facts)[:, None, None]
        levels = self.trunk(patches, group.gsd_m)
        if group.tiles is not None:
            return levels, self.bridge.tiled(levels, *group.tiles), ()
        bridged = self.bridge(levels, group.facts)
        return levels, bridged.tokens, bridged.injected

    def decode(self, batch: Batch, seen: Seen, hidden: Tensor, *, scene: Tensor | None = None) -> Decoded:
        """Let every head read its tokens' states (B, N, D); give losses where the batch knows the truth.

        scene: (B, N) numbers, where a row holds several: a token is decoded from the frames of its own.
        """
        losses: dict[str, Tensor] = {}
        boxes = mask = paths = None
        if self.boxes is not None and (states := self._states(batch, hidden, self.boxes.config.token, scene)):
            boxes = self.boxes(replace(states, places=self._places(batch, seen, self.boxes.config.token)))
            if batch.boxes is not None:
                losses["boxes"] = self.boxes.config.weight * self.boxes.loss(boxes, batch.boxes)
        if self.mask is not None and (states := self._states(batch, hidden, self.mask.config.token, scene)):
            mask = self.mask(replace(states, pixels=self._pixels(batch, seen)))
            if batch.masks is not None:
                losses["mask"] = self.mask.config.weight * self.mask.loss(mask, batch.masks)
        head = self.trajectory
        if head is not None and (states := self._states(batch, hidden, head.config.token, scene)):
            paths = head(states)
            if batch.paths is not None:
                losses["trajectory"] = head.config.weight * head.loss(paths, batch.paths)
        return Decoded(losses, boxes, mask, paths)

    def _states(self, batch: Batch, hidden: Tensor, token: int, scene: Tensor | None) -> States | None:
        """Gather the states at all tokens of one kind, each with the states of the frames of its row and scene."""
        rows, columns = (batch.ids == token).nonzero(as_tuple=True)  # (K,) each
        if not len(rows):
            return None
        order = self._order(batch)  # (B, n)
        visual = hidden.gather(1, order[..., None].expand(-1, -1, hidden.shape[-1]))  # (B, n, D)
        present = (batch.ids == self.config.image).gather(1, order)[rows]  # (K, n)
        if scene is not None:
            present = present & (scene.gather(1, order)[rows] == scene[rows, columns][:, None])
        return States(hidden[rows, columns], visual[rows], present)

    def _order(self, batch: Batch) -> Tensor:
        """Give the columns of each row's image tokens (B, n), others behind them where a row has fewer."""
        slots = batch.ids == self.config.image  # (B, N)
        longest = max(1, int(slots.sum(dim=1).max()))
        return slots.int().argsort(dim=1, descending=True, stable=True)[:, :longest]

    def _places(self, batch: Batch, seen: Seen, token: int) -> Tensor | None:
        """Give what the image tokens of `_states` show (K, n, 4); None where images are tiled."""
        if self.config.bridge.layout == "tiles":
            return None
        shown: dict[int, Tensor] = {}
        for group, levels in zip(batch.frames, seen.levels, strict=True):
            h, w = levels.last.shape[1:3]
            places = frame_places(self.config.bridge, h, w).to(batch.ids.device)
            shown.update(dict.fromkeys(group.places, places))
        empty = torch.zeros(*batch.ids.shape, 4, device=batch.ids.device)
        every = _placed(empty, batch.ids == self.config.image, shown)  # (B, N, 4)
        inside = every.gather(1, self._order(batch)[..., None].expand(-1, -1, 4))  # (B, n, 4)
        return inside[(batch.ids == token).nonzero()[:, 0]]

    def _pixels(self, batch: Batch, seen: Seen) -> Tensor:
        """Give the pixel features (K, P, H/4, W/4) of the frame of each `<mask>` token."""
        if batch.mask_frames is None:
            raise InputError("which frame is a mask drawn on?", value=None, expected="Batch.mask_frames")
        assert self.pixels is not None
        maps: dict[int, Tensor] = {}
        for group, levels in zip(batch.frames, seen.levels, strict=True):
            wanted = [index for index, place in enumerate(group.places) if place in batch.mask_frames]
            if wanted:
                size = (int(group.pixels.shape[2]), int(group.pixels.shape[3]))
                some = Levels(tuple(tap[wanted] for tap in levels.taps), levels.last[wanted])
                drawn = self.pixels(some, size)
                maps.update({group.places[index]: one for index, one in zip(wanted, drawn, strict=True)})
        return torch.stack([maps[place] for place in batch.mask_frames])


def _placed(embeds: Tensor, slots: Tensor, tokens: dict[int, Tensor]) -> Tensor:
    """Put the tokens of all frames, in the order of their places, into the slots (B, N) of embeds (B, N, D).

    Raises InputError if there are more or fewer slots than tokens.
    """
    if not tokens:
        return embeds
    flat = torch.cat([tokens[place] for place in sorted(tokens)])  # (T, D)
    if not embeds.is_meta and int(slots.sum()) != len(flat):
        raise InputError(
            "the frames do not fit their places in the text", value=int(slots.sum()), expected=f"{len(flat)} slots"
        )
    return embeds.masked_scatter(slots[..., None], flat.to(embeds.dtype))
