"""The words of a caption as coco-caption compares them: Penn Treebank tokens in lower case, without marks.

coco-caption hands captions to a Java program (PTBTokenizer of CoreNLP 3.4.1, `-preserveLines -lowerCase`) and drops
most marks from what it prints. Here both happen at once, in a way of our own: what spans a space is tied together, the
line is cut at its spaces, each chunk is read from left to right by a list of shapes of which the first that fits
counts, and a full stop stays with a word only where something says so. Marks that would be dropped are never made.

Written from the conventions of the Penn Treebank and from what the program prints for texts made to ask it. The words
that keep their stop were found by asking about every string of up to four letters and every word of WordNet, whole and
cut short. docs/metrics.md says how far the two agree.

Sources: Marcus et al., Building a large annotated corpus of English, Computational Linguistics 19(2) 1993, and the
tokenisation page of the Penn Treebank project; tylin/coco-caption ptbtokenizer.py for the marks that are dropped.
"""

from __future__ import annotations

import functools
import re
from itertools import zip_longest

_ABBREVIATIONS = """
    adj adm adv al ala alex apr ariz assn asst assoc atty aug ave bancorp bhd bldg blvd brig bros calif capt cf cie
    cmdr co col colo comdr conn corp cos cpl ct dak dec dept det dr drs ed.d elec ens esq est etc ext feb fla fri ft
    ga gen gov govs hon inc ind insp intl invt jan jos jr jul jun kan kans ky lieut lt ltd maj mar md messrs mfg
    mich minn mlle mme mo mon mont mr mrs ms msgr mt mtg natl neb nev nov oct okla penn pfc ph ph.d plc ppte ppty
    ptes ptys pres prof pte pty pvt rd rep reps rev rt sen sens sep sept seq sfc sgt spc sq sr st ste supt sys tel
    tenn thu thurs treas tue tues univ va vs vt wed wis wisc wm wyo
"""
_OPENERS = """
    A About According Additionally After An As At But Earlier He Her Here However If In It Last Many More Mr. Ms.
    Now Once One Other Our She Since So Some Such That The Their Then There These They This We What When While Yet
    You
"""
_KEEP_THEIR_STOP = frozenset(_ABBREVIATIONS.split())
_KEEP_IT_BEFORE_A_NUMBER = frozenset(("art", "ca", "fig", "figs", "no", "nos", "op", "pp", "prop"))
_BEGIN_SENTENCES = frozenset(_OPENERS.split())
_IN_TWO = frozenset(("cannot", "gonna", "gotta", "lemme", "gimme", "wanna"))

_TIE = "\u00a0"  # a space inside a token
_NUMERALS = r"²³¹¼½¾\u2070-\u209c\u2150-\u218b"  # word characters to Python, marks here
_A = rf"[^\W_{_NUMERALS}]"  # a letter or digit
_L = rf"[^\W\d_{_NUMERALS}]"  # a letter
_PART = r"[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}"
_SHAPES = {
    "dots": r"\.{3,}",
    "tag": r"</?[A-Za-z][^<>]*>|<[!?][A-Za-z-][^<>]*>",
    "address": r"https?://[^\s\"()<>]+\w/?|[\w.+-]+@\w[\w-]*(?:\.\w[\w-]*)*|@[A-Za-z_]\w*|#[^\W\d_]\w*",
    "face": r"[:;=][-o*]?[()|\[\]@DP](?!\w)",
    "money": r"(?-i:[A-Z]*)\$",
    "clitic": rf"'(?:s|m|d|re|ve|ll)(?!{_L})|n't(?!{_L})",  # of it's, they'll, don't
    "elided": rf"'n'|'(?:em|n|cause|till?|[2-9]0s|\d\d(?!\S))(?!{_A})|(?:c'mon|li'l|ol')(?!{_A})|y'(?={_L})",
    "half": rf"(?:can(?=not)|(?:gon|wan)(?=na)|got(?=ta)|(?:lem|gim)(?=me))(?=\w{{2,3}}(?!{_A}))|'t(?=is|was)",
    "negated": rf"{_L}+(?=n't(?!{_L}))",
    "joined": rf"(?:[dlo]|(?-i:[A-HJ-XZ]))'{_L}{{2,}}|{_L}+[aeiouy]'(?-i:[aeiouA-Z]){_L}+",  # o'clock, ma'am
    "mixed": rf"\d+[-{_TIE}]\d+/\d+",
    "slashed": rf"{_PART}(?:/{_PART}){{1,2}}",
    "hyphened": rf"{_A}+(?:[-_\u2010\u2011]{_A}+)+|{_A}(?:{_A}|[.,])*(?:-{_A}+)+",
    "number": r"[-+]?\d*(?:[.:,]\d+)+|[-+]\d+",
    "firm": r"(?-i:[A-Z]+(?:[&+][A-Z]+)+)",
    "word": rf"{_L}{_A}*(?:[.!?]{_L}{_A}*)*|{_A}+",
    "run": r"[?!]{2,}|@{2,}|#{2,}|\*{2,}|_{2,}",
    "silent": r"[-\u2013-\u2015]{1,4}(?!-)|[\s.,;:?!\u2026'\"`´\u2018-\u201f\u2039\u203a«»\u00ad]",
    "mark": r"-+|\S",
}
"""Name -> what such a token looks like; the first that fits counts."""

