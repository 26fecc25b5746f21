"""From a torch `Writer` to `writer.onnx`: one graph that reads a prompt at once and then goes on token by token.

Inputs, for B rows of N tokens and caches of M places:

    ids (B, N) int64            tokens, padded on the right
    pictured (B, N, D)          what stands where ids is the picture's token
    injected.1 … (B, N, D)      added to the states after that layer (DeepStack), if the writer takes any
    last (B,) int64             place in N of each row's last token
    lengths (B,) int32          tokens of each row so far, these included, less one
    total () int32              tokens of the longest row so far
    key.0, value.0 … (B, kv_heads, M, head_dim)    caches, also outputs as kept_key.0 …: bound to the same memory

Outputs: logits (B, vocab) and state (B, D) of each row's last token, states (B, N, D) of all. The attention is
onnxruntime's own GroupQueryAttention: every row is written at its own place, so nothing is copied and rows of any
lengths go together.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from geoglot.errors import WorkError
from geoglot.nets import rotary
from geoglot.nets.experts import Experts, Gated
from geoglot.nets.writer import GroupedAttention, Layer, Writer

TOLERANCE = 1e-4
OPSET = 17
HEAD_MULTIPLE = 16
LARGEST_INLINE_BYTES = 1 << 30
"""Weights above this lie in a file of their own beside the graph: protobuf ends at 2 GiB."""

WEIGHTS = ".weights"
"""End of the name of that file."""

_MICROSOFT = "com.microsoft"


def write_onnx(writer: Writer, path: Path, *, length: int, picture: int = -1, injected: int = 0) -> None:
    """Write the graph in a temporary folder beside its place, compare it with torch, then name it.

    length: the most tokens of a row. picture: token in whose place `pictured` is read. injected: how many layers
    are added to. Raises WorkError if outputs differ by more than 1e-4, and for heads that onnxruntime does not have.
    """
    if writer.config.head_dim % HEAD_MULTIPLE:
        raise WorkError("onnxruntime's attention has no heads of this size", value=writer.config.head_dim,
                        expected=f"a multiple of {HEAD_MULTIPLE}")  # fmt: skip
    model = _Graph(writer.eval(), length=length, picture=picture, injected=injected).model()
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as folder:
        # A graph names the file of its weights, so both are made under their final names, elsewhere.
        draft = Path(folder) / path.name
        large = sum(len(one.raw_data) for one in model.graph.initializer) > LARGEST_INLINE_BYTES
        onnx.save(model, draft, save_as_external_data=large, location=path.with_suffix(WEIGHTS).name)
        worst = difference(writer, draft, picture=picture, injected=injected)
        if worst > TOLERANCE:
            raise WorkError("the exported writer differs from torch", value=worst, expected=f"at most {TOLERANCE}")
        published(draft, path)


def published(draft: Path, path: Path) -> None:
    """Give a graph and the file of its weights, if it has one, their names, the graph last.

    An old graph beside new weights, if the process ends between the two, is refused by the manifest's hashes.
    """
    weights, old = draft.with_suffix(WEIGHTS), path.with_suffix(WEIGHTS)
    large = weights.is_file()
    if large:
        weights.replace(old)
    draft.replace(path)
    if not large:
        old.unlink(missing_ok=True)  # of the graph before


def difference(writer: Writer, path: Path, *, picture: int, injected: int) -> float:
    """Give the largest difference of a state between graph and torch: prompts of two lengths, and one more token."""
    config = writer.config
    rng = np.random.default_rng(0)
    lengths = np.array([7, 4])
    ids = rng.integers(0, config.vocab, (2, 8))
    ids[ids == picture] = (picture + 1) % config.vocab
    extra = [rng.normal(size=(*ids.shape, config.width)).astype(np.float32) for _ in range(injected)]
    found = _by_graph(path, writer, ids, lengths, extra)
    worst = 0.0
    for row, count in enumerate(lengths):
        order = [*range(count), ids.shape[1] - 1]  # the row's own tokens, then the one that follows the prompt
        with torch.inference_mode():
            states, _ = writer(
                writer.embed(torch.from_numpy(ids[row : row + 1, order])),
                positions=torch.arange(count + 1)[None],
                injected={index + 1: torch.from_numpy(one[row : row + 1, order]) for index, one in enumerate(extra)},
            )
        wanted = states[0, [count - 1, count]].numpy()
        worst = max(worst, float(np.abs(wanted - found[:, row]).max()))
    return worst


def _by_graph(
    path: Path, writer: Writer, ids: NDArray[np.int64], lengths: NDArray[np.int64], extra: list[NDArray[np.float32]]
) -> NDArray[np.float32]:
    """States (2, B, D) of each row's last token after the prompt, and after the last column of ids."""
    config = writer.config
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    n = ids.shape[1] - 1
    shape = (2, config.kv_heads, n + 1, config.head_dim)
    caches = {f"{kind}.{layer}": np.zeros(shape, np.float32) for layer in range(config.layers) for kind in _KINDS}
    states = []
    for first, last, place, seen in ((0, n, lengths - 1, lengths - 1), (n, n + 1, lengths * 0, lengths)):
        given = {
            "ids": ids[:, first:last],
            "pictured": np.zeros((2, last - first, config.width), np.float32),
            "last": place,
            "lengths": seen.astype(np.int32),
            "total": np.array(seen.max() + 1, np.int32),
            **{f"injected.{index + 1}": one[:, first:last] for index, one in enumerate(extra)},
            **caches,
        }
        out = session.run(["state", *(f"kept_{name}" for name in caches)], given)
        states.append(out[0])
        caches = dict(zip(caches, out[1:], strict=True))
    return np.stack(states)


