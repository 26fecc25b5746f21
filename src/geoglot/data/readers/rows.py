"""`Row`: one object of a JSON or JSON Lines file that knows where it stands, so that what is wrong in it is named."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from geoglot.errors import ReadError

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Row:
    """What one object says, taken key by key as the kind that the caller expects.

    place: file and line ("labels.jsonl:3"), then the keys that lead to an object inside. Every method raises
    ReadError with place, key and what was expected where the key is not there or holds another kind.
    """

    place: str
    held: Mapping[str, object]

    def text(self, key: str) -> str:
        """Give a text."""
        return self._taken(key, str, "a text")

    def whole(self, key: str) -> int:
        """Give a whole number."""
        return self._taken(key, int, "a whole number")

    def one_of(self, key: str, names: Mapping[str, str]) -> str:
        """Give what `names` makes of a text; a text that it does not have is wrong too."""
        text = self.text(key)
        if text not in names:
            raise self.wrong(key, f"one of {', '.join(names)}")
        return names[text]

    def texts(self, key: str) -> tuple[str, ...]:
        """Give the texts of a list."""
        texts = self.several(key)
        if not all(isinstance(text, str) for text in texts):
            raise self.wrong(key, "a list of texts")
        return tuple(map(str, texts))

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """Give the numbers of a list that holds `count` of them."""
        held = self.several(key)
        numbers = tuple(float(one) for one in held if isinstance(one, int | float) and not isinstance(one, bool))
        if not len(numbers) == len(held) == count:
            raise self.wrong(key, f"a list of {count} numbers")
        return numbers

    def row(self, key: str) -> Row:
        """Give the object inside."""
        return Row(f"{self.place} {key}", self._taken(key, dict, "an object"))

    def rows(self, key: str) -> tuple[Row, ...]:
        """Give the objects of a list."""
        held = self.several(key)
        objects = [one for one in held if isinstance(one, dict)]
        if len(objects) != len(held):
            raise self.wrong(key, "a list of objects")
        return tuple(Row(f"{self.place} {key}[{index}]", one) for index, one in enumerate(objects))

    def several(self, key: str) -> list[object]:
        """Give a list of anything."""
        return self._taken(key, list, "a list")

    def wrong(self, key: str, expected: str) -> ReadError:
        """Give the error that this key does not hold what was expected."""
        if key in self.held:
            return ReadError(f'"{key}" does not hold what it should', value=f"{self.place}: {self.held[key]!r}",
                             expected=expected)  # fmt: skip
        return ReadError(f'a row lacks "{key}"', value=f"{self.place}, which has {', '.join(self.held) or 'nothing'}",
                         expected=f'{expected} under "{key}"')  # fmt: skip

    def _taken(self, key: str, kind: type[Kind], expected: str) -> Kind:
        value = self.held.get(key)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise self.wrong(key, expected)
        return value


def rows(path: Path) -> Iterator[Row]:
    """Give each line of a JSON Lines file. Raises ReadError for a file that cannot be read, and for a line, named."""
    for number, line in enumerate(_read(path).split("\n"), start=1):  # not splitlines: U+2028 may stand in a text
        if line:
            yield _row(f"{path.name}:{number}", line)


def document(path: Path) -> Row:
    """Give a whole JSON file as one row, its place the file. Raises ReadError."""
    return _row(path.name, _read(path))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError("a table cannot be read", value=str(path), expected="JSON in UTF-8") from error


def _row(place: str, text: str) -> Row:
    try:
        held = json.loads(text)
    except json.JSONDecodeError as error:
        raise ReadError("a row is not JSON", value=place, expected="one object", hint=error.msg) from error
    if not isinstance(held, dict):
        raise ReadError("a row is no object", value=f"{place}: {held!r}", expected="one object")
    return Row(place, held)
