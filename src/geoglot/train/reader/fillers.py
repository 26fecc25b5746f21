"""The words of `fillers.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from random import Random


def any_of(name: str, rng: Random) -> str:
    """Give one of the wordings under a name, as likely as any other."""
    return rng.choice(_wordings()[name])


@cache
def all_of(name: str) -> frozenset[str]:
    """Give all wordings under a name."""
    return frozenset(_wordings()[name])


def phrases(group: str) -> Mapping[str, tuple[str, ...]]:
    """Give the wordings of each kind in a group: of each relation, of each bound …"""
    return _groups()[group]


@cache
def kinds(group: str) -> tuple[str, ...]:
    """Give the names of the kinds in a group, in the order of the table."""
    return tuple(_groups()[group])


@cache
def _wordings() -> dict[str, tuple[str, ...]]:
    return {name: _parted(text) for name, text in _table().items() if isinstance(text, str)}


@cache
def _groups() -> dict[str, dict[str, tuple[str, ...]]]:
    groups = {name: rows for name, rows in _table().items() if isinstance(rows, dict)}
    return {name: {kind: _parted(text) for kind, text in rows.items()} for name, rows in groups.items()}


@cache
def _table() -> dict[str, str | dict[str, str]]:
    text = resources.files(__package__).joinpath("fillers.toml").read_text("utf-8")
    table: dict[str, str | dict[str, str]] = tomllib.loads(text)
    return table


def _parted(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.replace("\n|", "|").split("|"))
