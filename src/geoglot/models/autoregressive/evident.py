"""`Evident`: a writer that looks with nano's eye: what the eye told stands in its prompt, one token a fact.

Its folder holds what every writer's does (`folder`), `facts.onnx` (inputs: `train.export_evidence`), `point.onnx`
(`pointing`), and the eye in `eye`, a folder of nano's. It answers the tasks that its manifest has tags for; places are
things, changes and land covers that the eye told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geoglot.conversation import Answer, Conversation
from geoglot.errors import InputError
from geoglot.models.autoregressive import pointing
from geoglot.models.autoregressive.answering import Answering
from geoglot.models.autoregressive.decoder import Prompt
from geoglot.models.autoregressive.facts import FactIds, Pointed, as_ids, facts, pointers, written
from geoglot.models.autoregressive.folder import FACTS, POINT, WriterFolder
from geoglot.models.autoregressive.grammar import reply as replies_to
from geoglot.models.autoregressive.pointing import Aim, Head
from geoglot.models.autoregressive.told import Box as Corners
from geoglot.models.autoregressive.told import Told
from geoglot.models.autoregressive.writing import Choice, Guided, Reply
from geoglot.models.autoregressive.writing import written as write
from geoglot.models.graph import opened
from geoglot.models.nano import Nano, focused
from geoglot.models.nano.evidence import Evidence
from geoglot.models.nano.eye import Eye
from geoglot.models.nano.weights import open_weights
from geoglot.models.prompting import told_task
from geoglot.regions import Region
from geoglot.regions.codecs import get as codec_named
from geoglot.tasks import TaskName

if TYPE_CHECKING:
    import onnxruntime

EYE = "eye"
NOTHING = "none"
UNSEEN = "there was nothing to look at: answered from the words alone"


class Evident(Answering):
    """A folder with writer.json and facts.onnx. Raises InputError for tasks that it was not taught.

    Only the last turn of a conversation is read. Where a task is answered by places, each has the chance that the
    question means it for its score, and confidence is their mean, or the chance that nothing is meant. Without a scene
    it answers from the words alone.
    """

    def __init__(self, folder: WriterFolder, *, max_tokens: int = 512) -> None:
        super().__init__(folder, max_tokens=max_tokens)
        self.nano = Nano(Eye(open_weights(folder.path / EYE)))
        self.sha256 = hashlib.sha256(f"{folder.sha256}{self.nano.sha256}".encode()).hexdigest()
        self._head = Head(folder.path / POINT)

    def _together(self, batch: Sequence[Conversation], task: TaskName | None, seed: int) -> list[Answer]:
        """Answer a few conversations; `seed` changes nothing."""
        asked = [self._asked(conversation, task) for conversation in batch]
        aimed = iter(self._aims([one for one in asked if one.points]))
        said = iter(self._replies([one for one in asked if not one.points]))
        return [self._placed(one, next(aimed)) if one.points else self._said(one, next(said)) for one in asked]

    def _replies(self, asked: Sequence[_Asked]) -> list[Reply]:
        if not asked:
            return []
        return write(
            self._decoder,
            self._vocabulary,
            [one.prompt for one in asked],
            most=self._most,
            choice=Choice(),
            guided=Guided(self._guide, [replies_to(one.task, self._folder.codec) for one in asked]),
        )

    def _aims(self, asked: Sequence[_Asked]) -> list[list[Aim]]:
        """What each of some questions may point at."""
        seen = [one for one in asked if one.told is not None]
        states = iter(self._decoder.states([one.prompt for one in seen]) if seen else [])
        return [[] if one.told is None else self._aimed(one, one.told, next(states)) for one in asked]

    def _aimed(self, asked: _Asked, told: Told, states: NDArray[np.float32]) -> list[Aim]:
        assert asked.prompt.pictured is not None
        chances = self._head.chances(states, len(asked.prompt.pictured))
        return pointing.aims(chances, told, asked.pointed, asked.task)

    @cached_property
    def _reader(self) -> onnxruntime.InferenceSession:
        return opened(self._folder.path / FACTS, what="the reader of facts")

    def reply(self, question: str, told: Told, task: TaskName, *, shown: Sequence[Corners] = ()) -> str:
        """Give the words replied to a question about facts alone; of one that places answer, what is pointed at: the
        pointers of things and changes, the names of land covers.

        shown: the boxes that <r0> … of the question mean.
        """
        pointed = pointers(told)
        prompt = self._prompt(written(question, shown, told, pointed), told, pointed, task)
        asked = _Asked(Conversation.about(None, question), task, None, told, pointed, prompt)
        if not asked.points:
            return self._vocabulary.decode(self._replies([asked])[0].tokens)
        meant, _ = pointing.chosen(self._aims([asked])[0], task)
        return "".join(pointing.words(meant, told, pointed)) or NOTHING

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

    def _said(self, asked: _Asked, reply: Reply) -> Answer:
        answer = self._read(asked.conversation, asked.task, reply)
        return answer if asked.told is not None else replace(answer, warnings=(*answer.warnings, UNSEEN))

    def _placed(self, asked: _Asked, found: Sequence[Aim]) -> Answer:
        """The answer that points."""
        scene, told, evidence = asked.conversation.scene, asked.told, asked.evidence
        if scene is None or told is None or evidence is None:
            answer = self._told(NOTHING, asked.conversation, asked.task, 0.0)
            return replace(answer, warnings=(*answer.warnings, UNSEEN))
        meant, confidence = pointing.chosen(found, asked.task)
        outlined = asked.task is TaskName.SEGMENT
        each = [pointing.region(aim, evidence, told, asked.pointed, outlined=outlined) for aim in meant]
        regions = tuple(one for one in each if one is not None)
        answer = self._told(NOTHING, asked.conversation, asked.task, confidence)
        sizes = [frame.full_size for frame in scene.frames]
        return replace(
            answer,
            text="; ".join(_in_words(one, sizes[one.frame]) for one in regions) or NOTHING,
            regions=regions,
            evidence=tuple(_id(aim, evidence, told, asked.pointed) for aim in meant if aim.kind != pointing.COVER),
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

    @property
    def points(self) -> bool:
        """Whether places answer it."""
        return self.task in pointing.MEANT


def load(folder: WriterFolder, *, max_tokens: int = 512) -> Evident:
    """Give the model of a verified folder. Raises ModelError for an eye that is not whole."""
    return Evident(folder, max_tokens=max_tokens)


def reads_evidence(folder: Path) -> bool:
    """Whether a folder's writer reads facts instead of pictures."""
    return (folder / FACTS).is_file()


def _in_words(region: Region, size: tuple[int, int]) -> str:
    return f"{region.label} {codec_named('geoglot').write(region.bounds, size)}"


def _id(aim: Aim, evidence: Evidence, told: Told, pointed: Pointed) -> str:
    """The id of the thing or the change that is pointed at."""
    if aim.kind == pointing.CHANGE:
        return pointing.change_of(aim, evidence, told, pointed).id
    return pointing.thing_of(aim, evidence, told, pointed).id


def _corners(region: Region, evidence: Evidence | None) -> Corners:
    """The box of a region, from the corner of what was looked at."""
    box = region.bounds
    x, y = (evidence.looked.x0, evidence.looked.y0) if evidence is not None else (0.0, 0.0)
    return box.x0 - x, box.y0 - y, box.x1 - x, box.y1 - y