_NEXT = re.compile("|".join(f"(?P<{name}>{shape})" for name, shape in _SHAPES.items()), re.IGNORECASE)
_SILENT = frozenset(("dots", "silent"))
_MAY_STOP = frozenset(("word", "hyphened", "joined"))

_WRITTEN = {
    "(": "-lrb-", ")": "-rrb-", "[": "-lsb-", "]": "-rsb-", "{": "-lcb-", "}": "-rcb-",
    "¼": "1/4", "½": "1/2", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "€": "$", "£": "#", "¢": "cents",
}  # fmt: skip
_ENTITIES = {
    "&amp;": "&", "&quot;": '"', "&apos;": "'", "&nbsp;": " ", "&lt;": " < ", "&gt;": " > ", "&mdash;": " ",
    "&ndash;": " ",
}  # fmt: skip
_ENTITY = re.compile("|".join(_ENTITIES), re.IGNORECASE)
_ATTRIBUTE = r" +(?:[\w.:-]+(?: *= *(?:\"[^\"<>]*\"|'[^'<>]*'))?|/)"
_TAG = re.compile(rf"</?[A-Za-z][\w.:-]*(?:{_ATTRIBUTE})* */?>|<[!?][A-Za-z-][^>]*>")
_MIXED = re.compile(r"(?<![\w.,:/-])\d{1,4} \d{1,4}/\d{1,4}")  # 1 1/2
_INITIALS = re.compile(r"[A-Za-z](?:\.[A-Za-z])*")


def ptb_tokens(caption: str) -> list[str]:
    """Give the tokens that coco-caption compares: lower case, punctuation removed."""
    chunks = _chunks(caption)
    tokens: list[str] = []
    for chunk, follower in zip_longest(chunks, chunks[1:], fillvalue=""):
        if chunk.isascii() and chunk.isalpha() and chunk.lower() not in _IN_TWO:
            tokens.append(chunk.lower())  # nearly all words of captions
        else:
            tokens += _tokens(chunk, follower[:1].isdecimal(), follower in _BEGIN_SENTENCES)
    return tokens


def _chunks(caption: str) -> list[str]:
    """Cut at white space, except inside tags and mixed numbers."""
    line = " ".join(caption.split()).replace("\u2019", "'")
    if "&" in line:
        line = _ENTITY.sub(lambda found: _ENTITIES[found[0].lower()], line)
    if "<" in line:
        line = _TAG.sub(lambda found: f" {found[0].replace(' ', _TIE)} ", line)
    if "/" in line:
        line = _MIXED.sub(lambda found: found[0].replace(" ", _TIE), line)
    return [chunk for chunk in line.split(" ") if chunk]


@functools.lru_cache(maxsize=1 << 16)
def _tokens(chunk: str, before_number: bool, before_sentence: bool) -> tuple[str, ...]:
    """Read one chunk. before_number, before_sentence: what the next one begins with."""
    tokens: list[str] = []
    at = 0
    while found := _NEXT.match(chunk, at):
        shape, token, at = str(found.lastgroup), found[0], found.end()
        if shape in _SILENT:
            continue
        if shape in _MAY_STOP and chunk[at : at + 1] == ".":
            after = chunk[at + 1 :]
            number = after[:1].isdecimal() or (not after and before_number)
            if _keeps_its_stop(token, after, number=number, sentence=before_sentence and not after):
                token, at = f"{token}.", at + 1
        tokens.append(_written(token, shape))
    return tuple(tokens)


def _keeps_its_stop(token: str, after: str, *, number: bool, sentence: bool) -> bool:
    """Whether the stop behind a word is part of it. after: the rest of the chunk behind the stop."""
    if _INITIALS.fullmatch(token):
        return len(token) > 1 or not sentence
    if after[:1] in {",", ";", ":"}:
        return True
    word = token.lower()
    return word in _KEEP_THEIR_STOP or (number and word in _KEEP_IT_BEFORE_A_NUMBER)


def _written(token: str, shape: str) -> str:
    if shape == "face":
        return token.replace("(", "-lrb-").replace(")", "-rrb-").lower()
    return _WRITTEN.get(token) or token.lower()
