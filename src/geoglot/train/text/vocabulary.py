"""`Vocabulary`: text to numbers and back, by pieces learned from generated conversations and words added to them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers.decoders import ByteLevel as Bytes
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Split
from tokenizers.pre_tokenizers import Sequence as InTurn
from tokenizers.trainers import BpeTrainer

from geoglot.errors import InputError, ModelError
from geoglot.models.autoregressive.facts import POINTERS
from geoglot.regions.codecs.words import spatial

PAD, ASK, REPLY, END = "<pad>", "<ask>", "<reply>", "<end>"
TURNS = (PAD, ASK, REPLY, END)
"""Filling; the start of a question; its end, where the reply is to follow; the end of the reply."""

SPOKEN = frozenset((*spatial(), *POINTERS))
"""Added words that are part of a reply's text; the others only steer, which their mark as special tells the runtime."""

_NUMBERS = Regex(r"\d{1,2}(?!\d)|\d")  # 7 and 37 are one piece, the digits of 137 are three
_SEEN_OFTEN = 50  # times that 10 to 99 are shown, so that each becomes one piece
_FEWEST = len(TURNS) + 256 + 90  # turns, bytes, two-digit numbers


class Vocabulary:
    """Ids below `base` are turns and pieces of text; the added words (`nets.tokens`) follow from `base` on."""

    def __init__(self, tokenizer: Tokenizer, *, base: int) -> None:
        self._tokenizer = tokenizer
        self.base = base
        self.pad, self.ask, self.reply, self.end = (self[word] for word in TURNS)

    @classmethod
    def learned(cls, texts: Iterable[str], *, base: int, added: Sequence[str]) -> Vocabulary:
        """Learn pieces from texts until there are `base` ids, or unused ones to fill them; then add words.

        Any text can be written with any vocabulary: what was never seen falls into bytes.
        """
        if base < _FEWEST:
            raise InputError("a vocabulary has to hold all bytes and numbers", value=base, expected=f"{_FEWEST} ids")
        tokenizer = Tokenizer(BPE())
        tokenizer.pre_tokenizer = InTurn([Split(_NUMBERS, "isolated"), ByteLevel(add_prefix_space=False)])
        tokenizer.decoder = Bytes()
        trainer = BpeTrainer(
            vocab_size=base,
            min_frequency=2,
            special_tokens=list(TURNS),
            initial_alphabet=ByteLevel.alphabet(),
            show_progress=False,
        )
        numbers = [str(number) for number in range(10, 100)] * _SEEN_OFTEN
        tokenizer.train_from_iterator([*texts, *numbers], trainer)
        spare = base - tokenizer.get_vocab_size()
        tokenizer.add_tokens([AddedToken(f"<unused_{k}>", special=True) for k in range(spare)])
        tokenizer.add_tokens([AddedToken(word, special=word not in SPOKEN, normalized=False) for word in added])
        return cls(tokenizer, base=base)

    @classmethod
    def extended(cls, path: Path, *, base: int, added: Sequence[str]) -> Vocabulary:
        """Take a published tokenizer and add words: turns among the ids that it leaves free below `base`, the rest
        from there on. A word of its own that is spelled as an added one is left to the weights, under another name.

        Raises ModelError for a file that is no tokenizer, or one that leaves too few ids free.
        """
        try:
            tokenizer = Tokenizer.from_str(_freed(path.read_text(encoding="utf-8"), (*TURNS, *added)))
        except Exception as error:  # tokenizers raises bare Exception
            raise ModelError("this is no vocabulary", value=str(path), hint=str(error)) from error
        tokenizer.no_padding()
        tokenizer.no_truncation()
        free = base - tokenizer.get_vocab_size()
        if free < len(TURNS):
            raise ModelError("the tokenizer leaves no ids free for turns", value=tokenizer.get_vocab_size(),
                             expected=f"at most {base - len(TURNS)} of the {base} ids of the writer")  # fmt: skip
        unused = [f"<unused_{k}>" for k in range(free - len(TURNS))]
        tokenizer.add_tokens([AddedToken(word, special=True) for word in (*TURNS, *unused)])
        tokenizer.add_tokens([AddedToken(word, special=word not in SPOKEN, normalized=False) for word in added])
        if [tokenizer.token_to_id(word) for word in added] != list(range(base, base + len(added))):
            raise ModelError("the tokenizer has gaps among its ids", value=str(path))
        return cls(tokenizer, base=base)

    @classmethod
    def read(cls, path: Path) -> Vocabulary:
        """Read what `write` wrote. Raises ModelError for any other file."""
        try:
            tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
        except Exception as error:  # tokenizers raises bare Exception
            raise ModelError("this is no vocabulary", value=str(path), hint=str(error)) from error
        # The last piece or unused id lies just before the first added word, which always is that of an image.
        first = tokenizer.token_to_id("<image>")
        return cls(tokenizer, base=tokenizer.get_vocab_size() if first is None else first)

    def write(self, path: Path) -> None:
        """Write as tokenizers' JSON, which transformers reads too."""
        path.write_text(self._tokenizer.to_str(), encoding="utf-8")

    def __len__(self) -> int:
        return self._tokenizer.get_vocab_size()

    def __contains__(self, word: str) -> bool:
        return self._tokenizer.token_to_id(word) is not None

    def __getitem__(self, word: str) -> int:
        """Give the id of one word. Raises InputError if it is not one."""
        found = self._tokenizer.token_to_id(word)
        if found is None:
            raise InputError("the vocabulary has no such word", value=word)
        return int(found)

    def ids(self, text: str) -> list[int]:
        """Give the ids of a text; added words in it are one id each."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def text(self, ids: Sequence[int]) -> str:
        """Give the text of ids, turns left out, added words as they are written."""
        turns = {self.pad, self.ask, self.reply, self.end}
        return str(self._tokenizer.decode([number for number in ids if number not in turns], skip_special_tokens=False))


def _freed(text: str, words: Sequence[str]) -> str:
    """Rename the words of a tokenizer's document that are spelled as others, to be added, are."""
    document = json.loads(text)
    taken = set(words)
    for one in document.get("added_tokens", []):
        if one["content"] in taken:
            one["content"] = f"<published {one['content']}>"
    known = document["model"]["vocab"]
    for word in taken & set(known):
        known[f"<published {word}>"] = known.pop(word)
    return json.dumps(document)
