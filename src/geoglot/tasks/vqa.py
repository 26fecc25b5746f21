"""VQA: any other question with a short answer."""

from __future__ import annotations

from geoglot.tasks.grammar import whole
from geoglot.tasks.task import Parsed, Task, TaskName

_GRAMMAR = r"[^\n<>]*[^\W_][^\n<>]*"


def _parse(reply: str, size: tuple[int, int]) -> Parsed:
    """Give the answer in lower case without its final stop; it has to be one line with a letter or a digit."""
    text = whole(_GRAMMAR, reply)[0]
    return Parsed(" ".join(text.casefold().split()).rstrip(".").strip())


TASK = Task(
    name=TaskName.VQA,
    title="Answer a free question in a word or two",
    # question: a whole question with its mark ("What colour is the largest roof?").
    wordings=(
        "{question}",
        "Answer briefly: {question}",
        "{question} Answer in a word or two.",
        "Here is a question about the image. {question}",
        "Look at the picture and answer. {question}",
        "{question} Keep it short.",
        "Question: {question} Answer:",
        "Give a short answer to this: {question}",
        "{question} Reply with a single word or phrase.",
        "I have a question: {question}",
        "Based on the image, {question}",
        "{question} Use the image only.",
        "Judge from what is visible: {question}",
        "Consider the scene from above. {question}",
        "{question} No explanation is needed.",
        "Please tell me: {question}",
        "From what you see, {question}",
        "{question} One or two words will do.",
        "Study the view carefully. {question}",
        "Someone asks about this place: {question}",
        "{question} Be concise.",
        "Respond with a phrase. {question}",
        "Using this tile as evidence, answer: {question}",
        "{question} What do you say?",
        "The image should tell you this: {question}",
        "A quick one: {question}",
        "{question} State only the answer.",
        "As an image analyst, how would you answer this? {question}",
        "Find the answer in the picture. {question}",
        "{question} (short answer)",
        "Now for a question on this scene: {question}",
    ),
    grammar=_GRAMMAR,
    parse=_parse,
    protocol="vqa/exact@1",
    fields=("question",),
    value="str",
)
