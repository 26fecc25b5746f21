"""How a region may be written, number by number, in the text forms that a writer may use.

Every text of `place(codec, kind)` is read by that codec: corners are in order, runs fill their grid. The limits are
those of `regions.codecs.geoglot` and `regions.codecs.earth_onevision`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from geoglot.errors import UnknownName
from geoglot.models.autoregressive.grammar import letters as sets
from geoglot.models.autoregressive.grammar.expression import (
    EMPTY,
    Expression,
    either,
    one_of,
    rather,
    repeated,
    text,
    then,
)
from geoglot.models.autoregressive.grammar.logic import both, unlike
from geoglot.models.autoregressive.grammar.numbers import number
from geoglot.regions.codecs import get as codec_named
from geoglot.regions.codecs.deepseek_vl2 import DeepSeekVl2
from geoglot.regions.codecs.earth_onevision import WHOLE, EarthOneVision
from geoglot.regions.codecs.row_runs import BACKGROUND

LAST = 999
"""The largest coordinate."""

_CELLS = 24
_JSON = {"box": "hbox_2d", "oriented-box": "rbox_2d", "polygon": "rbox_2d", "point": "point_2d", "path": "path_2d"}
_PLAIN = sets.joined(*(((ord(first), ord(last)),) for first, last in ("  ", "az", "AZ", "09", "--", "''")))
"""Letters of a label."""


def place(codec: str, kind: str, *, labelled: bool = True) -> Expression:
    """Give the texts of one region of a kind ("box") in a codec. Raises UnknownName if it cannot be guided there.

    labelled: where the codec writes labels into its regions, whether they may have one.
    """
    if codec == "geoglot" and kind in _TAGGED:
        tag, rule = _TAGGED[kind]
        return then(text(f"<{tag}>"), rule(()), text(f"</{tag}>"))
    form = codec_named(codec)
    if isinstance(form, EarthOneVision) and kind in form.kinds:
        if kind == "mask":
            return then(text("<seg>"), _rows(form.cells, form.cells, labelled=labelled), text("</seg>"))
        rule = _TOKENS[kind]
        label = then(text(', "label": "'), _label(), text('"')) if labelled else EMPTY
        return then(text(f'{{"{_JSON[kind]}": ['), rule(()), text("]"), either(EMPTY, label), text("}"))
    if isinstance(form, DeepSeekVl2) and kind in form.kinds:
        label = then(text("<|ref|>"), _label(), text("<|/ref|>"))
        return then(either(EMPTY, label) if labelled else EMPTY, text("<|det|>[["), _digit_box(()), text("]]<|/det|>"))
    raise UnknownName("text form that can be guided", f"{codec}, {kind}", ("geoglot", "geoglot-tokens"))


@dataclass(frozen=True, slots=True)
class _Next:
    """Go on with a rule, the numbers so far and one more."""

    rule: Callable[[tuple[int, ...]], Expression]
    numbers: tuple[int, ...]

    def __call__(self, found: int) -> Expression:
        return self.rule((*self.numbers, found))


def _comma(rule: Callable[[tuple[int, ...]], Expression], numbers: tuple[int, ...], low: int, high: int) -> Expression:
    """One more number of a rule, after a comma unless it is the first."""
    return then(text("," if numbers else ""), number(low, high, _Next(rule, numbers)))


def _box(numbers: tuple[int, ...]) -> Expression:
    if len(numbers) == 4:
        return EMPTY
    return _comma(_box, numbers, numbers[len(numbers) - 2] if len(numbers) > 1 else 0, LAST)


def _digit_box(numbers: tuple[int, ...]) -> Expression:
    """As `_box`, with a blank after each comma."""
    if len(numbers) == 4:
        return EMPTY
    low = numbers[len(numbers) - 2] if len(numbers) > 1 else 0
    return then(text(", " if numbers else ""), number(low, LAST, _Next(_digit_box, numbers)))


def _oriented_box(numbers: tuple[int, ...]) -> Expression:
    return EMPTY if len(numbers) == 5 else _comma(_oriented_box, numbers, 0, 179 if len(numbers) == 4 else LAST)


def _point(numbers: tuple[int, ...]) -> Expression:
    return EMPTY if len(numbers) == 2 else _comma(_point, numbers, 0, LAST)


def _path(numbers: tuple[int, ...]) -> Expression:
    """Two points or more. Only how many numbers there are decides what follows."""
    count = min(len(numbers), 4 + len(numbers) % 2)
    more = _comma(_path, numbers[:count], 0, LAST)
    return rather(EMPTY, more) if count == 4 else more


def _polygon(numbers: tuple[int, ...]) -> Expression:
    """Rings of three points or more; no point is its ring's first again, which would close it."""
    count, first = len(numbers), numbers[:2]
    if count < 2:
        return _comma(_polygon, numbers, 0, LAST)
    if count % 2 and numbers[-1] == first[0]:
        apart = [(0, first[1] - 1), (first[1] + 1, LAST)]
        return either(*(_comma(_polygon, numbers, low, high) for low, high in apart if low <= high))
    if count % 2:
        return _comma(_polygon, numbers, 0, LAST)
    known = (*first, *[0] * (min(count, 6) - 2))  # points between are not looked at again
    more = _comma(_polygon, known, 0, LAST)
    return more if count < 6 else rather(EMPTY, either(more, then(text(";"), _polygon(()))))


