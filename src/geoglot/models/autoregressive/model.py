"""`Autoregressive`: a writer's folder as a `Model`: conversation in, guided reply out, every region with its score."""

from __future__ import annotations

import codecs as encodings
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from geoglot.conversation import Answer, Conversation, Turn
from geoglot.errors import InputError
from geoglot.models.autoregressive import evident
from geoglot.models.autoregressive.answering import Answering
from geoglot.models.autoregressive.decoder import Prompt
from geoglot.models.autoregressive.decoding import NONE, Asked, Decoding
from geoglot.models.autoregressive.folder import LOOK, WriterFolder, opened
from geoglot.models.autoregressive.grammar import reply as replies_to
from geoglot.models.autoregressive.pictures import Looked, Pictures
from geoglot.models.autoregressive.writing import Choice, Guided, Reply, Writing, score_of
from geoglot.models.prompting import Convention, told_task
from geoglot.models.protocol import Model
from geoglot.regions import Region
from geoglot.tasks import TaskName
from geoglot.tasks import get as task_of
from geoglot.tasks.grammar import write_regions

THOUSANDTHS = (1000, 1000)
"""The size in which places are read before they are scaled to the frame: the codecs count shares of it."""


class Autoregressive(Answering):
    """A folder whose writer is shown pictures. Every reply keeps to its task's grammar, so that it can always be read.

    choice: how tokens are chosen; the seed of a question takes the place of its own. A region's score is
    the probability of its label and place, see `score_of`; one that was only written to bring a cut reply to its end
    is no region of the answer.
    """

    def __init__(self, folder: WriterFolder, *, max_tokens: int = 512, choice: Choice | None = None) -> None:
        super().__init__(folder, max_tokens=max_tokens)
        self._choice = choice or Choice()
        sight, injected = folder.sight, folder.shape.injected
        self._pictures = Pictures(folder.path / LOOK, sight, injected=injected) if sight else None
        self._heads = Decoding(folder, self._decoder, self._vocabulary, self._pictures)

    def stream(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Iterator[str]:
        """Give a reply piece by piece, as it is written; joined it is the text of `answer`, but for blanks around."""
        asked = self._asked(conversation, task)
        if asked.task in self._heads:
            yield self._decoded(asked).text
            return
        letters = encodings.getincrementaldecoder("utf-8")("replace")
        for said in self._writing([asked], seed):
            if piece := letters.decode(self._vocabulary.spelled[said.token]):
                yield piece

    def _together(self, batch: Sequence[Conversation], task: TaskName | None, seed: int) -> list[Answer]:
        asked = [self._asked(conversation, task) for conversation in batch]
        said = iter(self._replies([one for one in asked if one.task not in self._heads], seed))
        return [self._decoded(one) if one.task in self._heads else self._scored(one, next(said)) for one in asked]

    def _replies(self, asked: Sequence[Asked], seed: int) -> list[Reply]:
        if not asked:
            return []
        writing = self._writing(asked, seed)
        for _ in writing:
            pass
        return writing.replies

    def _writing(self, asked: Sequence[Asked], seed: int) -> Writing:
        grammars = [replies_to(one.task, self._folder.codec) for one in asked]
        return Writing(
            self._decoder,
            self._vocabulary,
            [one.prompt for one in asked],
            most=self._most,
            choice=replace(self._choice, seed=seed),
            guided=Guided(self._guide, grammars),
        )

    def _asked(self, conversation: Conversation, task: TaskName | None) -> Asked:
        """The conversation as tokens and pictures."""
        task = task or told_task(conversation)
        self._check(task)
        shown = self._shown(conversation)
        frames = tuple(conversation.scene.frames[index] for index in shown) if conversation.scene else ()
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
        seen = (None, None) if looked is None else (looked.tokens, looked.injected)
        return Asked(conversation, task, Prompt(ids, *seen), shown)

    def _check(self, task: TaskName) -> None:
        """Refuse a task whose places the writer has no words for."""
        places, kinds = task_of(task).gives, self._convention.codec.kinds
        if places and task not in self._heads and not set(places) & set(kinds):
            raise InputError(f"{self.name} has no words for such places", value=task.value,
                             expected=f"a task that is answered by {', '.join(kinds)}",
                             hint="nano answers it: --model nano")  # fmt: skip

    def _decoded(self, asked: Asked) -> Answer:
        """The answer of the task's head, its regions in geoglot's own text form."""
        found = self._heads.decoded(asked)
        answer = self._told(NONE, asked.conversation, asked.task, found.probability)
        if asked.conversation.scene is None or not found.regions:
            return answer
        size = asked.conversation.scene.frames[found.regions[0].frame].full_size
        return replace(answer, text=write_regions(found.regions, size), regions=found.regions)

    def _tags(self, task: TaskName, looked: Looked | None) -> str:
        """The words for what is looked at and what is asked, as they were taught."""
        known = self._folder.tags
        names = (*([looked.sensor] if looked else []), task.value)
        return "".join(known[name] for name in names if name in known)

    def _shown(self, conversation: Conversation) -> tuple[int, ...]:
        """The numbers of the frames that are shown, evenly over time."""
        if conversation.scene is None or self._pictures is None:
            return ()
        count = len(conversation.scene.frames)
        shown = min(count, self._pictures.sight.frames)
        return tuple(sorted({round(index * (count - 1) / max(1, shown - 1)) for index in range(shown)}))

    def _scored(self, asked: Asked, reply: Reply) -> Answer:
        """The answer of a reply; every region has the probability of its words, those of its label before it among
        them.
        """
        answer = self._read(asked.conversation, asked.task, reply)
        return replace(answer, regions=self._probable(answer.regions, reply))

    def _probable(self, regions: tuple[Region, ...], reply: Reply) -> tuple[Region, ...]:
        if not regions:  # nothing was said of places, or nothing that could be read
            return ()
        codec, text = self._convention.codec, self._vocabulary.decode(reply.tokens)
        own = len(self._vocabulary.decode(reply.tokens[: len(reply.tokens) - reply.forced]))
        scores: list[float | None] = []
        start = 0
        for match in re.finditer(codec.pattern, text):
            score = score_of(reply, self._vocabulary, start, match.end()) if match.end() <= own else None
            scores += [score] * len(codec.read(match.group(), THOUSANDTHS))
            start = match.end()
        told = zip(regions, scores, strict=True)
        return tuple(replace(region, score=min(score, 1.0)) for region, score in told if score is not None)


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
