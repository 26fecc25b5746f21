"""The grammar of file names: a pattern is found anywhere in a name, but only as a whole word."""

from __future__ import annotations

import re
from functools import cache


@cache
def whole_word(pattern: str) -> re.Pattern[str]:
    """Give the compiled pattern: any case, and no letter or digit may touch the piece that fits.

    Raises re.error for a pattern that is no regular expression.
    """
    return re.compile(rf"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9])", re.IGNORECASE)


@cache
def anywhere(pattern: str) -> re.Pattern[str]:
    """Give the compiled pattern of a tag: any case, anywhere in the text. Raises as `whole_word`."""
    return re.compile(pattern, re.IGNORECASE)
