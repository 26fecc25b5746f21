"""A member's head of ways as `path.onnx`; inputs and outputs: `models.autoregressive.ways`."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from torch import Tensor, nn
from torch.jit._trace import TracerWarning
from torch.nn import functional

from geoglot.errors import WorkError
from geoglot.nets.states import Asking, States
from geoglot.nets.trajectory_head import TrajectoryHead
from geoglot.train.export_writer import TOLERANCE, published

OPSET = 17
INPUTS, OUTPUTS = ("state", "visual"), ("steps", "stop")


class OneWay(nn.Module):
    """What the graph computes: the way of one token. Attention is written out, for torch's own fixes how many tokens
    there are when it is traced.
    """

    def __init__(self, head: TrajectoryHead) -> None:
        super().__init__()
        self.head = head.eval()
        self.eval()

    def forward(self, state: Tensor, visual: Tensor) -> tuple[Tensor, Tensor]:
        """Give steps (T, 3) and stop (T,) for the state (D,) and those of the pictures' tokens (P, D)."""
        asking = self.head.asking
        asked = state if asking is None else _asked(asking, state, visual)
        numbers = self.head.last(asked).view(self.head.config.steps, 4)
        numbers = numbers + 0.0 * visual.sum()  # an input that a head makes no use of would be missing
        return numbers[:, :3], numbers[:, 3]


def _asked(asking: Asking, state: Tensor, visual: Tensor) -> Tensor:
    """As `Asking` does, for one token with all of its pictures' states: (T, narrow)."""
    told = asking.state(state)[None]  # (1, n)
    seen = torch.cat([told, asking.visual(visual)])  # (1 + P, n)
    x = asking.queries + told  # (T, n)
    for layer in asking.layers:
        assert isinstance(layer, nn.TransformerDecoderLayer)
        given = layer.norm1(x)
        x = x + _attended(layer.self_attn, given, given)
        x = x + _attended(layer.multihead_attn, layer.norm2(x), seen)
        x = x + layer.linear2(functional.gelu(layer.linear1(layer.norm3(x))))
    asked: Tensor = asking.norm(x)
    return asked


def _attended(layer: nn.MultiheadAttention, x: Tensor, seen: Tensor) -> Tensor:
    """Attention (T, n) of x (T, n) to seen (S, n)."""
    weights, biases = layer.in_proj_weight.chunk(3), layer.in_proj_bias.chunk(3)
    each = [functional.linear(*one) for one in zip((x, seen, seen), weights, biases, strict=True)]
    q, k, v = (one.view(-1, layer.num_heads, layer.head_dim).transpose(0, 1) for one in each)  # (heads, T or S, hd)
    looked = functional.scaled_dot_product_attention(q[None], k[None], v[None])[0]
    told: Tensor = layer.out_proj(looked.transpose(0, 1).flatten(1))
    return told


def write_ways(head: TrajectoryHead, path: Path, *, width: int) -> None:
    """Write the graph under a temporary name, compare it with torch, then name it. width: of the writer's states.

    Raises WorkError if outputs differ by more than 1e-4.
    """
    model, draft = OneWay(head), path.with_suffix(".draft.onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TracerWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", message="Constant folding", category=UserWarning)  # left to onnxruntime
        torch.onnx.export(
            model,
            _example(width, 5),
            draft,
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes={"visual": {0: "tokens"}},
            opset_version=OPSET,
            dynamo=False,
        )
    worst = max(_apart(model, draft, _example(width, count)) for count in (5, 12))
    if worst > TOLERANCE:
        draft.unlink()
        raise WorkError("the exported head of ways differs from torch", value=worst, expected=f"at most {TOLERANCE}")
    published(draft, path)


def _example(width: int, count: int) -> tuple[Tensor, Tensor]:
    rng = np.random.default_rng(count)
    state, visual = (torch.from_numpy(rng.normal(size=shape).astype(np.float32)) for shape in (width, (count, width)))
    return state, visual


def _apart(model: OneWay, path: Path, given: tuple[Tensor, Tensor]) -> float:
    """The largest difference between the graph and the head itself."""
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = session.run(list(OUTPUTS), {name: one.numpy() for name, one in zip(INPUTS, given, strict=True)})
    state, visual = given
    with torch.inference_mode():
        paths = model.head(States(state[None], visual[None], torch.ones(1, len(visual), dtype=torch.bool)))
    wanted = (paths.steps[0].numpy(), paths.stop[0].numpy())
    return max(float(np.abs(one - other).max()) for one, other in zip(wanted, found, strict=True))
