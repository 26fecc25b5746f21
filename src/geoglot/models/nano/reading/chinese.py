"""Questions in Chinese, word by word in the order in which English asks: a table of words, hardly any grammar."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

_HAN = re.compile(r"[\u4e00-\u9fff]")
_COMPARED = re.compile(r"(?P<a>[\u4e00-\u9fff]+?)(?:的数量)?比(?P<b>[\u4e00-\u9fff]+?)(?:更)?(?P<how>多|少)")
_WAY = re.compile(r"从(?P<a>[\u4e00-\u9fff]+?)到(?P<b>[\u4e00-\u9fff]+?)(?:怎么走|的路线|的路径)")
_YES_NO = re.compile(r"吗|是否|有没有|有无")
_WHERE = {"附近": "near the", "旁边": "next to the"}
_SIGNS = str.maketrans({"？": "?", "，": ",", "。": ".", "！": "!", "、": ",", "：": ":"})
# Words that stand before the thing in English and behind it in Chinese.
_FIRST = (
    "how many",
    "where are",
    "what percentage",
    "how large is",
    "what colour",
    "what shape",
    "how long",
    "how wide",
)


def english(question: str) -> str:
    """Give a question with its Chinese words in English; other text stays as it is.

    Words that the table does not know stay as they are, and are then no known thing.
    """
    if not _HAN.search(question):
        return question
    text = question.translate(_SIGNS)
    if match := _COMPARED.search(text):
        more, less = (_words(match[name]) for name in ("a", "b"))
        return f"are there {'more' if match['how'] == '多' else 'fewer'} {more} than {less} ?"
    if match := _WAY.search(text):
        return f"how do i get from {_words(match['a'])} to {_words(match['b'])} ?"
    where = ""
    for part in sorted(_table()["places"], key=len, reverse=True):
        if part in text:
            where, text = f"{where} {_table()['places'][part]}", text.replace(part, "")
    if match := _placed().search(text):
        where += f" {_WHERE.get(match['how'], 'in the')} {_words(match['thing'])}"
        text = text[: match.start()] + text[match.end() :]
    words = _words(_YES_NO.sub("", text)).rstrip(" ?.")
    if _YES_NO.search(text):
        return f"is it {words} ?" if "cloudy" in words else f"are there any {words}{where} ?"
    for first in _FIRST:
        if first in words:
            words = f"{first} {' '.join(words.replace(first, ' ', 1).split())}"
    return f"{words}{where} ?"


def _words(text: str) -> str:
    """The longest known words from the left, translated; what is not Chinese stays."""
    out, at = [], 0
    while at < len(text):
        for end in range(min(len(text), at + _longest()), at, -1):
            if text[at:end] in _lexicon():
                out.append(f" {_lexicon()[text[at:end]]} ")
                at = end
                break
        else:
            out.append(text[at])
            at += 1
    return " ".join("".join(out).split())


@cache
def _placed() -> re.Pattern[str]:
    """A thing that another stands near or in."""
    named = "|".join(sorted(_table()["things"], key=len, reverse=True))
    return re.compile(rf"(?P<thing>{named})(?P<how>附近|旁边|里面|里|内|上|中)的?")


@cache
def _table() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = tomllib.loads(
        resources.files(__package__).joinpath("chinese.toml").read_text("utf-8")
    )
    return table


@cache
def _lexicon() -> dict[str, str]:
    table = _table()
    return {**dict.fromkeys(table["dropped"]["words"].split(), ""), **table["words"], **table["things"]}


@cache
def _longest() -> int:
    return max(map(len, _lexicon()))
