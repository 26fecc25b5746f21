"""The metadata file of a Landsat product (MTL), as text or JSON.

Source: USGS Landsat Collection 1 and 2 Level-1 and Level-2 Data Format Control Books (LSDS-1822, LSDS-1337,
LSDS-1328); the text form is ODL: GROUP = …, KEY = VALUE, END_GROUP, END.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from geoglot.errors import ReadError
from geoglot.scenes.products.times import utc


@dataclass(frozen=True, slots=True)
class Mtl:
    """The keys of an MTL by group, innermost groups only. A key may stand in several groups with other values."""

    what: str
    groups: tuple[tuple[str, Mapping[str, str]], ...]

    def text(self, key: str, group: str = "") -> str:
        """Give a value as text, "" if it is not there. group: the beginning of the group's name."""
        values = (keys[key] for name, keys in self.groups if name.startswith(group) and key in keys)
        return next(values, "")

    def number(self, key: str, group: str = "") -> float | None:
        """Give a value as a number, None if it is not there. Raises ReadError if it is no number."""
        text = self.text(key, group)
        if not text:
            return None
        try:
            return float(text)
        except ValueError as error:
            raise ReadError(
                "the MTL holds no number where one must be", value=f"{self.what}: {key} = {text}"
            ) from error

    @property
    def time(self) -> datetime:
        """When the middle of the scene was taken, UTC. Raises ReadError if it is missing."""
        return utc(f"{self.text('DATE_ACQUIRED')}T{self.text('SCENE_CENTER_TIME') or '00:00:00Z'}", what=self.what)


def parse_mtl(text: str, *, what: str) -> Mtl:
    """Read an MTL. what: its name, for messages. Raises ReadError if it is neither ODL nor JSON, or is cut off."""
    groups = _from_json(text, what) if text.lstrip().startswith("{") else _from_odl(text, what)
    found = tuple((name, keys) for name, keys in groups if keys)
    if not found:
        raise ReadError("the MTL is empty", value=what)
    return Mtl(what, found)


def _from_odl(text: str, what: str) -> list[tuple[str, dict[str, str]]]:
    groups: list[tuple[str, dict[str, str]]] = []
    stack: list[dict[str, str]] = []
    for line in text.splitlines():
        key, equals, value = (part.strip() for part in line.partition("="))
        if key == "END":
            break
        if not equals:
            continue
        if key == "GROUP":
            stack.append({})
            groups.append((value, stack[-1]))
        elif key == "END_GROUP" and stack:
            stack.pop()
        elif stack:
            stack[-1][key] = value.strip('"')
    if stack:
        raise ReadError("the MTL is cut off", value=f"{what}: group {groups[-1][0]} does not end")
    return groups


def _from_json(text: str, what: str) -> list[tuple[str, dict[str, str]]]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReadError("the MTL is no JSON", value=what, hint=str(error)[:160]) from error
    return list(_groups("", document, depth=0))


def _groups(name: str, node: object, *, depth: int) -> Iterator[tuple[str, dict[str, str]]]:
    if not isinstance(node, dict) or depth > 4:
        return
    yield name, {str(key): str(value) for key, value in node.items() if not isinstance(value, dict)}
    for key, value in node.items():
        yield from _groups(str(key), value, depth=depth + 1)
