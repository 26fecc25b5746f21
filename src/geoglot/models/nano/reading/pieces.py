"""Word pieces: how the reader's network sees words.

Source: Wu et al., Google's Neural Machine Translation System, 2016, section 4; greedy longest match from the left.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from geoglot.models.nano.reading.labels import REGION_PIECE

UNKNOWN, FIRST, LAST, PADDING = "[UNK]", "[CLS]", "[SEP]", "[PAD]"
LONGEST_WORD = 40  # letters; what is longer is no word
_PARTS = re.compile(r"[^\W_]+|[^\w\s]|_")
_MARKER = re.compile(r"<r\d+>")


class Pieces:
    """A vocabulary. pieces: in the order of their numbers; "##ing" stands for "ing" inside a word."""

    def __init__(self, pieces: Sequence[str]) -> None:
        self._number = {piece: number for number, piece in enumerate(pieces)}
        self.padding = self._number[PADDING]

    def __len__(self) -> int:
        return len(self._number)

    def numbers(self, words: Sequence[str], *, most: int) -> tuple[list[int], list[int]]:
        """Give the pieces of a question between [CLS] and [SEP], and where each word begins.

        most: pieces in all; words beyond have no beginning.
        """
        out, starts = [self._number[FIRST]], []
        for word in words:
            pieces = self._of_word(word)
            if len(out) + len(pieces) + 1 > most:
                break
            starts.append(len(out))
            out += pieces
        return [*out, self._number[LAST]], starts

    def _of_word(self, word: str) -> list[int]:
        if _MARKER.fullmatch(word):
            return [self._number[REGION_PIECE]]
        bare = "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))
        return [number for part in _PARTS.findall(bare) for number in self._of_part(part)] or [self._number[UNKNOWN]]

    def _of_part(self, part: str) -> list[int]:
        out: list[int] = []
        start = 0
        while start < len(part):
            for end in range(len(part) if len(part) <= LONGEST_WORD else 0, start, -1):
                piece = part[start:end] if start == 0 else f"##{part[start:end]}"
                if piece in self._number:
                    out.append(self._number[piece])
                    start = end
                    break
            else:
                return [self._number[UNKNOWN]]
        return out
