"""How a general vision-language model is asked, and how its reply becomes an `Answer`.

Each model has its own way of writing places; `Convention` names it, so that a box comes back to the right pixels.
Words found inside files (names, tags, EXIF) never enter a prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geoglot.conversation import Answer, Conversation
from geoglot.errors import GeoglotError
from geoglot.regions import Region, codecs
from geoglot.regions.codecs import Codec, CodecError
from geoglot.scenes import Scene
from geoglot.tasks import AnswerUnparsed, Parsed, TaskName
from geoglot.tasks import get as task_of

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_FRAMES = 8  # of a series or a video that are shown, evenly over time
PICTURE_PX = 1024  # longest side of what is shown
UNSURE_BELOW = 0.5

_SYSTEM = "You answer questions about Earth-observation images. Answer only from what the image shows."

_EVERY_REGION = "Answer with every region, each written like {form}, and nothing else. If there is none, answer: none"

# How the reply has to look, task by task; {form} is the model's own way of writing a region.
_HOW = {
    TaskName.CAPTION: "Answer in one or two sentences.",
    TaskName.CLASSIFY: "Answer with the name of one class and nothing else.",
    TaskName.MULTILABEL: "Answer with names only, separated by commas.",
    TaskName.PRESENCE: "Answer with yes or no and nothing else.",
    TaskName.COUNT: "Answer with one whole number and nothing else.",
    TaskName.COMPARE: "Answer with yes, no or one of the names, and nothing else.",
    TaskName.AREA: "Answer with one number and its unit, and nothing else.",
    TaskName.VQA: "Answer in a few words.",
    TaskName.MCQ: "Answer with the letter of the right choice and nothing else.",
    TaskName.RELATION: "Answer in a few words.",
    TaskName.DETECT: _EVERY_REGION,
    TaskName.GROUND: "Answer with one region, written like {form}, and nothing else.",
    TaskName.DESCRIBE_REGION: "Answer in one or two sentences.",
    TaskName.SEGMENT: _EVERY_REGION,
    TaskName.CHANGE_CAPTION: "The images are of the same place, in order of time. Answer in one or two sentences.",
    TaskName.CHANGE_MASK: "The images are of the same place, in order of time. "
    + _EVERY_REGION.replace("region", "changed region"),
    TaskName.TRACK: "The images are frames of one video. Answer with every region, each written like {form}.",
    TaskName.NAVIGATE: "Answer with one path, written like {form}, and nothing else.",
}


@dataclass(frozen=True, slots=True)
class Convention:
    """How a model writes places. codec: its text form, which holds scale, order and the processor's resize rule."""

    codec: Codec


def convention_for(model_type: str, *, min_pixels: int | None = None, max_pixels: int | None = None) -> Convention:
    """Give the convention of a model family by the `model_type` of its config.

    min_pixels, max_pixels: the processor's own limits, where the family counts pixels of the resized image.
    An unknown family is told geoglot's own form in the prompt. Source: regions/codecs, each with its own.
    """
    if model_type == "qwen2_5_vl":
        codec = codecs.get("qwen2.5-vl")
        limits = {"min_pixels": min_pixels, "max_pixels": max_pixels}
        changed = {name: value for name, value in limits.items() if value is not None}
        return Convention(replace(codec, **changed) if changed else codec)  # type: ignore[type-var]
    families = {"qwen2_vl": "qwen3-vl", "qwen3_vl": "qwen3-vl", "internvl": "internvl", "internvl_chat": "internvl",
                "deepseek_vl_v2": "deepseek-vl2", "florence2": "florence2"}  # fmt: skip
    return Convention(codecs.get(families.get(model_type, "geoglot")))


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """What a model is given. pictures: RGB, in order; text: everything said, the question last; frames: which of the
    scene's frames the pictures show; system: what it is told before."""

    pictures: tuple[Image, ...]
    frames: tuple[int, ...]
    text: str
    task: TaskName
    system: str = _SYSTEM


def prompt_for(conversation: Conversation, *, task: TaskName | None, convention: Convention) -> Prompt:
    """Put a conversation into a prompt. task: told from the words by nano's reader if None."""
    task = task or told_task(conversation)
    frames = _shown(conversation.scene)
    pictures = tuple(_picture(conversation.scene, index) for index in frames)
    form = _example(convention.codec)
    lines = [*_history(conversation, pictures, convention), _written(conversation, -1, pictures, convention)]
    lines.append(_HOW[task].format(form=form))
    return Prompt(pictures, frames, "\n".join(lines), task)


def told_task(conversation: Conversation) -> TaskName:
    """Give the kind of question that the last turn asks, as nano's reader tells it from the words."""
    from geoglot.models.nano.trained import open_reader

    return open_reader().read(conversation).task


