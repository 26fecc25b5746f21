"""Relation: how two things lie to each other."""

from __future__ import annotations

from geoglot.tasks.grammar import whole
from geoglot.tasks.task import AnswerUnparsed, Parsed, Task, TaskName

RELATIONS = {
    "left of": ("left of", "to the left of", "on the left of"),
    "right of": ("right of", "to the right of", "on the right of"),
    "above": ("above", "higher up than", "over"),
    "below": ("below", "beneath", "under", "lower down than"),
    "north of": ("north of", "to the north of"),
    "south of": ("south of", "to the south of"),
    "east of": ("east of", "to the east of"),
    "west of": ("west of", "to the west of"),
    "near": ("near", "close to", "next to", "beside", "by", "adjacent to", "near to", "alongside"),
    "far from": ("far from", "far away from", "away from", "distant from"),
    "inside": ("inside", "within", "in", "on", "enclosed by", "surrounded by", "on top of"),
    "around": ("around", "surrounding", "containing", "enclosing"),
    "between": ("between",),
    "overlapping": ("overlapping", "crossing", "touching", "overlapping with"),
}
"""The relations an answer may name ("the ship is … the bridge"), and the words for each."""

RELATION_OF = {word: relation for relation, words in RELATIONS.items() for word in words}
"""From every word for a relation to the relation's own name."""

_FIRST_WORDS = frozenset(word.split()[0] for word in RELATION_OF) | {"of", "from"}
_WORD = "(?:" + "|".join(sorted(RELATION_OF, key=len, reverse=True)) + ")"
_GRAMMAR = rf"(?:(?:[a-z][a-z '\-]* (?:is|are|lies|lie) |it is |they are ))?({_WORD})(?: [a-z][a-z '\-]*)?\.?"


def _parse(reply: str, size: tuple[int, int]) -> Parsed:
    """Give the relation's own name: "The ship is to the left of the bridge." is "left of". Two at once are refused."""
    match = whole(_GRAMMAR, reply)
    rest = reply.strip()[match.end(1) :].casefold().split()
    if rest and rest[0] in _FIRST_WORDS:
        raise AnswerUnparsed("the reply names more than one relation", value=reply, expected="one relation")
    return Parsed(RELATION_OF[match[1].casefold()])


TASK = Task(
    name=TaskName.RELATION,
    title="Say how two things lie to each other",
    # thing, other: definite noun phrases ("the ship", "the largest building").
    wordings=(
        "Where is {thing} in relation to {other}?",
        "What is the spatial relation between {thing} and {other}?",
        "How does {thing} lie to {other}?",
        "On which side of {other} is {thing}?",
        "Describe the position of {thing} relative to {other}.",
        "Seen from {other}, where would one find {thing}?",
        "In which direction from {other} does {thing} lie?",
        "State how {thing} and {other} are placed to each other.",
        "Is {thing} left of, right of, above or below {other}?",
        "Give the relation that holds between {thing} and {other}.",
        "Relative to {other}, what is the place of {thing}?",
        "How are {thing} and {other} arranged?",
        "Tell me the relation of {thing} to {other}.",
        "With respect to {other}, where does {thing} stand?",
        "What connects {thing} with {other} in space?",
        "Name the spatial relationship from {thing} to {other}.",
        "Standing at {other}, which way is {thing}?",
        "Take {other} as reference: where is {thing}?",
        "How would you place {thing} with regard to {other}?",
        "Which preposition fits: {thing} is … {other}?",
        "Complete the sentence: {thing} is located … {other}.",
        "Compare the locations of {thing} and {other}.",
        "What bearing does {thing} have from {other}?",
        "Explain where {thing} sits next to {other} on the image.",
        "If {other} is the landmark, where is {thing}?",
        "Find {thing} and {other}; how do they relate?",
        "What is the position of {thing} compared to {other}?",
        "Determine how {thing} is situated towards {other}.",
        "Looking at {thing} and {other}, what relation do you see?",
        "Say in a word where {thing} is as viewed from {other}.",
        "Which relation describes {thing} and {other}?",
    ),
    grammar=_GRAMMAR,
    parse=_parse,
    protocol="vqa/exact@1",
    fields=("thing", "other"),
    value="str",
)