_KINDS = ("key", "value")


class _Graph:
    """The nodes and weights of one writer, laid in order."""

    def __init__(self, writer: Writer, *, length: int, picture: int, injected: int) -> None:
        self._writer = writer
        self._injected = injected
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []
        config = writer.config
        cosine, sine = rotary.turns(torch.arange(length), config.head_dim, config.rope_theta)
        half = config.head_dim // 2
        self._weight("cosine", cosine[:, :half].numpy())
        self._weight("sine", sine[:, :half].numpy())
        self._weight("picture", np.array(picture))
        self._weight("words", _array(writer.words.weight))
        self._weight("last_axis", np.array([-1]))
        if config.qk_norm:
            self._weight("row_shape", np.array([0, 0, -1]))
            self._weight("head_shape", np.array([0, 0, -1, config.head_dim]))

    def model(self) -> onnx.ModelProto:
        """Give the whole model."""
        writer, config = self._writer, self._writer.config
        x = self._embedded()
        for index, layer in enumerate(writer.layers):
            assert isinstance(layer, Layer)
            x = self._layer(x, layer, index)
            if index < self._injected:
                x = self._node("Add", [x, f"injected.{index + 1}"])
        x = self._norm(x, _array(writer.norm.weight), "norm", output="states")
        column = self._node("Unsqueeze", ["last", "last_axis"])  # (B, 1)
        state = self._node("GatherND", [x, column], output="state", batch_dims=1)  # (B, D)
        output = "words" if writer.output is None else self._weight("output", _array(writer.output.weight))
        self._node("Gemm", [state, output], output="logits", transB=1)
        cached = (config.kv_heads, "M", config.head_dim)
        names = [f"{kind}.{layer}" for layer in range(config.layers) for kind in _KINDS]
        inputs = [
            _value("ids", ("B", "N"), TensorProto.INT64),
            _value("pictured", ("B", "N", config.width)),
            *(_value(f"injected.{index + 1}", ("B", "N", config.width)) for index in range(self._injected)),
            _value("last", ("B",), TensorProto.INT64),
            _value("lengths", ("B",), TensorProto.INT32),
            _value("total", (), TensorProto.INT32),
            *(_value(name, ("B", *cached)) for name in names),
        ]
        outputs = [_value("logits", ("B", config.vocab)), _value("state", ("B", config.width))]
        outputs.append(_value("states", ("B", "N", config.width)))
        outputs += [_value(f"kept_{name}", ("B", *cached)) for name in names]
        graph = helper.make_graph(self._nodes, "writer", inputs, outputs, self._weights)
        domains = [helper.make_opsetid("", OPSET), helper.make_opsetid(_MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=domains, ir_version=9, producer_name="geoglot")

    def _embedded(self) -> str:
        words = self._node("Gather", ["words", "ids"])  # (B, N, D)
        shown = self._node("Unsqueeze", [self._node("Equal", ["ids", "picture"]), "last_axis"])
        return self._node("Where", [shown, "pictured", words])

    def _layer(self, x: str, layer: Layer, index: int) -> str:
        name = f"layer.{index}"
        normed = self._norm(x, _array(layer.attention_norm.weight), f"{name}.attention_norm")
        x = self._node("Add", [x, self._attention(normed, layer.attention, index)])
        normed = self._norm(x, _array(layer.mlp_norm.weight), f"{name}.mlp_norm")
        if isinstance(layer.mlp, Experts):
            return self._node("Add", [x, self._experts(normed, layer.mlp, name)])
        assert isinstance(layer.mlp, Gated)
        return self._node("Add", [x, self._gated(normed, layer.mlp, name)])

    def _gated(self, x: str, network: Gated, name: str) -> str:
        parts = [_array(part.weight) for part in (network.gate, network.up)]
        both = self._node("MatMul", [x, self._weight(f"{name}.gate_up", np.concatenate(parts).T)])
        gate, up = self._split(both, [len(part) for part in parts], f"{name}.mlp_parts")
        gate = self._node("QuickGelu", [gate], domain=_MICROSOFT, alpha=1.0)  # x * sigmoid(x)
        down = self._weight(f"{name}.down", _array(network.down.weight).T)
        return self._node("MatMul", [self._node("Mul", [gate, up]), down])

    def _experts(self, x: str, mixture: Experts, name: str) -> str:
        """Every token's best experts, each run on the tokens that ask it alone, and the shared ones."""
        shape = self._node("Shape", [x])
        flat = self._node("Reshape", [x, self._weight(f"{name}.flat", np.array([-1, self._writer.config.width]))])
        shares = self._shares(flat, mixture, name)  # (T, E), 0 for experts that are not asked
        zero = self._weight(f"{name}.zero", np.zeros((), np.float32))
        summed = self._node("Mul", [flat, zero])  # (T, D)
        for index, expert in enumerate(mixture.experts):
            assert isinstance(expert, Gated)
            share = self._node("Gather", [shares, self._weight(f"{name}.expert.{index}", np.array(index))], axis=1)
            asked = self._node("Transpose", [self._node("NonZero", [share])], perm=[1, 0])  # (n, 1) tokens that ask it
            given = self._gated(self._node("GatherND", [flat, asked]), expert, f"{name}.expert.{index}")  # (n, D)
            weight = self._node("GatherND", [share, asked])  # (n,)
            weighed = self._node("Mul", [given, self._node("Unsqueeze", [weight, "last_axis"])])
            summed = self._node("ScatterND", [summed, asked, weighed], reduction="add")
        if mixture.shared is not None:
            summed = self._node("Add", [summed, self._gated(flat, mixture.shared, f"{name}.shared")])
        return self._node("Reshape", [summed, shape])

    def _shares(self, flat: str, mixture: Experts, name: str) -> str:
        """How much (T, E) each expert counts for each token."""
        router = self._weight(f"{name}.router", _array(mixture.router.weight).T)
        odds = self._node("Softmax", [self._node("MatMul", [flat, router])], axis=-1)  # (T, E)
        active = self._weight(f"{name}.active", np.array([mixture.config.active]))
        best, chosen = f"{name}.best", f"{name}.chosen"
        self._nodes.append(helper.make_node("TopK", [odds, active], [best, chosen], axis=-1))
        if mixture.config.renormalised:
            best = self._node("Div", [best, self._node("ReduceSum", [best, "last_axis"], keepdims=1)])
        nobody = self._node("Mul", [odds, self._weight(f"{name}.nobody", np.zeros((), np.float32))])
        return self._node("ScatterElements", [nobody, chosen, best], axis=1)

    def _attention(self, x: str, attention: GroupedAttention, index: int) -> str:
        config, name = self._writer.config, f"layer.{index}"
        parts = [_array(part.weight) for part in (attention.query, attention.key, attention.value)]
        together = self._node("MatMul", [x, self._weight(f"{name}.qkv", np.concatenate(parts).T)])
        inputs = [together, "", ""]
        if config.qk_norm:
            query, key, value = self._split(together, [len(part) for part in parts], f"{name}.qkv_parts")
            norms = (attention.query_norm.weight, attention.key_norm.weight)
            inputs = [self._head_norm(one, _array(norm), f"{name}.{kind}") for one, norm, kind in
                      zip((query, key), norms, ("query_norm", "key_norm"), strict=True)] + [value]  # fmt: skip
        looked = f"{name}.looked"
        self._nodes.append(
            helper.make_node(
                "GroupQueryAttention",
                [*inputs, f"key.{index}", f"value.{index}", "lengths", "total", "cosine", "sine"],
                [looked, f"kept_key.{index}", f"kept_value.{index}"],
                domain=_MICROSOFT,
                num_heads=config.heads,
                kv_num_heads=config.kv_heads,
                do_rotary=1,
            )
        )
        return self._node("MatMul", [looked, self._weight(f"{name}.out", _array(attention.out.weight).T)])

    def _head_norm(self, x: str, weight: NDArray[np.float32], name: str) -> str:
        heads = self._node("Reshape", [x, "head_shape"])  # (B, N, heads, head_dim)
        return self._node("Reshape", [self._norm(heads, weight, name), "row_shape"])

    def _norm(self, x: str, weight: NDArray[np.float32], name: str, *, output: str = "") -> str:
        given, eps = [x, self._weight(name, weight)], self._writer.config.eps
        return self._node("SimplifiedLayerNormalization", given, output=output, axis=-1, epsilon=eps)

    def _split(self, x: str, sizes: list[int], name: str) -> list[str]:
        outputs = [f"{name}.{index}" for index in range(len(sizes))]
        self._nodes.append(helper.make_node("Split", [x, self._weight(name, np.array(sizes))], outputs, axis=-1))
        return outputs

    def _node(self, kind: str, inputs: list[str], *, output: str = "", domain: str = "", **attributes: object) -> str:
        output = output or f"x.{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output

    def _weight(self, name: str, values: NDArray[np.generic]) -> str:
        self._weights.append(numpy_helper.from_array(np.asarray(values, order="C"), name))
        return name


def _array(weight: torch.Tensor | torch.nn.Module) -> NDArray[np.float32]:
    assert isinstance(weight, torch.Tensor)
    return np.asarray(weight.detach().float().numpy())


def _value(name: str, shape: tuple[int | str, ...], kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, list(shape))
