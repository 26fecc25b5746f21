"""What a reply to each task may look like: the task's own grammar, its places made exact, less what its parser refuses.

Every text of `reply(task, codec)` is read by the task's strict parser, once the codec's places are in geoglot's form.
"""

from __future__ import annotations

import re
from functools import cache

from geoglot.models.autoregressive.grammar.expression import (
    NOTHING,
    Expression,
    either,
    repeated,
    text,
    then,
)
from geoglot.models.autoregressive.grammar.logic import both, unlike
from geoglot.models.autoregressive.grammar.places import place
from geoglot.models.autoregressive.grammar.regular import regular
from geoglot.regions.codecs import get as codec_named
from geoglot.regions.codecs.deepseek_vl2 import DeepSeekVl2
from geoglot.regions.codecs.earth_onevision import EarthOneVision
from geoglot.tasks import TaskName, get
from geoglot.tasks.grammar import LABEL, TEXT
from geoglot.tasks.numbers import INTEGER, WORDS
from geoglot.tasks.relation import RELATION_OF

_ANY = r"[\s\S]*"
_SIGN = "[^a-z0-9_]"
_FOREIGN = "[^\x00-\x7f²]"
_NUMBER_WORDS = f"(?:{'|'.join(WORDS)}|dozens?|hundreds?|thousands?|or more)"
_RELATIONS = f"(?:{'|'.join(sorted(RELATION_OF, key=len, reverse=True))})"
_SECOND_WORDS = f"(?:{'|'.join(sorted({word.split()[0] for word in RELATION_OF} | {'of', 'from'}))})"
_TURNED = rf"{_SIGN}*(?:but |and |or )?"
_REFUSED = {
    # A second number, or one that is only hinted at; digits of other scripts.
    TaskName.COUNT: rf"(?:{_ANY}{_SIGN})?{INTEGER}(?:{_SIGN}{_ANY})?{_SIGN}{_NUMBER_WORDS}(?:{_SIGN}{_ANY})?"
    rf"|{_ANY}{_FOREIGN}{_ANY}",
    TaskName.AREA: rf"{_ANY}{_FOREIGN}{_ANY}",
    # A second relation at once, however the words are cut.
    TaskName.RELATION: rf"(?:{_ANY} )?{_RELATIONS}\s+{_SECOND_WORDS}(?:\s{_ANY})?\.?",
}
_NO_PLACE = r"[^<>{}]*"
"""Words without a sign that could begin a place."""

_TAG = re.compile(r"<(box|obox|poly|mask|point|path)>\[\^<>\]\+</\1>")
_KINDS = {"box": "box", "obox": "oriented-box", "poly": "polygon", "mask": "mask", "point": "point", "path": "path"}
_FIRST_NAME = 0xE000
"""Letters of the private area stand for the kinds of places while a grammar is read."""

_LABELLED = re.compile(rf"\(\?:{re.escape(LABEL)}:\? \?\)\?(\(\?:[\ue000-\ue0ff|]+\))")
"""An item of `tasks.grammar.regions`: perhaps a label, then a place of some kinds."""


@cache
def reply(task: TaskName, codec: str) -> Expression:
    """Give the replies to a task with places in the form of a codec that `place` knows.

    A kind of place for which the codec has no words is left out. Raises UnknownName for other codecs.
    """
    grammar = get(task).grammar
    if grammar == TEXT:
        return _running_text(codec)
    letters = {kind: chr(_FIRST_NAME + index) for index, kind in enumerate(_KINDS.values())}
    pattern = _TAG.sub(lambda tag: letters[_KINDS[tag[1]]], grammar)
    form = codec_named(codec)
    said = set(form.kinds)
    if isinstance(form, EarthOneVision) and letters["polygon"] not in pattern:
        said -= {"oriented-box"}  # whose corners that form reads as a polygon
    named = {letter: place(codec, kind) if kind in said else NOTHING for kind, letter in letters.items()}
    if isinstance(form, EarthOneVision | DeepSeekVl2):
        named |= {
            _bare(letter): place(codec, kind, labelled=False) if kind in said else NOTHING
            for kind, letter in letters.items()
        }
        pattern = _LABELLED.sub(_labelled_once, pattern)
    found = regular(pattern, named=named)
    if task in (TaskName.PRESENCE, TaskName.COMPARE):
        return both(found, unlike(_taken_back()), regular(_NO_PLACE))
    return both(found, unlike(regular(_REFUSED[task]))) if task in _REFUSED else found


def _labelled_once(item: re.Match[str]) -> str:
    """Words before a place without a label, or a place that may have one: read together they would be two labels."""
    return f"(?:{LABEL}:? ?{_bare(item[1])}|{item[1]})"


def _bare(places: str) -> str:
    """The letters that stand for the same places without labels."""
    return "".join(chr(ord(letter) + len(_KINDS)) if ord(letter) >= _FIRST_NAME else letter for letter in places)


def _running_text(codec: str) -> Expression:
    """Words with places among them: at least one word of two letters, and no sign that could begin a place."""
    kinds = [kind for kind in _KINDS.values() if kind in codec_named(codec).kinds]
    places = either(*(place(codec, kind) for kind in kinds), text("<ref>"), text("</ref>"))
    piece = repeated(either(regular(r"[^<>{}]"), places))
    return then(piece, regular(r"[^\W\d_]{2}"), piece)


def _taken_back() -> Expression:
    """Replies that say yes and then no, or no and then yes: "no doubt" takes nothing back."""
    rest = either(text(""), both(regular(rf"{_SIGN}{_ANY}"), unlike(regular(rf" doubt{_ANY}"))))
    yes_then_no = then(regular(rf"(?:answer: )?yes{_TURNED}no"), rest)
    return either(yes_then_no, regular(rf"(?:answer: )?no{_TURNED}yes(?:{_SIGN}{_ANY})?"))
