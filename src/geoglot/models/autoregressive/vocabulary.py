"""`Vocabulary`: tokens as ids, as text, and as the bytes they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, decoders, models, pre_tokenizers, trainers

from geoglot.errors import ModelError
from geoglot.models.autoregressive.folder import TOKENIZER, WriterFolder


class Vocabulary:
    """A tokenizer file. end: tokens that end a reply; hidden: tokens without a text, such as that of pictures. Those
    that the file marks as special have none either: they only steer.

    Raises ModelError if the file cannot be read, or does not spell its tokens in bytes (as GPT-2's and all since do).
    """

    def __init__(self, path: Path, *, end: Iterable[int] = (), hidden: Iterable[int] = ()) -> None:
        try:
            self._inner = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # tokenizers raises Exception itself
            raise ModelError("the tokenizer cannot be read", value=str(path), hint=str(error)) from error
        if "ByteLevel" not in str(self._inner.decoder):
            raise ModelError("the tokenizer does not spell its tokens in bytes", value=str(path))
        self.end = frozenset(end)
        added = self._inner.get_added_tokens_decoder()
        steering = {id_ for id_, token in added.items() if token.special}
        self.hidden = frozenset(hidden) | self.end | steering

    def __len__(self) -> int:
        return int(self._inner.get_vocab_size())

    def encode(self, text: str) -> list[int]:
        """Give the ids of a text, nothing added before or after."""
        return list(self._inner.encode(text, add_special_tokens=False).ids)

    def id_of(self, token: str) -> int:
        """Give the id of one token by its text. Raises ModelError if there is none."""
        found = self._inner.token_to_id(token)
        if found is None:
            raise ModelError("the tokenizer has no such token", value=token)
        return int(found)

    @cached_property
    def spelled(self) -> tuple[bytes, ...]:
        """The bytes of every token by id; none for hidden tokens and for gaps."""
        added = {id_: token.content.encode() for id_, token in self._inner.get_added_tokens_decoder().items()}
        out = [b""] * len(self)
        for token, id_ in self._inner.get_vocab().items():
            if id_ not in self.hidden and id_ < len(out):
                out[id_] = added[id_] if id_ in added else bytes(_BYTE_OF[letter] for letter in token)
        return tuple(out)

    def decode(self, ids: Sequence[int]) -> str:
        """Give the text of tokens; bytes that are no character become U+FFFD."""
        return b"".join(self.spelled[id_] for id_ in ids).decode("utf-8", "replace")


def words_of(folder: WriterFolder) -> tuple[Vocabulary, int]:
    """Give the vocabulary of a writer, its silent words hidden, and the id of the word that stands for a picture."""
    plain = Vocabulary(folder.path / TOKENIZER)
    picture, *silent = (plain.id_of(word) for word in (folder.picture, *folder.silent))
    end = [plain.id_of(word) for word in folder.end]
    return Vocabulary(folder.path / TOKENIZER, end=end, hidden=[picture, *silent]), picture


def build(texts: Iterable[str], path: Path, *, size: int, spoken: Sequence[str], silent: Sequence[str]) -> None:
    """Learn `size` byte pairs from texts and write the tokenizer: the pairs first, then spoken, then silent words.

    spoken: whole words with a text ("<12>", " *4"); silent: those that only steer ("<image>", the end of a turn).
    The same texts give the same file.
    """
    inner = tokenizers.Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    inner.train_from_iterator(texts, trainer)
    inner.add_tokens([AddedToken(word, normalized=False) for word in spoken])
    inner.add_special_tokens([AddedToken(word, normalized=False) for word in silent])
    inner.save(str(path))


def _letters() -> dict[str, int]:
    """GPT-2's letters for bytes: printable ones stand for themselves, the others for letters from U+0100 on."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + index): byte for index, byte in enumerate(others)}


_BYTE_OF = _letters()
