"""What the parsers of several tasks share: yes or no, names, free text, regions inside a reply."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from geoglot.regions import Region
from geoglot.regions.codecs import CodecError
from geoglot.regions.codecs import get as codec_named
from geoglot.tasks.task import AnswerUnparsed, Parsed

CODEC = codec_named("geoglot")
"""The default text form of regions; replies in another form are rewritten by their codec before they are parsed."""

LABEL = r"[A-Za-z][A-Za-z0-9 '/\-]*"
"""The name of a thing before its region, as a regular expression."""

NOTHING = rf"(?:none|nothing|no {LABEL})"
"""How a reply says that there is nothing to point at, as a regular expression."""

TEXT = r"[\s\S]*[^\W\d_]{2}[\s\S]*"
"""Any text with a word in it, in any script, as a regular expression."""

YES_OR_NO = r"(?:answer: )?(yes|no)(?:[,.:;]? [^\n]+|[.!])?"
"""Yes or no, perhaps with a sentence after it, as a regular expression."""

NAME = r"[a-z][a-z0-9'/&()\-_]*(?: [a-z0-9'/&()\-_]+){0,5}"
"""The name of a class in at most six words, as a regular expression."""

LEAD_IN = r"(?:(?:(?:it|this) is|this looks like) (?:a |an |the )?|(?:the )?(?:class|category|answer)(?: is|:) )?"
"""What may stand before a name, as a regular expression."""

_TAGS = {"box": "box", "oriented-box": "obox", "polygon": "poly", "mask": "mask", "point": "point", "path": "path"}
_ANY_REGION = re.compile("|".join(rf"<{tag}>[^<>]+</{tag}>" for tag in _TAGS.values()), re.IGNORECASE)
_OPPOSITE = {
    "yes": re.compile(r"\W*(?:but |and |or )?no\b(?! doubt)", re.I),
    "no": re.compile(r"\W*(?:but |and |or )?yes\b", re.I),
}


def whole(grammar: str, reply: str) -> re.Match[str]:
    """Match a stripped reply from end to end, in any case. Raises AnswerUnparsed."""
    match = re.fullmatch(grammar, reply.strip(), re.IGNORECASE)
    if match is None:
        raise AnswerUnparsed("the reply does not follow its grammar", value=reply, hint="see: geoglot tasks NAME")
    return match


def read_yes_or_no(reply: str, size: tuple[int, int]) -> Parsed:
    """Give True or False for a reply that begins with yes or no and does not take it back at once."""
    match = whole(YES_OR_NO, reply)
    said = match[1].casefold()
    if _OPPOSITE[said].match(reply.strip()[match.end(1) :]):
        raise AnswerUnparsed("the reply says yes and no", value=reply, expected="one of them")
    return Parsed(said == "yes")


def read_text(reply: str, size: tuple[int, int]) -> Parsed:
    """Give the regions that a text names; any text with a word in it will do, if its region tags are whole."""
    text = whole(TEXT, _ANY_REGION.sub(" ", reply)).string
    if re.search(r"[<>]", re.sub(r"</?ref>", "", text)):
        raise AnswerUnparsed("a region in the reply is not closed", value=reply)
    return Parsed(regions=read_regions(reply, size, labelled=False))


def tidy_name(name: str) -> str:
    """Give the name of a class in lower case with single blanks: "Dense_Residential" is "dense residential"."""
    return " ".join(re.sub(r"[_\s]+", " ", name.casefold()).split())


def region(*kinds: str) -> str:
    """Give the regular expression of one region of these kinds ("box", "oriented-box", …) in the default codec."""
    return "(?:" + "|".join(rf"<{_TAGS[kind]}>[^<>]+</{_TAGS[kind]}>" for kind in kinds) + ")"


def regions(*kinds: str) -> str:
    """Give the regular expression of one or more regions, each perhaps after its label, or of nothing at all."""
    item = rf"(?:{LABEL}:? ?)?{region(*kinds)}"
    return rf"(?:{item}(?:\s*[,;]?\s*{item})*|{NOTHING})\.?"


def regions_parser(grammar: str) -> Callable[[str, tuple[int, int]], Parsed]:
    """Give the parser of a grammar made of `regions`; what says that there is nothing has no regions."""

    def parse(reply: str, size: tuple[int, int]) -> Parsed:
        whole(grammar, reply)
        return Parsed(regions=read_regions(reply, size))

    return parse


def read_regions(reply: str, size: tuple[int, int], *, labelled: bool = True) -> tuple[Region, ...]:
    """Give the regions of a reply; size: the frame's (width, height).

    labelled: words before a region are its label. Raises AnswerUnparsed for coordinates that do not make a region.
    """
    out: list[Region] = []
    end = 0
    for match in _ANY_REGION.finditer(reply):
        words = re.sub(r"^[\s,;]*(?:and\s+)?|[\s:]*$", "", reply[end : match.start()], flags=re.IGNORECASE)
        label = words if labelled and words else None
        try:
            found = CODEC.read(match.group().casefold(), size)
        except CodecError as error:
            raise AnswerUnparsed(
                "the reply holds a region that is none", value=match.group(), hint=str(error)
            ) from error
        out.extend(replace(region, label=label) for region in found)
        end = match.end()
    return tuple(out)


def write_regions(regions: Sequence[Region], size: tuple[int, int]) -> str:
    """Write regions so that `read_regions` reads them: "ship <box>…</box>; car <box>…</box>", or "none"."""
    written = ((region.label, CODEC.write(region, size)) for region in regions)
    return "; ".join(f"{label} {text}" if label else text for label, text in written) or "none"
