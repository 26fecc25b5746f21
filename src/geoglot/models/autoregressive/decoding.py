"""`Decoding`: questions that a head answers, from the writer's state at one word, where others are written out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geoglot.conversation import Conversation
from geoglot.errors import InputError
from geoglot.models.autoregressive.decoder import Decoder, Prompt
from geoglot.models.autoregressive.folder import BOXES, MASK, WAYS, WriterFolder
from geoglot.models.autoregressive.heads import PixelHead, SetHead
from geoglot.models.autoregressive.pictures import Pictures
from geoglot.models.autoregressive.vocabulary import Vocabulary
from geoglot.models.autoregressive.ways import WayHead
from geoglot.regions import Region
from geoglot.scenes.scene import Frame
from geoglot.tasks import TaskName

NONE = "none"
"""How a member says that there is nothing to outline: it is taught so in words."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One conversation on its way through the writer. frames: those of its scene that are shown."""

    conversation: Conversation
    task: TaskName
    prompt: Prompt
    frames: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a head gives: regions, in pixels of their frames, and the probability of the answer."""

    regions: tuple[Region, ...]
    probability: float


class Decoding:
    """The heads that a folder has. pictures: None for a writer that sees none, which then has no heads."""

    def __init__(
        self, folder: WriterFolder, decoder: Decoder, vocabulary: Vocabulary, pictures: Pictures | None
    ) -> None:
        self._decoder, self._vocabulary, self._pictures = decoder, vocabulary, pictures
        seeing = folder.sight is not None
        self._ways = WayHead(folder.path / WAYS, scale_m=folder.ways.scale_m) if folder.ways else None
        tokens = folder.sight.tokens if folder.sight else 1
        self._boxes = SetHead(folder.path / BOXES, tokens=tokens) if folder.boxes and seeing else None
        self._mask = PixelHead(folder.path / MASK) if folder.mask and seeing else None
        each = {
            TaskName.NAVIGATE: folder.ways.token if folder.ways else None,
            TaskName.DETECT: folder.boxes if seeing else None,
            TaskName.SEGMENT: folder.mask if seeing else None,
        }
        self._words = {task: vocabulary.id_of(word) for task, word in each.items() if word}

    def __contains__(self, task: TaskName) -> bool:
        """Whether a head answers a task."""
        return task in self._words

    def decoded(self, asked: Asked) -> Decoded:
        """Give the answer of the task's head. Raises InputError without a picture, or a start where one is needed."""
        if asked.task is TaskName.NAVIGATE:
            return self._way(asked)
        if asked.conversation.scene is None or not asked.frames:
            raise InputError("there is no picture to find places in", value=asked.task.value, expected="a scene")
        return self._set(asked) if asked.task is TaskName.DETECT else self._outline(asked)

    def _way(self, asked: Asked) -> Decoded:
        """A way from the place that the question marks first."""
        scene, marked = asked.conversation.scene, asked.conversation.question.regions
        if scene is None or not marked:
            raise InputError("a way needs a start that is marked in the picture", value=len(marked),
                             expected="a region, <r0> in the question", hint="--region")  # fmt: skip
        assert self._ways is not None
        state, visual = self._states(asked)
        frame, (x, y) = marked[0].frame, marked[0].outline[0]
        gsd_m = scene.frames[frame].gsd_m
        way = self._ways.way(state, visual, start=(float(x), float(y)), gsd_m=gsd_m)
        (likely,) = self._likely(asked, self._words[asked.task])
        return Decoded((replace(way, frame=frame),), likely)

    def _set(self, asked: Asked) -> Decoded:
        """Boxes on the first frame, with the mean of their scores, or that there are none."""
        assert self._boxes is not None
        state, visual = self._states(asked)
        boxes, likeliest = self._boxes.boxes(state, visual, _first(asked))
        if not boxes:
            return Decoded((), 1 - likeliest)
        scores = [box.score or 0.0 for box in boxes]
        return Decoded(tuple(replace(box, frame=asked.frames[0]) for box in boxes), sum(scores) / len(scores))

    def _outline(self, asked: Asked) -> Decoded:
        """A mask on the first frame; none where the writer would rather say so."""
        assert self._mask is not None
        assert self._pictures is not None
        said, refused = self._likely(asked, self._words[asked.task], self._vocabulary.encode(NONE)[0])
        if refused > said:
            return Decoded((), refused / (refused + said))
        state, _ = self._states(asked)
        frame = _first(asked)
        mask, likeliest = self._mask.mask(state, self._pictures.drawn(frame), frame)
        if mask is None:
            return Decoded((), 1 - likeliest)
        return Decoded((replace(mask, frame=asked.frames[0]),), mask.score or 0.0)

    def _states(self, asked: Asked) -> tuple[Floats, Floats]:
        """The state (D,) at the word of the task's head after the question, and those (P, D) of the pictures."""
        prompt = asked.prompt
        ids = np.append(prompt.ids, self._words[asked.task])
        (states,) = self._decoder.states([replace(prompt, ids=ids)])
        return states[-1], states[:-1][prompt.ids == self._decoder.picture]

    def _likely(self, asked: Asked, *words: int) -> tuple[float, ...]:
        """The probabilities of words as the reply's first."""
        logits = self._decoder.start([asked.prompt], room=1).next.logits[0].astype(np.float64)
        odds = np.exp(logits - logits.max())
        return tuple(float(odds[word] / odds.sum()) for word in words)


def _first(asked: Asked) -> Frame:
    """The frame that places are told of."""
    assert asked.conversation.scene is not None
    return asked.conversation.scene.frames[asked.frames[0]]
