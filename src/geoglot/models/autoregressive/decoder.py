"""`Decoder`: a writer's graph in onnxruntime, with the caches of the rows that it goes on with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError, ModelError
from geoglot.models.graph import opened

if TYPE_CHECKING:
    import onnxruntime

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
KINDS = ("key", "value")


@dataclass(frozen=True, slots=True)
class Shape:
    """What the runtime must know of a writer. width: of a state. length: the most tokens of a row.

    injected: how many of the first layers are added to by pictures.
    """

    vocab: int
    width: int
    layers: int
    kv_heads: int
    head_dim: int
    length: int
    injected: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """One row to go on from. ids: (N,).

    pictured: (P, D) for the N places of the picture's token, in order; injected: (S, P, D) to add there.
    """

    ids: Ids
    pictured: Floats | None = None
    injected: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Next:
    """What is known of each row's next token: logits (B, vocab) and the state (B, D) that they come from."""

    logits: Floats
    state: Floats


class Decoder:
    """Opens the graph at first use; see `train.export_writer` for its inputs. threads: GEOGLOT_THREADS, 2 if unset.

    picture: the token in whose place pictures stand.
    """

    def __init__(self, graph: Path, shape: Shape, *, picture: int) -> None:
        self.shape = shape
        self.picture = picture
        self._graph = graph
        self._session: onnxruntime.InferenceSession | None = None

    def start(self, prompts: Sequence[Prompt], *, room: int) -> Rows:
        """Read prompts, with room for so many more tokens a row. Give the rows; their `next` is known.

        Raises InputError for an empty prompt, or one that with its room is longer than the writer can read.
        """
        self._check(prompts, room)
        return Rows(self._open(), self.shape, [self._filled(prompt) for prompt in prompts], room)

    def states(self, prompts: Sequence[Prompt]) -> list[Floats]:
        """Give the states (N, D) of all tokens of each prompt, for a head to read. Raises as `start`."""
        self._check(prompts, 0)
        given = _stacked([self._filled(prompt) for prompt in prompts], self.shape)
        lengths = np.array([len(prompt.ids) for prompt in prompts])
        shape = (len(prompts), self.shape.kv_heads, int(lengths.max()), self.shape.head_dim)
        caches = dict.fromkeys(_caches(self.shape), np.zeros(shape, np.float32))
        told = {"last": lengths - 1, "lengths": (lengths - 1).astype(np.int32),
                "total": np.array(lengths.max(), np.int32)}  # fmt: skip
        (states,) = self._open().run(["states"], {**given, **told, **caches})
        return [np.asarray(states[row, :count], np.float32) for row, count in enumerate(lengths)]

    def _check(self, prompts: Sequence[Prompt], room: int) -> None:
        """Refuse prompts that cannot be read."""
        lengths = [len(prompt.ids) for prompt in prompts]
        if not lengths or min(lengths) < 1:
            raise InputError("an empty prompt", value=lengths)
        if max(lengths) + room > self.shape.length:
            raise InputError("the conversation is too long for this model", value=max(lengths) + room,
                             expected=f"at most {self.shape.length} tokens, the answer's {room} included",
                             hint="ask for a shorter answer, or leave out earlier turns")  # fmt: skip

    def _filled(self, prompt: Prompt) -> Prompt:
        """The prompt with what is shown at every place, zeros between pictures: pictured (N, D), injected (S, N, D)."""
        shape, places = self.shape, np.flatnonzero(prompt.ids == self.picture)
        pictured = np.zeros((len(prompt.ids), shape.width), np.float32)
        injected = np.zeros((shape.injected, len(prompt.ids), shape.width), np.float32)
        given = 0 if prompt.pictured is None else len(prompt.pictured)
        if given != len(places):
            raise InputError(
                "the pictures do not fit their places in the prompt", value=given, expected=f"{len(places)} tokens"
            )
        if prompt.pictured is not None:
            pictured[places] = prompt.pictured
        if prompt.injected is not None:
            injected[:, places] = prompt.injected
        return Prompt(prompt.ids, pictured, injected)

    def _open(self) -> onnxruntime.InferenceSession:
        if self._session is None:
            self._session = opened(self._graph, what="the writer's graph")
        return self._session


class Rows:
    """Rows that are being written, each at its own length. `next` tells of the token that follows each."""

    def __init__(
        self, session: onnxruntime.InferenceSession, shape: Shape, prompts: Sequence[Prompt], room: int
    ) -> None:
        import onnxruntime as ort

        self._session = session
        self._shape = shape
        self.lengths = np.array([len(prompt.ids) for prompt in prompts])
        longest = int(self.lengths.max())
        self._binding: Any = session.io_binding()
        cached = (len(prompts), shape.kv_heads, longest + room, shape.head_dim)
        for name in _caches(shape):
            cache = ort.OrtValue.ortvalue_from_numpy(np.zeros(cached, np.float32), "cpu")
            self._binding.bind_ortvalue_input(name, cache)
            self._binding.bind_ortvalue_output(f"kept_{name}", cache)  # the same memory: nothing is copied
        for name in ("logits", "state"):
            self._binding.bind_output(name, "cpu")
        self.next = self._run(_stacked(prompts, shape), self.lengths - 1)
        nothing = np.zeros((len(prompts), 1, shape.width), np.float32)
        self._nothing = {"pictured": nothing, **{f"injected.{index + 1}": nothing for index in range(shape.injected)}}

    def step(self, tokens: Ids) -> Next:
        """Write one token (B,) at the end of each row; give, and keep, what follows."""
        self.lengths = self.lengths + 1
        ids = np.asarray(tokens, np.int64).reshape(-1, 1)
        self.next = self._run({"ids": ids, **self._nothing}, np.zeros_like(self.lengths))
        return self.next

    def _run(self, given: Mapping[str, NDArray[Any]], last: Ids) -> Next:
        given = {
            **given,
            "last": last.astype(np.int64),
            "lengths": (self.lengths - 1).astype(np.int32),
            "total": np.array(self.lengths.max(), np.int32),
        }  # held until the run is over: the binding only points at them
        binding = self._binding
        for name, array in given.items():
            binding.bind_cpu_input(name, array)
        self._session.run_with_iobinding(binding)
        logits, state = (value.numpy().copy() for value in binding.get_outputs()[-2:])  # the next step writes there
        if not np.isfinite(logits).all():
            raise ModelError("the writer gave numbers that are not finite", expected="finite logits")
        return Next(logits, state)


def _caches(shape: Shape) -> list[str]:
    """Names of the caches of all layers."""
    return [f"{kind}.{layer}" for layer in range(shape.layers) for kind in KINDS]


def _stacked(prompts: Sequence[Prompt], shape: Shape) -> dict[str, NDArray[Any]]:
    """Prompts as the graph takes them, side by side, each filled up behind its end."""
    longest = max(len(prompt.ids) for prompt in prompts)
    ids = np.zeros((len(prompts), longest), np.int64)
    pictured = np.zeros((*ids.shape, shape.width), np.float32)
    injected = np.zeros((shape.injected, *ids.shape, shape.width), np.float32)
    for row, prompt in enumerate(prompts):
        count = len(prompt.ids)
        ids[row, :count], pictured[row, :count] = prompt.ids, prompt.pictured
        injected[:, row, :count] = prompt.injected
    return {"ids": ids, "pictured": pictured, **{f"injected.{index + 1}": one for index, one in enumerate(injected)}}
