"""MCQ: choose among lettered answers."""

from __future__ import annotations

from geoglot.tasks.grammar import whole
from geoglot.tasks.task import Parsed, Task, TaskName

_GRAMMAR = r"(?:(?:the )?(?:correct |best )?(?:answer|choice|option)(?: is|:) )?\(?([a-p])\)?(?:[.):](?: [^\n]+)?)?"


def _parse(reply: str, size: tuple[int, int]) -> Parsed:
    """Give the letter in upper case. "B", "(b)", "B. harbour" and "The answer is B." are read, "A harbour" is not."""
    return Parsed(whole(_GRAMMAR, reply)[1].upper())


TASK = Task(
    name=TaskName.MCQ,
    title="Choose among lettered answers",
    # question: a whole question with its mark; choices: "A) one B) two C) three".
    wordings=(
        "{question} {choices}",
        "{question} Choose one: {choices}",
        "{question} Options: {choices} Answer with the letter.",
        "Select the right answer. {question} {choices}",
        "{question} Which of these is right? {choices}",
        "Multiple choice: {question} {choices}",
        "{question} Answer from the given choices. {choices}",
        "Pick a letter. {question} {choices}",
        "{question} {choices} Give only the letter.",
        "Of the following answers, one is correct. {question} {choices}",
        "Look at the image, then decide. {question} {choices}",
        "{question} Your choices are {choices}",
        "Here is a quiz question on this scene: {question} {choices}",
        "{question} The possible answers: {choices} Which one?",
        "Decide between these. {question} {choices}",
        "{question} Reply with A, B, C and so on. {choices}",
        "Tick the correct box. {question} {choices}",
        "Mark the answer that fits the picture. {question} {choices}",
        "{question} Only one of the options is true. {choices}",
        "Test yourself: {question} {choices}",
        "{question} Say which letter. {choices}",
        "Question: {question} Candidates: {choices} Letter:",
        "What is the best option? {question} {choices}",
        "{question} Take your pick: {choices}",
        "Read the choices and answer. {question} {choices}",
        "{question} Return the letter of the right choice. {choices}",
        "Which statement matches the view? {question} {choices}",
        "Judge by the image alone. {question} {choices}",
        "{question} Rule out the wrong ones. {choices}",
        "Find the correct alternative. {question} {choices}",
        "{question} Now choose. {choices}",
    ),
    grammar=_GRAMMAR,
    parse=_parse,
    protocol="mcq/letter@1",
    fields=("question", "choices"),
    value="str",
)
