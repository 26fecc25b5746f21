"""Token by token: greedy or drawn, many rows at once, under a grammar if one is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import InputError
from geoglot.models.autoregressive.decoder import Decoder, Prompt
from geoglot.models.autoregressive.grammar import Expression, Guide
from geoglot.models.autoregressive.grammar.guide import State
from geoglot.models.autoregressive.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Choice:
    """How a token is chosen. temperature: 0 takes the likeliest. top_p: drawn from the likeliest tokens that together
    have this probability. seed: of the drawing; every row draws as if it were alone.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.temperature < 0 or not 0 < self.top_p <= 1:
            raise InputError("a way to choose tokens that is none", value=(self.temperature, self.top_p),
                             expected="temperature >= 0, top_p above 0 and at most 1")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """One more token of one row. log: of its probability among the tokens that were allowed, at temperature 1."""

    row: int
    token: int
    log: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What was written for one prompt. logs: one for each token, see `Said`.

    cut: it did not come to its own end. Under a grammar it was then brought to one, by the last `forced` tokens, which
    the writer did not choose; without, it just stops.
    """

    tokens: tuple[int, ...]
    logs: tuple[float, ...]
    cut: bool
    forced: int = 0


class Writing:
    """What is being written for some prompts: iterate for tokens as they come, then see `replies`.

    most: tokens of a reply, its end not counted. grammar: one for each prompt, None for a free one. The rows of a
    batch are what they would be alone. Raises InputError if a grammar needs more than `most` tokens for its
    shortest reply.
    """

    def __init__(
        self,
        decoder: Decoder,
        vocabulary: Vocabulary,
        prompts: Sequence[Prompt],
        *,
        most: int,
        choice: Choice,
        guided: Guided | None = None,
    ) -> None:
        if most < 1:
            raise InputError("a reply without tokens", value=most, expected="1 or more")
        self._vocabulary = vocabulary
        self._choice = choice
        self._guide = None if guided is None else guided.guide
        self._most = most
        grammars = [None] * len(prompts) if guided is None else guided.grammars
        self._lines = [_Line(np.random.default_rng(choice.seed), _begun(grammar)) for grammar in grammars]
        for line in self._lines:
            if line.state is not None and not self._can_end(line.state, most):
                raise InputError("the shortest reply is longer than the reply may be", value=most,
                                 expected="more tokens", hint="--max-tokens")  # fmt: skip
        self._rows = decoder.start(prompts, room=most)
        self._ends = np.array(sorted(vocabulary.end), np.int64)
        silent = np.array(sorted(vocabulary.hidden - vocabulary.end), np.int64)
        self._free = np.setdiff1d(np.arange(decoder.shape.vocab), silent)

    def __iter__(self) -> Iterator[Said]:
        """Give tokens as they are written, row after row of each step."""
        while True:
            tokens = np.zeros(len(self._lines), np.int64)
            logits = self._rows.next.logits
            for row, line in enumerate(self._lines):
                if not line.done and (said := self._next(line, logits[row])) is not None:
                    tokens[row] = said[0]
                    yield Said(row, *said)
            if all(line.done for line in self._lines):
                return
            self._rows.step(tokens)

    @property
    def replies(self) -> list[Reply]:
        """What has been written so far, for each prompt."""
        return [Reply(tuple(line.tokens), tuple(line.logs), line.cut, line.ordered) for line in self._lines]

    def _next(self, line: _Line, logits: NDArray[np.float32]) -> tuple[int, float] | None:
        """Choose a row's next token and note it; None if the row has come to its end."""
        allowed = self._allowed(line)
        logs = _log_probabilities(logits[allowed])
        if line.forced:
            token = line.forced.pop(0)
            line.ordered += 1
        else:
            token = int(allowed[_chosen(logs, self._choice, line.rng)])
            if token in self._vocabulary.end:
                line.done = True
                return None
            if self._too_far(line, token):
                line.cut = True
                line.forced = list(self._closing(line))
                line.done = not line.forced
                return self._next(line, logits) if line.forced else None
        line.tokens.append(token)
        line.logs.append(float(logs[np.searchsorted(allowed, token)]))
        if line.state is not None:
            line.state = self._after(line.state, token)
        if len(line.tokens) == self._most or (line.cut and not line.forced):
            line.cut = line.done = True
        return token, line.logs[-1]

    def _allowed(self, line: _Line) -> NDArray[np.int64]:
        """Tokens that may come next, in order."""
        if line.state is None or self._guide is None:
            return self._free
        if line.forced:
            return np.union1d(self._guide.allowed(line.state), line.forced[:1])
        allowed = self._guide.allowed(line.state)
        return np.union1d(allowed, self._ends) if line.state.may_end else allowed

    def _too_far(self, line: _Line, token: int) -> bool:
        """Whether a token leads to where a guided reply could not be brought to its end in time."""
        left = self._most - len(line.tokens) - 1
        return line.state is not None and not self._can_end(self._after(line.state, token), left)

    def _closing(self, line: _Line) -> tuple[int, ...]:
        assert self._guide is not None
        assert line.state is not None
        return self._guide.closing(line.state)

    def _after(self, state: State, token: int) -> State:
        assert self._guide is not None
        return self._guide.after(state, token)

    def _can_end(self, state: State, left: int) -> bool:
        """Whether a reply can be brought to its end in so many tokens. A token is a byte at least."""
        assert self._guide is not None
        return len(self._guide.ending(state)) <= left or len(self._guide.closing(state)) <= left


