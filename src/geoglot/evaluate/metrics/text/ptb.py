r"""The words of a caption as coco-caption sees them: Penn Treebank tokens, lower case, punctuation removed.

coco-caption runs Stanford's PTBTokenizer (CoreNLP 3.4.1, `-preserveLines -lowerCase`) and drops some marks. That
tokeniser is a longest-match lexer; here each rule is a regular expression, tried in order at each place of the
text, the longest match winning and the earlier rule on a tie. A rule's second group is context: it counts for
the length and is given back. Words of plain letters, nearly all of a caption, never reach the rules.

Not covered: telephone numbers, file names, Windows-1252 control characters, and abbreviations whose
reading depends on the next caption of the file. Checked against the Java program over 76,556 texts.

Sources: tylin/coco-caption pycocoevalcap/tokenizer/ptbtokenizer.py (marks that are dropped); the Penn Treebank
tokenisation conventions as described in the PTBTokenizer documentation.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

DROPPED = frozenset(("''", "'", "``", "`", "-LRB-", "-RRB-", "-LCB-", "-RCB-", ".", "?", "!", ",", ":", "-", "--",
                     "...", ";"))  # fmt: skip
"""Marks that coco-caption removes. Its brackets are upper case and never met, since all tokens are lower case."""

_NO_LETTERS = r"²³¹¼½¾\u2070-\u209c\u2150-\u218b"  # numbers that Python counts among the word characters
_ALNUM = rf"[^\W_{_NO_LETTERS}]"
_LETTER = rf"[^\W\d_{_NO_LETTERS}]"
_NUM = r"(?:\d*(?:[.:,]\d+)+|\d+)"
_WORD = rf"{_LETTER}{_ALNUM}*(?:[.!?]{_LETTER}{_ALNUM}*)*"
_APOS = r"(?:['´\u2019]|&apos;)"
_APOS2 = r"(?:['´\u2019`\u2018\u201b]|&apos;)"
_SPACE = r"[ \t\u00a0\u2000-\u200a\u3000]"
_SGML = (
    r"<(?:[!?][A-Za-z-][^>\r\n]*|/?[A-Za-z][A-Za-z0-9_:.-]*"
    r"(?:[ ]+(?:[A-Za-z][A-Za-z0-9_:.-]*(?:[ ]*=[ ]*['\"][^\r\n'\"]*['\"])?|['\"][^\r\n'\"]*['\"]|[ ]*/))*[ ]*)>"
)
_ELISION = rf"(?:[dDoOlL]{_APOS2}{_ALNUM})?"
_THING = rf"{_ELISION}{_ALNUM}+(?:[-_\u2010\u2011]{_ELISION}{_ALNUM}+)*"
_HYPHENATED = rf"{_ALNUM}(?:{_ALNUM}|[.,])*(?:-(?:{_ALNUM}+|[A-Za-z](?:\.[A-Za-z])+\.))+"
_ACRONYM = r"[A-Za-z](?:\.[A-Za-z])*"
_BEFORE_LOWER = (
    r"(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tues?|wed|thu(?:rs)?|fri|ala|ariz|calif|colo|conn|ct|"
    r"dak|fla|ga|ind|kans?|ky|md|mich|minn|mo|mont|neb|nev|okla|penn|tenn|va|vt|wisc?|wyo|inc|cos?|corp|"
    r"pp?t[ye]s?|ltd|plc|rt|bancorp|bhd|assn|univ|intl|sys|tel|est|ext|sq|jr|bros|(?:ed|ph)\.d|esq|etc|al|seq)\."
)
_BEFORE_UPPER = (
    r"(?:mr|mrs|ms|drs?|profs?|sens?|reps?|attys?|lt|col|gen|messrs|govs?|adm|rev|maj|sgt|cpl|pvt|mt|capt|ste?|ave|"
    r"pres|lieut|hon|brig|co?mdr|pfc|spc|supts?|det|vs|alex|wm|jos|cie|a\.k\.a|cf|treas|ph|invt|elec|natl|m[ft]g|"
    r"dept|blvd|rd|ave)"
)
_SENTENCE_STARTS = (
    r"(?:About|According|Additionally|After|An|A|As|At|But|Earlier|He|Her|Here|However|If|In|It|Last|Many|More|"
    r"Mr\.|Ms\.|Now|Once|One|Other|Our|She|Since|So|Some|Such|That|The|Their|Then|There|These|They|This|We|When|"
    r"While|What|Yet|You)"
)
_BEFORE_NUMBER = r"(?:ca|figs?|prop|nos?|arts?|bldg|pp|op)\."

Rule = tuple[re.Pattern[str], Callable[[str], list[str]]]


def _same(token: str) -> list[str]:
    return [token]


def _mapped(**marks: str) -> Callable[[str], list[str]]:
    return lambda token: [marks.get(token, token)]


def _as(mark: str) -> Callable[[str], list[str]]:
    return lambda _: [mark]


def _quote(left: bool) -> Callable[[str], list[str]]:
    single, double = ("`", "``") if left else ("'", "''")

    def written(token: str) -> list[str]:
        token = re.sub(r"&apos;|'", single, token) if token not in ("''", "'`", "`'") else double
        token = re.sub(r"\"|&quot;", double, token)
        token = re.sub(r"[\u2018\u201a\u201b\u2039]", "`", re.sub(r"[´\u2019\u203a]", "'", token))
        return [re.sub(r"[\u201c\u201e«]", "``", re.sub(r"[\u201d»]", "''", token))]

    return written


def _brackets(token: str) -> list[str]:
    return [token.replace("(", "-LRB-").replace(")", "-RRB-")]


def _cut(length: int) -> Callable[[str], list[str]]:
    return lambda token: [token[:-length], token[-length:]]


def _rule(token: str, context: str = "", act: Callable[[str], list[str]] = _same, *, cased: bool = False) -> Rule:
    return re.compile(rf"({token})(?:{context})", 0 if cased else re.IGNORECASE), act


_RULES: tuple[Rule, ...] = (
    _rule(r"cannot|'twas", act=_cut(3)),
    _rule(rf"{_APOS}tis|gonna|gotta|lemme|gimme|wanna", act=_cut(2)),
    _rule(_SGML, act=lambda token: [token.replace(" ", "\u00a0")]),
    _rule(r"&(?:MD|mdash|ndash);|[\u2013-\u2015]", act=_as("--")),
    _rule(r"&amp;", act=_as("&")),
    _rule(_WORD, rf"{_APOS}(?:[msd]|re|ve|ll)"),
    _rule(rf"{_LETTER}*[A-MO-Za-mo-z]", rf"n{_APOS2}t", cased=True),
    _rule(_WORD),
    _rule(
        rf"{_APOS}n{_APOS}?|[ldj]{_APOS}|dunkin{_APOS}|somethin{_APOS}|ol{_APOS}|{_APOS}em|"
        rf"(?-i:[A-HJ-XZn]){_APOS2}{_LETTER}{{2,}}|{_APOS}[2-9]0s|{_APOS}till?|"
        rf"{_LETTER}+[aeiouy]{_APOS2}(?-i:[aeiouA-Z]){_LETTER}*|{_APOS}cause|cont'd\.?|'twas|nor'easter|c'mon|"
        rf"e'er|s'mores|ev'ry|li'l|nat'l",
        act=_quote(left=False),
    ),
    _rule(rf"y{_APOS}", _LETTER),
    _rule(r"https?://[^ \t\n\f\r\"<>|(){}]+[^ \t\n\f\r\"<>|.!?(){},-]"),
    _rule(
        r"(?:www\.(?:[^ \t\n\f\r\"<>|.!?(){},]+\.)+[a-zA-Z]{2,4}|(?:[^ \t\n\f\r\"`'<>|.!?(){},\-_$]+\.)+"
        r"(?:com|net|org|edu))(?:/[^ \t\n\f\r\"<>|()]+[^ \t\n\f\r\"<>|.!?(){},-])?"
    ),
    _rule(
        r"<?[a-zA-Z0-9][^ \t\n\f\r\"<>|()\u00a0{}]*@(?:[^ \t\n\f\r\"<>|(){}.\u00a0]+\.)*"
        r"[^ \t\n\f\r\"<>|(){}\[\].,;:\u00a0]+>?"
    ),
    _rule(rf"[@\uff20][a-z_][a-z_0-9]*|[#\uff03]{_LETTER}(?:{_ALNUM}|_)*{_ALNUM}"),
    _rule(rf"{_APOS}(?:[msd]|re|ve|ll)", r"[^A-Za-z]", _quote(left=False)),
    _rule(rf"n{_APOS2}t", r"[^A-Za-z]", _quote(left=False)),
    _rule(r"\d{1,2}[-/]\d{1,2}[-/]\d{2,4}"),
    _rule(rf"[-+]?{_NUM}"),
    _rule(r"(?:\d{1,4}[- \u00a0])?\d{1,4}\\?/\d{1,4}", act=lambda token: [token.replace(" ", "\u00a0")]),
    _rule(r"[¼½¾⅓⅔]", act=lambda mark: [{"¼": "1/4", "½": "1/2", "¾": "3/4", "⅓": "1/3", "⅔": "2/3"}[mark]]),
    _rule(rf"-(?:RRB|LRB|RCB|LCB|RSB|LSB)-|C\.D\.s|pro-|anti-|Cap{_APOS}n|c{_APOS}est"),
    _rule(r"(?:E|Yahoo|Jeopardy)!"),
    _rule(rf"{_ALNUM}+(?:-[A-Za-z]+){{0,2}}(?:\\?/{_ALNUM}+(?:-[A-Za-z]+){{0,2}}){{1,2}}"),
    _rule(r"[A-Z]*\$|#", cased=True),
    _rule(r"[¢£¤¥€]", act=lambda mark: [{"¢": "cents", "£": "#"}.get(mark, "$")]),
    _rule(
        rf"{_ACRONYM}\.",
        rf"{_SPACE}+(?:(?-i:{_SENTENCE_STARTS})|{_SGML})(?:[\s?!])",
        lambda token: [token[:-1], "."] if len(token) == 2 else [token, "."],
    ),
    _rule(_BEFORE_NUMBER, rf"{_SPACE}?\d"),
    _rule(r"(?:pt[ey]|co)\.", rf"{_SPACE}(?:ltd|lim)"),
    _rule(_BEFORE_LOWER, rf"{_SPACE}(?:{_SPACE}|(?-i:[A-Z])|{_SGML})", lambda token: [token, "."]),
    _rule(_BEFORE_LOWER, r"[\s\S]{2}"),
    _rule(_BEFORE_LOWER, act=lambda token: [token, "."]),
    _rule(rf"(?:{_BEFORE_UPPER}|{_ACRONYM})\."),
    _rule(rf"{_BEFORE_UPPER}|{_ACRONYM}", _SPACE),
    _rule(rf"{_APOS}[0-9][0-9]", r"\s"),
    _rule(rf"{_WORD}\.", r"[,;:]"),
    _rule(r"\"|&quot;|[`'\u2018\u2019]'", r"[^\W_]|\$", _quote(left=True)),
    _rule(r"\"|&quot;|[`'\u2018\u2019]'", act=_quote(left=False)),
    _rule(r"<|&lt;", act=_as("<")),
    _rule(r">|&gt;", act=_as(">")),
    _rule(r"[<>]?[:;=][\-o*']?[()DPO\\{@|\[\]]", r"[^\w]|_", _brackets),
    _rule(
        r"[\^x=~<>]\.\[\^x=~<>]|[\-\^x=~<>']_[\-\^x=~<>']|\([\-\^x=~<>'][_.]?[\-\^x=~<>']\)|\([\^x=~<>']-[\^x=~<>'`]\)",
        act=_brackets,
    ),
    _rule(
        r"[{}\[\]()]",
        act=_mapped(**{"{": "-LCB-", "}": "-RCB-", "[": "-LSB-", "]": "-RSB-", "(": "-LRB-", ")": "-RRB-"}),
    ),
    _rule(r"-{3,4}", act=_as("--")),
    _rule(r"-+"),
    _rule(r"\.\.\.+|\u2026|\.[ \u00a0](?:\.[ \u00a0])+\.", act=_as("...")),
    _rule(r"@+|#+|_+|\*+|[,;:]|[?!]+|[.¡¿]|=+|/"),
    _rule(_HYPHENATED),
    _rule(rf"{_HYPHENATED}\.", r"[,;:]"),
    _rule(rf"{_THING}\.", r"[,;:]", _quote(left=False)),
    _rule(_THING, act=_quote(left=False)),
    _rule(r"[A-Z]+(?:(?:[+&]|&amp;)[A-Z]+)+", cased=True),
    _rule(rf"[`\u2018-\u201f\u2039\u203a«»]{{1,2}}|{_APOS}", _ALNUM, _quote(left=True)),
    _rule(rf"[`\u2018-\u201f\u2039\u203a«»]{{1,2}}|{_APOS}", act=_quote(left=False)),
    _rule(r"[+%&~^|\\¦§©®°²³µ·×÷]"),
)
_PLAIN = re.compile(r"[A-Za-z]+")
_SPECIAL = frozenset(("cannot", "gonna", "gotta", "lemme", "gimme", "wanna"))
_SPANS = re.compile(r"<|&lt;|\d[ \u00a0]\d+\\?/|\.[ \u00a0]\.")  # tokens that may reach over a space
_GAP = re.compile(r"[ \t\u00a0\u2000-\u200a\u3000\r\n\u000b\u000c\u0085\u2028\u2029]+")
_END = "\nx"  # captions are lines of one file; the next is taken to begin in lower case


def ptb_tokens(caption: str) -> list[str]:
    """Give the tokens that coco-caption compares: lower case, punctuation removed."""
    return [token for token in lexed(caption.replace("\n", " ")) if token not in DROPPED]


def lexed(line: str) -> list[str]:
    """Give all tokens of one line, lower case, punctuation kept."""
    if _SPANS.search(line):
        return [token.lower() for token in _lexed(line + _END, len(line))]
    tokens: list[str] = []
    chunks = [chunk for chunk in _GAP.split(line) if chunk]
    for index, chunk in enumerate(chunks):
        if chunk.isascii() and chunk.isalpha() and chunk.lower() not in _SPECIAL:
            tokens.append(chunk.lower())
        else:
            follower = f" {chunks[index + 1]} " if index + 1 < len(chunks) else _END
            tokens.extend(_chunk(chunk, follower))
    return tokens


@functools.lru_cache(maxsize=1 << 16)
def _chunk(chunk: str, follower: str) -> tuple[str, ...]:
    return tuple(token.lower() for token in _lexed(chunk + follower, len(chunk)))


def _lexed(text: str, end: int) -> list[str]:
    """Cut text[:end] into tokens; what follows is context only."""
    tokens: list[str] = []
    at = 0
    while at < end:
        gap = _GAP.match(text, at)
        if gap:
            at = gap.end()
            continue
        best, length = None, 0
        for pattern, act in _RULES:
            found = pattern.match(text, at)
            if found and found.end() - at > length and found.end(1) > at:
                best, length = (found, act), found.end() - at
        if best is None:  # a character the tokeniser does not know: it is dropped with a warning
            at += 1
            continue
        found, act = best
        tokens += act(found[1])
        at = found.end(1)
    return tokens
