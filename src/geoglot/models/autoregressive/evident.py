"""`Evident`: a writer that looks with nano's eye: what the eye told stands in its prompt, one token a fact.

Its folder holds what every writer's does (`folder`), `facts.onnx` (inputs: `train.export_evidence`), and the eye in
`eye`, a folder of nano's. It answers the tasks that its manifest has tags for; places are objects that the eye told.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geoglot.conversation import Answer, Conversation
from geoglot.errors import InputError
from geoglot.models.autoregressive.decoder import Decoder, Prompt
from geoglot.models.autoregressive.facts import FactIds, Pointed, as_ids, facts, pointers, written
from geoglot.models.autoregressive.folder import GRAPH, WriterFolder
from geoglot.models.autoregressive.grammar import Expression, Guide
from geoglot.models.autoregressive.grammar import reply as replies_to
from geoglot.models.autoregressive.grammar.expression import either, repeated, text, then
from geoglot.models.autoregressive.told import Box as Corners
from geoglot.models.autoregressive.told import Told
from geoglot.models.autoregressive.vocabulary import words_of
from geoglot.models.autoregressive.writing import Choice, Guided, Reply, mean_probability
from geoglot.models.autoregressive.writing import written as write
from geoglot.models.graph import opened
from geoglot.models.nano import Nano, focused
from geoglot.models.nano.evidence import Evidence
from geoglot.models.nano.eye import Eye
from geoglot.models.nano.weights import open_weights
from geoglot.models.prompting import Convention, answer_from, told_task
from geoglot.models.prompting import Prompt as Asked
from geoglot.models.protocol import Model
from geoglot.regions import Region
from geoglot.regions.codecs import get as codec_named
from geoglot.tasks import TaskName

if TYPE_CHECKING:
    import onnxruntime

FACTS, EYE = "facts.onnx", "eye"
ROWS = 8
"""Questions that are answered together."""

POINTING = frozenset({TaskName.GROUND, TaskName.DETECT, TaskName.CHANGE_MASK})
NOTHING = "none"
_POINTER = re.compile(r"<o\d+>")


class Evident(Model):
    """A folder with writer.json and facts.onnx. Raises InputError for tasks that it was not taught.

    max_tokens: of a reply, at most half of what the writer can read. Only the last turn of a conversation is read.
    Confidence is the geometric mean of the reply's token probabilities; it is not calibrated. Without a scene it
    answers from the words alone.
    """

    def __init__(self, folder: WriterFolder, *, max_tokens: int = 512) -> None:
        self.nano = Nano(Eye(open_weights(folder.path / EYE)))
        self.name = folder.name
        self.sha256 = hashlib.sha256(f"{folder.sha256}{self.nano.sha256}".encode()).hexdigest()
        self._folder = folder
        self._most = min(max_tokens, folder.shape.length // 2)
        self._vocabulary, picture = words_of(folder)
        self._decoder = Decoder(folder.path / GRAPH, folder.shape, picture=picture)
        self._convention = Convention(codec_named(folder.codec))

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        """Answer the last turn; `seed` changes nothing."""
        return self.answers([conversation], task=task, seed=seed)[0]

    def answers(self, batch: Sequence[Conversation], *, task: TaskName | None = None, seed: int = 0) -> list[Answer]:
        """Answer many conversations, some at a time; equal to answering each alone."""
        return [
            answer
            for start in range(0, len(batch), ROWS)
            for answer in self._together(batch[start : start + ROWS], task)
        ]

    def _together(self, batch: Sequence[Conversation], task: TaskName | None) -> list[Answer]:
        started = time.perf_counter()
        asked = [self._asked(conversation, task) for conversation in batch]
        found = [self._read(one, reply) for one, reply in zip(asked, self._replies(asked), strict=True)]
        seconds = {"answer": (time.perf_counter() - started) / len(batch)}
        return [replace(one, model=self.name, model_sha256=self.sha256, seconds=seconds) for one in found]

    def _replies(self, asked: Sequence[_Asked]) -> list[Reply]:
        return write(
            self._decoder,
            self._vocabulary,
            [one.prompt for one in asked],
            most=self._most,
            choice=Choice(),
            guided=Guided(self._guide, [one.grammar(self._folder.codec) for one in asked]),
        )

    @cached_property
    def _guide(self) -> Guide:
        return Guide(self._vocabulary)

    @cached_property
    def _reader(self) -> onnxruntime.InferenceSession:
        return opened(self._folder.path / FACTS, what="the reader of facts")

    def reply(self, question: str, told: Told, task: TaskName, *, shown: Sequence[Corners] = ()) -> str:
        """Give the words replied to a question about facts alone, with the pointers that stand in them.

        shown: the boxes that <r0> … of the question mean.
        """
        pointed = pointers(told)
        prompt = self._prompt(written(question, shown, told, pointed), told, pointed, task)
        asked = _Asked(Conversation.about(None, question), task, None, told, pointed, prompt)
        return self._vocabulary.decode(self._replies([asked])[0].tokens)

    def _asked(self, conversation: Conversation, task: TaskName | None) -> _Asked:
        """Look, and put facts and question into a prompt."""
        task = task or told_task(conversation)
        if task not in self._folder.tags:
            raise InputError(f"{self.name} was not taught this kind of question", value=task.value,
                             expected=", ".join(sorted(self._folder.tags)),
                             hint="nano answers it: --model nano")  # fmt: skip
        turn, scene = conversation.question, conversation.scene
        evidence, told, pointed = None, None, Pointed()
        if scene is not None:
            evidence = self.nano.look(focused(scene, turn.regions[0] if turn.regions else None))
            told = Told.of(evidence)
            pointed = pointers(told)
        question = written(turn.text, [_corners(region, evidence) for region in turn.regions], told, pointed)
        return _Asked(conversation, task, evidence, told, pointed, self._prompt(question, told, pointed, task))

    def _prompt(self, question: str, told: Told | None, pointed: Pointed, task: TaskName) -> Prompt:
        """Facts, then the question; the question alone where nothing was told."""
        read = None
        if told is not None:
            read = self._tokens(as_ids(facts(told, pointed, self._classes), self._vocabulary.encode))
        words = self._folder.turns.user.replace("{pictures}", self._folder.picture * (0 if read is None else len(read)))
        words = words.replace("{tags}", self._folder.tags[task]).replace("{text}", question)
        return Prompt(np.array(self._vocabulary.encode(words), np.int64), read)

    @property
    def _classes(self) -> tuple[str, ...]:
        return self.nano.eye.weights.objects

    def _tokens(self, ids: FactIds) -> NDArray[np.float32]:
        """The tokens (F, D) that stand for facts."""
        given = {"kind": ids.kind, "words": ids.words, "places": ids.places, "numbers": ids.numbers}
        (tokens,) = self._reader.run(["tokens"], given)
        return np.asarray(tokens, np.float32)

    def _read(self, asked: _Asked, reply: Reply) -> Answer:
        """The answer of a reply: pointers become the regions that they mean."""
        said = self._vocabulary.decode(reply.tokens)
        own = codec_named("geoglot")
        regions = asked.regions(said) if asked.task in POINTING else ()
        text = said
        if regions and asked.conversation.scene is not None:
            sizes = [frame.full_size for frame in asked.conversation.scene.frames]
            text = "; ".join(f"{one.label} {own.write(one.bounds, sizes[one.frame])}" for one in regions)
        prompt = Asked((), (), "", asked.task)
        answer = answer_from(
            NOTHING if regions else text,
            asked.conversation,
            prompt,
            convention=self._convention,
            probability=mean_probability(reply),
        )
        warnings = (*answer.warnings, "the reply was cut short: raise --max-tokens") if reply.cut else answer.warnings
        warnings += () if asked.told is not None else ("there was nothing to look at: answered from the words alone",)
        return replace(
            answer,
            text=text.strip(),
            regions=regions,
            evidence=asked.ids(said),
            unsure=answer.unsure or answer.confidence < self._folder.unsure_below,
            warnings=warnings,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """One question on its way through the writer."""

    conversation: Conversation
    task: TaskName
    evidence: Evidence | None
    told: Told | None
    pointed: Pointed
    prompt: Prompt

    def grammar(self, codec: str) -> Expression:
        """What may be replied: a pointer of this scene, several of them, or the task's own grammar."""
        if self.task not in POINTING:
            return replies_to(self.task, codec)
        words = self.pointed.changes if self.task is TaskName.CHANGE_MASK else self.pointed.things
        if not words:
            return text(NOTHING)
        one = either(*map(text, words))
        return either(text(NOTHING), one if self.task is TaskName.GROUND else then(one, repeated(one)))

    def regions(self, said: str) -> tuple[Region, ...]:
        """The places of the objects and changes that a reply names, each once."""
        found = []
        for word in dict.fromkeys(_POINTER.findall(said)):
            if self.evidence is None or self.told is None:
                break
            if word in self.pointed.things:
                thing = self.evidence.objects[self.told.objects.index(self.pointed.things[word])]
                found.append(replace(thing.region, label=thing.label, score=thing.score))
            elif word in self.pointed.changes:
                change = self.evidence.changes[self.told.changes.index(self.pointed.changes[word])]
                found.append(replace(change.region, label=change.what, score=change.score))
        return tuple(found)

    def ids(self, said: str) -> tuple[str, ...]:
        """The evidence that a reply names."""
        if self.evidence is None or self.told is None:
            return ()
        named = [self.pointed.things[word] for word in _POINTER.findall(said) if word in self.pointed.things]
        return tuple(dict.fromkeys(self.evidence.objects[self.told.objects.index(thing)].id for thing in named))


def load(folder: WriterFolder, *, max_tokens: int = 512) -> Evident:
    """Give the model of a verified folder. Raises ModelError for an eye that is not whole."""
    return Evident(folder, max_tokens=max_tokens)


def reads_evidence(folder: Path) -> bool:
    """Whether a folder's writer reads facts instead of pictures."""
    return (folder / FACTS).is_file()


def _corners(region: Region, evidence: Evidence | None) -> Corners:
    """The box of a region, from the corner of what was looked at."""
    box = region.bounds
    x, y = (evidence.looked.x0, evidence.looked.y0) if evidence is not None else (0.0, 0.0)
    return box.x0 - x, box.y0 - y, box.x1 - x, box.y1 - y