@dataclass(frozen=True, slots=True, eq=False)
class Guided:
    """Grammars for the rows of a batch, None for a free one, and the guide that knows the vocabulary."""

    guide: Guide
    grammars: Sequence[Expression | None]


@dataclass(slots=True, eq=False)
class _Line:
    """One row on its way."""

    rng: np.random.Generator
    state: State | None
    tokens: list[int] = field(default_factory=list)
    logs: list[float] = field(default_factory=list)
    forced: list[int] = field(default_factory=list)
    ordered: int = 0
    done: bool = False
    cut: bool = False


def written(
    decoder: Decoder,
    vocabulary: Vocabulary,
    prompts: Sequence[Prompt],
    *,
    most: int,
    choice: Choice | None = None,
    guided: Guided | None = None,
) -> list[Reply]:
    """Give the whole replies to some prompts: see `Writing`."""
    writing = Writing(decoder, vocabulary, prompts, most=most, choice=choice or Choice(), guided=guided)
    for _ in writing:
        pass
    return writing.replies


def score_of(reply: Reply, vocabulary: Vocabulary, start: int, end: int) -> float:
    """Give the probability that was given to the letters start..end of a reply's text, of a label and its box.

    It is the product over the tokens that have a part in them, each among the tokens allowed: what the grammar
    prescribes costs nothing, so that scores of one reply can be ranked, as average precision needs. Not calibrated.
    """
    spelled = [len(vocabulary.spelled[token]) for token in reply.tokens]
    after = np.cumsum(spelled)
    text = vocabulary.decode(reply.tokens)
    first, last = len(text[:start].encode()), len(text[:end].encode())
    inside = (after > first) & (after - spelled < last)
    return float(np.exp(np.sum(np.array(reply.logs)[inside])))


def mean_probability(reply: Reply) -> float:
    """Give the geometric mean of a reply's token probabilities, 0 for one without tokens."""
    return float(np.exp(np.mean(reply.logs))) if reply.logs else 0.0


def _begun(grammar: Expression | None) -> State | None:
    return None if grammar is None else State(grammar)


def _log_probabilities(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    shifted = logits.astype(np.float64) - float(logits.max())
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))


def _chosen(logs: NDArray[np.float64], choice: Choice, rng: np.random.Generator) -> int:
    """The index of the chosen one of the allowed tokens; the first of equals."""
    if choice.temperature == 0:
        return int(logs.argmax())
    likely = np.exp(_log_probabilities((logs / choice.temperature).astype(np.float32)))
    order = np.argsort(-likely, kind="stable")
    kept = order[: int(np.searchsorted(np.cumsum(likely[order]), choice.top_p)) + 1]
    total = np.cumsum(likely[kept])
    return int(kept[min(int(np.searchsorted(total, rng.random() * total[-1], side="right")), len(kept) - 1)])
