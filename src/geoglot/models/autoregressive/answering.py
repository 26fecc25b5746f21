"""`Answering`: what all folders with a writer do alike: answer conversations some at a time, replies to answers."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from geoglot.conversation import Answer, Conversation
from geoglot.models.autoregressive.decoder import Decoder
from geoglot.models.autoregressive.folder import GRAPH, WriterFolder
from geoglot.models.autoregressive.grammar import Guide
from geoglot.models.autoregressive.vocabulary import words_of
from geoglot.models.autoregressive.writing import Reply, mean_probability
from geoglot.models.prompting import Convention, Prompt, answer_from
from geoglot.models.protocol import Model
from geoglot.regions.codecs import get as codec_named
from geoglot.tasks import TaskName

ROWS = 8
"""Conversations that are answered together."""

CUT = "the reply was cut short: raise --max-tokens"


class Answering(Model):
    """A folder with writer.json. max_tokens: of a reply, at most half of what the writer can read.

    Confidence is the geometric mean of the reply's token probabilities; it is not calibrated.
    """

    def __init__(self, folder: WriterFolder, *, max_tokens: int) -> None:
        self.name = folder.name
        self.sha256 = folder.sha256
        self._folder = folder
        self._most = min(max_tokens, folder.shape.length // 2)
        self._vocabulary, picture = words_of(folder)
        self._decoder = Decoder(folder.path / GRAPH, folder.shape, picture=picture)
        self._convention = Convention(codec_named(folder.codec))

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        """Answer the last turn. Raises InputError for a conversation that is too long for the writer."""
        return self.answers([conversation], task=task, seed=seed)[0]

    def answers(self, batch: Sequence[Conversation], *, task: TaskName | None = None, seed: int = 0) -> list[Answer]:
        """Answer many conversations, some at a time; equal to answering each alone."""
        found: list[Answer] = []
        for start in range(0, len(batch), ROWS):
            some = batch[start : start + ROWS]
            began = time.perf_counter()
            answered = self._together(some, task, seed)
            seconds = {"answer": (time.perf_counter() - began) / len(some)}
            found += [replace(one, model=self.name, model_sha256=self.sha256, seconds=seconds) for one in answered]
        return found

    @abstractmethod
    def _together(self, batch: Sequence[Conversation], task: TaskName | None, seed: int) -> list[Answer]:
        """Answer a few conversations at once; who answered and how long it took is filled in afterwards."""

    @cached_property
    def _guide(self) -> Guide:
        return Guide(self._vocabulary)

    def _read(self, conversation: Conversation, task: TaskName, reply: Reply) -> Answer:
        """The answer of a reply as it stands."""
        text = self._vocabulary.decode(reply.tokens)
        answer = self._told(text, conversation, task, mean_probability(reply))
        return replace(answer, warnings=(*answer.warnings, CUT)) if reply.cut else answer

    def _told(self, text: str, conversation: Conversation, task: TaskName, confidence: float) -> Answer:
        """The answer of a text, unsure where the folder says so."""
        prompt = Prompt((), (), "", task)
        answer = answer_from(text, conversation, prompt, convention=self._convention, probability=confidence)
        return replace(answer, unsure=answer.unsure or answer.confidence < self._folder.unsure_below)
