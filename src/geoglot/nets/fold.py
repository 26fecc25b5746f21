"""Fold batch normalisation into the convolutions before it: the same numbers with fewer steps, for export."""

from __future__ import annotations

import copy
import itertools

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from geoglot.nets.eye import Eye


def folded(eye: Eye) -> Eye:
    """Give a copy in evaluation form without any BatchNorm2d. Equal to `eye.eval()` to rounding."""
    eye = copy.deepcopy(eye).eval()
    for module in list(eye.modules()):
        if isinstance(module, nn.Sequential):
            for index, (one, after) in enumerate(itertools.pairwise(module)):
                if isinstance(one, nn.Conv2d) and isinstance(after, nn.BatchNorm2d):
                    module[index] = fuse_conv_bn_eval(one, after)
                    module[index + 1] = nn.Identity()
    _fold_stem(eye)
    return eye


@torch.no_grad()
def _fold_stem(eye: Eye) -> None:
    """The stem's norm comes after the modality's bias is added, which is scaled along."""
    norm = eye.stem_norm
    assert isinstance(norm, nn.BatchNorm2d)
    assert norm.running_var is not None
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)  # (24,)
    eye.modality.mul_(scale)
    eye.stem = fuse_conv_bn_eval(eye.stem, norm)
    eye.stem_norm = nn.Identity()  # type: ignore[assignment]