def answer_from(
    reply: str, conversation: Conversation, prompt: Prompt, *, convention: Convention, probability: float | None
) -> Answer:
    """Make an answer of a reply, with `model` left empty for the caller.

    probability: geometric mean of the reply's token probabilities, None if the model does not tell. A reply that does
    not follow the grammar keeps its text and is unsure; its value is None, never guessed.
    """
    warnings: list[str] = []
    parsed = Parsed()
    try:
        parsed = _parsed(reply, conversation.scene, prompt, convention)
    except (AnswerUnparsed, CodecError) as error:
        warnings.append(f"the reply could not be read: {error.what}")
    if probability is None:
        warnings.append("the model tells no probabilities: nothing is known of how sure it is")
    confidence = 0.0 if warnings and probability is None else float(probability or 0.0)
    return Answer(
        text=reply.strip(),
        task=prompt.task,
        model="",
        value=parsed.value,
        unit=parsed.unit,
        regions=parsed.regions,
        query={"task": str(prompt.task)},
        confidence=confidence,
        unsure=any("could not be read" in warning for warning in warnings) or confidence < UNSURE_BELOW,
        warnings=tuple(warnings),
        question=conversation.question.text,
        scene=conversation.scene,
    )


def _parsed(reply: str, scene: Scene | None, prompt: Prompt, convention: Convention) -> Parsed:
    """Read the reply in the model's own form, then by the task's grammar in geoglot's.

    The grammar's form rounds to thousandths, so the regions kept are those of the model's form.
    """
    size = prompt.pictures[0].size if prompt.pictures else (1000, 1000)
    marked, exact = codecs.marked(reply.strip(), convention.codec, size)
    own = codecs.get("geoglot")
    text = marked
    for index, region in enumerate(exact):
        label = f"{region.label}: " if region.label and region.label not in marked else ""
        text = text.replace(f"<r{index}>", label + own.write(region, size))
    parsed = task_of(prompt.task).parse(text, size)
    if len(parsed.regions) == len(exact):
        kept = tuple(
            replace(region, label=region.label or read.label, frame=prompt.frames[0] if prompt.frames else 0)
            for region, read in zip(exact, parsed.regions, strict=True)
        )
        parsed = replace(parsed, regions=kept)
    return replace(parsed, regions=tuple(_to_frame(region, size, scene) for region in parsed.regions))


def _to_frame(region: Region, size: tuple[int, int], scene: Scene | None) -> Region:
    """From pixels of the picture that was shown to pixels of the whole raster."""
    if scene is None:
        return region
    frame = scene.frames[region.frame]
    scaled = region.scaled(frame.size[0] / size[0], frame.size[1] / size[1])
    return scaled.shifted(*frame.origin_px)


def _shown(scene: Scene | None) -> tuple[int, ...]:
    if scene is None:
        return ()
    count = len(scene.frames)
    shown = min(count, MOST_FRAMES)
    return tuple(sorted({round(index * (count - 1) / max(1, shown - 1)) for index in range(shown)}))


def _picture(scene: Scene | None, index: int) -> Image:
    assert scene is not None
    frame = scene.frames[index]
    shrink = max(1.0, max(frame.size) / PICTURE_PX)
    size = (max(1, round(frame.size[0] / shrink)), max(1, round(frame.size[1] / shrink)))
    return frame.picture(size=size).convert("RGB")


def _example(codec: Codec) -> str:
    return codec.example.replace("```json\n", "").replace("\n```", "")


def _history(conversation: Conversation, pictures: Sequence[Image], convention: Convention) -> list[str]:
    said = conversation.turns[:-1]
    names = {"user": "Question", "assistant": "Answer", "system": "Note"}
    return [
        f"{names[turn.role]}: {_written(conversation, index, pictures, convention)}" for index, turn in enumerate(said)
    ]


def _written(conversation: Conversation, index: int, pictures: Sequence[Image], convention: Convention) -> str:
    """A turn's words with its regions in the model's form, in pixels of what it is shown."""
    turn = conversation.turns[index]
    scene = conversation.scene
    if not turn.regions or scene is None or not pictures:
        return turn.text
    frame, size = scene.frame, pictures[0].size
    shown = tuple(
        region.shifted(-frame.origin_px[0], -frame.origin_px[1]).scaled(
            size[0] / frame.size[0], size[1] / frame.size[1]
        )
        for region in turn.regions
    )
    try:
        return replace(turn, regions=shown).written(convention.codec, [size] * len(scene.frames))
    except GeoglotError:  # a kind of region the model has no words for: its box says where it is
        boxes = tuple(region.bounds for region in shown)
        return replace(turn, regions=boxes).written(convention.codec, [size] * len(scene.frames))