def _mask(numbers: tuple[int, ...]) -> Expression:
    """x0,y0,x1,y1;w,h;runs: corners apart, runs that fill w x h cells, the first of them perhaps 0."""
    count = len(numbers)
    if count < 4:
        low, high = (0, LAST - 1) if count < 2 else (numbers[count - 2] + 1, LAST)
        return _comma(_mask, numbers, low, high)
    if count < 6:
        mark = ";" if count == 4 else ","
        return then(text(mark), number(1, _CELLS, _Next(_mask, numbers)))
    return then(text(";"), number(0, numbers[4] * numbers[5], _Run(numbers[4] * numbers[5])))


@dataclass(frozen=True, slots=True)
class _Run:
    """Runs until a grid with so many cells left is full."""

    left: int

    def __call__(self, found: int) -> Expression:
        left = self.left - found
        return then(text(","), number(1, left, _Run(left))) if left else EMPTY


def _tokens(
    rule: Callable[[tuple[int, ...]], Expression], numbers: tuple[int, ...], low: int, high: int = LAST
) -> Expression:
    """One more coordinate of a rule, as `<n>`."""
    return then(text(", " if numbers else ""), number(low, high, _Next(rule, numbers), before="<", stop=">"))


def _token_box(numbers: tuple[int, ...]) -> Expression:
    if len(numbers) == 4:
        return EMPTY
    return _tokens(_token_box, numbers, numbers[len(numbers) - 2] if len(numbers) > 1 else 0)


def _token_point(numbers: tuple[int, ...]) -> Expression:
    return EMPTY if len(numbers) == 2 else _tokens(_token_point, numbers, 0)


def _token_corners(numbers: tuple[int, ...]) -> Expression:
    """Four corners. The last two lie two bins or more from the first: closer ones are one corner in coarser forms."""
    count, first = len(numbers), numbers[:2]
    if count == 8:
        return EMPTY
    if count in (5, 7) and abs(numbers[-1] - first[0]) < 2:
        apart = [(0, first[1] - 2), (first[1] + 2, LAST)]
        return either(*(_tokens(_token_corners, numbers, low, high) for low, high in apart if low <= high))
    known = numbers if count < 3 else (*first, *[0] * (count - 2))  # corners between are not looked at again
    return _tokens(_token_corners, known, 0)


def _token_path(numbers: tuple[int, ...]) -> Expression:
    count = min(len(numbers), 4 + len(numbers) % 2)
    more = _tokens(_token_path, (0,) * count, 0)
    return rather(EMPTY, more) if count == 4 else more


def _rows(left: int, cells: int, *, labelled: bool) -> Expression:
    """So many rows of a grid that is so many cells wide."""
    return _Row(left, cells, cells, labelled).runs("")


@dataclass(frozen=True, slots=True)
class _Row:
    """Runs of a row with so many cells left, then the rows after it. labelled: runs may have any name. empty: no cell
    has one yet; a mask of nothing is none.
    """

    rows: int
    cells: int
    left: int
    labelled: bool
    empty: bool = True

    def __call__(self, run: int) -> Expression:
        left = self.left - run
        if left:
            return replace(self, left=left).runs(", ")
        return replace(self, rows=self.rows - 1, left=self.cells).runs("; ") if self.rows > 1 else EMPTY

    def runs(self, before: str) -> Expression:
        """Give the runs that are left, after a sign. A reply that is cut short names one, then background."""
        begun, plain = text(before), text(BACKGROUND[0])
        name = both(_label(), unlike(_NOTHING)) if self.labelled else text(WHOLE)
        if not self.empty:
            return then(begun, rather(plain, name), number(1, self.left, self, before=" *"))
        named = then(name, number(1, self.left, replace(self, empty=False), before=" *"))
        most = self.left - 1 if self.rows == 1 else self.left
        nothing = then(plain, number(1, most, self, before=" *")) if most else named
        return then(begun, rather(named, nothing))


def _label() -> Expression:
    """A name of letters, digits, blanks and hyphens, that begins with a letter."""
    begin = one_of(tuple(pair for pair in _PLAIN if pair[0] >= ord("A")))
    return then(begin, repeated(one_of(_PLAIN)))


_NOTHING = then(either(*map(text, BACKGROUND)), repeated(text(" ")))
"""Names that are read as the background."""

_TAGGED: dict[str, tuple[str, Callable[[tuple[int, ...]], Expression]]] = {
    "box": ("box", _box),
    "oriented-box": ("obox", _oriented_box),
    "polygon": ("poly", _polygon),
    "mask": ("mask", _mask),
    "point": ("point", _point),
    "path": ("path", _path),
}
_TOKENS: dict[str, Callable[[tuple[int, ...]], Expression]] = {
    "box": _token_box,
    "oriented-box": _token_corners,
    "polygon": _token_corners,
    "point": _token_point,
    "path": _token_path,
}
