"""`Autoregressive`: a writer's folder as a `Model`: conversation in, guided reply out, every region with its score."""

from __future__ import annotations

import codecs as encodings
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from geoglot.conversation import Answer, Conversation, Turn
from geoglot.models.autoregressive import evident
from geoglot.models.autoregressive.decoder import Decoder, Prompt
from geoglot.models.autoregressive.folder import GRAPH, LOOK, WriterFolder, opened
from geoglot.models.autoregressive.grammar import Guide
from geoglot.models.autoregressive.grammar import reply as replies_to
from geoglot.models.autoregressive.pictures import Looked, Pictures
from geoglot.models.autoregressive.vocabulary import words_of
from geoglot.models.autoregressive.writing import Choice, Guided, Reply, Writing, mean_probability, score_of
from geoglot.models.prompting import Convention, answer_from, told_task
from geoglot.models.prompting import Prompt as Asked
from geoglot.models.protocol import Model
from geoglot.regions import Region
from geoglot.regions.codecs import get as codec_named
from geoglot.scenes.scene import Frame
from geoglot.tasks import TaskName

ROWS = 8
"""Conversations that are answered together."""

THOUSANDTHS = (1000, 1000)
"""The size in which places are read before they are scaled to the frame: the codecs count shares of it."""


class Autoregressive(Model):
    """A folder with writer.json. Every reply keeps to its task's grammar, so that it can always be read.

    max_tokens: of a reply, at most half of what the writer can read. choice: how tokens are chosen; the seed of a
    question takes the place of its own. Confidence is the geometric mean of the reply's token probabilities; it is not
    calibrated. A region's score is the probability of its label and place, see `score_of`; one that was only written
    to bring a cut reply to its end is no region of the answer.
    """

    def __init__(self, folder: WriterFolder, *, max_tokens: int = 512, choice: Choice | None = None) -> None:
        self.name = folder.name
        self.sha256 = folder.sha256
        self._folder = folder
        self._most = min(max_tokens, folder.shape.length // 2)
        self._choice = choice or Choice()
        self._vocabulary, picture = words_of(folder)
        self._decoder = Decoder(folder.path / GRAPH, folder.shape, picture=picture)
        sight, injected = folder.sight, folder.shape.injected
        self._pictures = Pictures(folder.path / LOOK, sight, injected=injected) if sight else None
        self._convention = Convention(codec_named(folder.codec))

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        """Answer the last turn. Raises InputError for a conversation that is too long for the writer."""
        return self.answers([conversation], task=task, seed=seed)[0]

    def answers(self, batch: Sequence[Conversation], *, task: TaskName | None = None, seed: int = 0) -> list[Answer]:
        """Answer many conversations, some at a time; equal to answering each alone."""
        return [
            answer
            for start in range(0, len(batch), ROWS)
            for answer in self._together(batch[start : start + ROWS], task, seed)
        ]

    def stream(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Iterator[str]:
        """Give a reply piece by piece, as it is written; joined it is the text of `answer`, but for blanks around."""
        asked = self._asked(conversation, task)
        letters = encodings.getincrementaldecoder("utf-8")("replace")
        for said in self._writing([asked], seed):
            if piece := letters.decode(self._vocabulary.spelled[said.token]):
                yield piece

    def _together(self, batch: Sequence[Conversation], task: TaskName | None, seed: int) -> list[Answer]:
        started = time.perf_counter()
        asked = [self._asked(conversation, task) for conversation in batch]
        writing = self._writing(asked, seed)
        for _ in writing:
            pass
        found = [self._read(one, reply) for one, reply in zip(asked, writing.replies, strict=True)]
        seconds = {"answer": (time.perf_counter() - started) / len(batch)}
        return [replace(one, model=self.name, model_sha256=self.sha256, seconds=seconds) for one in found]

    def _writing(self, asked: Sequence[_Asked], seed: int) -> Writing:
        grammars = [replies_to(one.task, self._folder.codec) for one in asked]
        return Writing(
            self._decoder,
            self._vocabulary,
            [one.prompt for one in asked],
            most=self._most,
            choice=replace(self._choice, seed=seed),
            guided=Guided(self._guide, grammars),
        )

    @cached_property
    def _guide(self) -> Guide:
        return Guide(self._vocabulary)

    def _asked(self, conversation: Conversation, task: TaskName | None) -> _Asked:
        """The conversation as tokens and pictures."""
        task = task or told_task(conversation)
        frames = self._frames(conversation)
        looked = self._pictures.look(frames) if self._pictures and frames else None
        words = self._folder.picture * (0 if looked is None else len(looked.tokens))
        tags, last = self._tags(task, looked), len(conversation.turns) - 1
        parts = []
        for number, turn in enumerate(conversation.turns):
            template = getattr(self._folder.turns, turn.role)
            text = _in_words(turn, conversation, self._convention)
            filled = template.replace("{pictures}", words if turn.role == "user" else "")
            parts.append(filled.replace("{tags}", tags if number == last else "").replace("{text}", text))
            words = "" if turn.role == "user" else words
        parts.append(self._folder.turns.assistant.partition("{text}")[0])
        ids = np.array(self._vocabulary.encode("".join(parts)), np.int64)
        shown = (None, None) if looked is None else (looked.tokens, looked.injected)
        return _Asked(conversation, task, Prompt(ids, *shown))

    def _tags(self, task: TaskName, looked: Looked | None) -> str:
        """The words for what is looked at and what is asked, as they were taught."""
        known = self._folder.tags
        names = (*([looked.sensor] if looked else []), task.value)
        return "".join(known[name] for name in names if name in known)

    def _frames(self, conversation: Conversation) -> tuple[Frame, ...]:
        """The frames that are shown, evenly over time."""
        if conversation.scene is None or self._pictures is None:
            return ()
        frames = conversation.scene.frames
        shown = min(len(frames), self._pictures.sight.frames)
        kept = sorted({round(index * (len(frames) - 1) / max(1, shown - 1)) for index in range(shown)})
        return tuple(frames[index] for index in kept)

    def _read(self, asked: _Asked, reply: Reply) -> Answer:
        """The answer of a reply, its regions scored."""
        text = self._vocabulary.decode(reply.tokens)
        prompt = Asked((), (), "", asked.task)
        answer = answer_from(
            text, asked.conversation, prompt, convention=self._convention, probability=mean_probability(reply)
        )
        warnings = (*answer.warnings, "the reply was cut short: raise --max-tokens") if reply.cut else answer.warnings
        return replace(
            answer,
            regions=self._scored(answer.regions, reply, text),
            unsure=answer.unsure or answer.confidence < self._folder.unsure_below,
            warnings=warnings,
        )

    def _scored(self, regions: tuple[Region, ...], reply: Reply, text: str) -> tuple[Region, ...]:
        """Give every region the probability of its words, those of its label before it among them."""
        if not regions:  # nothing was said of places, or nothing that could be read
            return ()
        codec = self._convention.codec
        own = len(self._vocabulary.decode(reply.tokens[: len(reply.tokens) - reply.forced]))
        scores: list[float | None] = []
        start = 0
        for match in re.finditer(codec.pattern, text):
            score = score_of(reply, self._vocabulary, start, match.end()) if match.end() <= own else None
            scores += [score] * len(codec.read(match.group(), THOUSANDTHS))
            start = match.end()
        told = zip(regions, scores, strict=True)
        return tuple(replace(region, score=min(score, 1.0)) for region, score in told if score is not None)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """One conversation on its way through the writer."""

    conversation: Conversation
    task: TaskName
    prompt: Prompt


def load(folder: str | Path, *, max_tokens: int = 512) -> Model:
    """Give the model in a folder: `Evident` where it reads facts, else `Autoregressive`. Raises ModelError for one
    that is not whole.
    """
    verified = opened(Path(folder))
    if evident.reads_evidence(verified.path):
        return evident.load(verified, max_tokens=max_tokens)
    return Autoregressive(verified, max_tokens=max_tokens)


def _in_words(turn: Turn, conversation: Conversation, convention: Convention) -> str:
    """A turn's words, with its regions as shares of their frames."""
    scene = conversation.scene
    if scene is None or not turn.regions:
        return turn.text
    shown = []
    for region in turn.regions:
        frame = scene.frames[region.frame]
        left, top = frame.origin_px
        moved = region.shifted(-left, -top).scaled(THOUSANDTHS[0] / frame.size[0], THOUSANDTHS[1] / frame.size[1])
        shown.append(moved if moved.type in convention.codec.kinds else moved.bounds)
    return replace(turn, regions=tuple(shown)).written(convention.codec, [THOUSANDTHS] * len(scene.frames))
