"""Nouns to learn, and which of MiniLM's word pieces are kept: the commonest, and all that those nouns are made of."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources

from geoglot.models.nano import things
from geoglot.models.nano.reading.labels import REGION_PIECE
from geoglot.models.nano.reading.nouns import ATTRIBUTES, EXTREMES
from geoglot.models.nano.reading.pieces import FIRST, LAST, PADDING, UNKNOWN, Pieces

_FIRST_WORD = 1996  # number of the first piece in MiniLM's list that is no special piece and no single sign


@cache
def table() -> dict[str, dict[str, list[str]]]:
    """Give nouns.toml: "near", words for each thing, and "unknown", words for none of them by kind."""
    rows = tomllib.loads(resources.files(__package__).joinpath("nouns.toml").read_text("utf-8"))
    unknown = {
        kind: [" ".join(word.split()) for word in (text.split(",") if kind == "compound" else text.split())]
        for kind, text in rows["unknown"].items()
    }
    return {"near": rows["near"], "unknown": unknown}


def nouns() -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Give the words of each known thing, and nouns that are none of them: things.toml and nouns.toml together."""
    known = {
        thing.name: tuple({*_forms(thing.name), *thing.also, *thing.narrower, *table()["near"].get(thing.name, ())})
        for thing in things.all_things()
    }
    return known, tuple(word for words in table()["unknown"].values() for word in words)


def cut(pieces: Sequence[str], texts: Sequence[str], *, most: int) -> list[int]:
    """Give the numbers of the pieces to keep. pieces: MiniLM's. texts: what must be spelt as before. most: in all."""
    whole = Pieces(pieces)
    number = {piece: index for index, piece in enumerate(pieces)}
    kept = {number[piece] for piece in (PADDING, UNKNOWN, FIRST, LAST, REGION_PIECE)}
    kept |= {index for index, piece in enumerate(pieces) if len(piece.removeprefix("##")) == 1 and piece.isascii()}
    for text in (*texts, *ATTRIBUTES, *EXTREMES):
        kept |= set(whole.numbers(text.split(), most=10_000)[0])
    for index in range(_FIRST_WORD, len(pieces)):
        if len(kept) >= most:
            break
        if pieces[index].isascii():
            kept.add(index)
    return sorted(kept)


def _forms(name: str) -> tuple[str, str]:
    return name, things.plural(name)
