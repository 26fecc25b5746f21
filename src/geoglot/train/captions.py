"""Teach the small caption writer (`models.nano.sentences`) from the texts of UC Merced's training images.

    python -m geoglot.train.captions --data DATA --out src/geoglot/models/weights/sentences.npz

Cost: a minute on one core. What is kept is a vocabulary, counts of four words in a row by kind of scene, a tilt for
each tag and word, and document frequencies: no sentence, and nothing of the eye, so new weights of the eye need no
new writer. The val part is not read. Scores: docs/results.md.
"""

from __future__ import annotations

import argparse
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.data.readers import ucm_landuse
from geoglot.data.readers.rows import rows
from geoglot.errors import InputError
from geoglot.models.nano.consensus import ORDERS, Words, phrases
from geoglot.models.nano.sentences import END, FORMAT, REACH

RARE = 5
"""A sentence with a word that stands in fewer is left out: most of those words are slips."""

STEPS = 60
RATE = 0.5
PULL = 20.0
"""Weight of the squares of the tilt. On indices 64 to 79 of each class, with the true class, CIDEr is 353 without
any tilt and 347 with this one: the tilt is there so that no word contradicts the tags, not for the score."""

MISSPELT = {
    "surounded": "surrounded", "sorrounded": "surrounded", "arround": "around", "flurish": "flourish",
    "plamts": "plants", "plantss": "plants", "tres": "trees", "tress": "trees", "roofss": "roofs", "foofs": "roofs",
    "foasm": "foams", "containters": "containers", "besid": "beside", "differenet": "different", "coursea": "course",
    "cornersd": "corners", "spase": "sparse", "taxing": "taxiing", "lugage": "luggage", "wach": "each",
    "withe": "with", "wothe": "with", "whth": "with", "smalle": "small", "othe": "other", "geso": "goes",
    "fo": "of", "ars": "are", "parkinglot": "parking lot",
}  # fmt: skip
"""Slips of the set's texts, put right before anything is learned."""

Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Example:
    """What is known of one image. sentences: as words."""

    scene: str
    tags: frozenset[str]
    sentences: tuple[tuple[str, ...], ...]


def examples(folder: Path) -> Iterator[Example]:
    """Give the training images of UC Merced with their texts. Raises ReadError for broken files."""
    captions = ucm_landuse.captions(folder)
    for row in rows(folder / "labels.jsonl"):
        if row.text("split") == "train":
            scene, tags = row.one_of("scene", ucm_landuse.SCENES), frozenset(row.texts("multilabel"))
            yield Example(scene, tags, tuple(tidied(text) for text in captions(row.text("image"))))


def tidied(text: str) -> tuple[str, ...]:
    """Give the words of a sentence in lower case, without stops, slips put right, "a" and "an" as they should be."""
    words = [MISSPELT.get(word, word) for word in re.findall(r"[a-z0-9'-]+", text.lower())]
    words = " ".join(words).split()
    for place, (word, after) in enumerate(itertools.pairwise(words)):
        if word in {"a", "an"}:
            words[place] = "an" if after[0] in "aeio" else "a"
    return tuple(words)


def fit(taught: Sequence[Example]) -> Arrays:
    """Give the arrays of `Sentences`, as its file holds them. Raises InputError if there is nothing to learn from."""
    taught = without_rare(taught)
    if not any(example.sentences for example in taught):
        raise InputError("there are no sentences to learn from", value=len(taught), expected="images with texts")
    words = ("", *sorted({word for example in taught for sentence in example.sentences for word in sentence}))
    scenes = tuple(sorted({example.scene for example in taught}))
    tags = tuple(sorted({tag for example in taught for tag in example.tags}))
    number = {word: index for index, word in enumerate(words)}
    said = [[tuple(number[word] for word in sentence) for sentence in one.sentences] for one in taught]
    kinds = np.array([scenes.index(one.scene) for one in taught])
    held = np.array([[tag in one.tags for tag in tags] for one in taught], np.float64)
    usual = np.stack([held[kinds == index].mean(axis=0) for index in range(len(scenes))])
    events = Counter(
        (image, (int(kinds[image]), *gram))
        for image, sentences in enumerate(said)
        for sentence in sentences
        for gram in grams(sentence)
    )
    known = _shared(said)
    return {
        "format": np.array(FORMAT),
        "words": np.array(words),
        "scenes": np.array(scenes),
        "tags": np.array(tags),
        "tilt": tilted(events, held - usual[kinds], len(words)).astype(np.float16),
        "usual": usual.astype(np.float32),
        "phrases": np.array([(*phrase, *(END,) * (ORDERS - len(phrase))) for phrase in known], np.int16),
        "images": np.array(list(known.values()), np.int16),
        "total": np.array(len(taught)),
        **_counted(events),
    }


def without_rare(taught: Sequence[Example]) -> list[Example]:
    """Leave out sentences with a word that fewer than `RARE` sentences hold."""
    held = Counter(word for example in taught for sentence in example.sentences for word in set(sentence))
    return [
        Example(one.scene, one.tags, tuple(s for s in one.sentences if min(map(held.__getitem__, s)) >= RARE))
        for one in taught
    ]


def grams(sentence: Words) -> Iterator[tuple[int, ...]]:
    """Give each word of a sentence, and its end, after the `REACH` numbers before it."""
    padded = (END,) * REACH + sentence + (END,)
    for start in range(len(sentence) + 1):
        yield padded[start : start + REACH + 1]


def tilted(
    events: Mapping[tuple[int, tuple[int, ...]], int], extra: NDArray[np.float64], words: int
) -> NDArray[np.float64]:
    """Fit (tags, words): what tags add to the logarithms of counts. AdaGrad on the log-likelihood, all at once.

    events: how often an image's texts hold (scene, words before, word). extra: (images, tags), by how much each tag
    exceeds what is usual in its scene.
    """
    image, last, base, group, seen = _alternatives(events)
    each = extra[image]  # (rows, tags)
    tilt = np.zeros((extra.shape[1], words))
    squares = np.full_like(tilt, 1e-6)
    groups = int(group.max(initial=-1)) + 1
    total = np.bincount(group, seen, groups)
    for _ in range(STEPS):
        score = np.exp(base + np.einsum("rt,tr->r", each, tilt[:, last]))
        wrong = seen - total[group] * score / np.bincount(group, score, groups)[group]
        slope = np.array([np.bincount(last, wrong * column, words) for column in each.T]).reshape(tilt.shape)
        slope -= PULL * tilt
        squares += slope**2
        tilt += RATE * slope / np.sqrt(squares)
    return tilt


def _alternatives(
    events: Mapping[tuple[int, tuple[int, ...]], int],
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]:
    """One row for each word that may follow a beginning which an image's texts hold, if there is a choice.

    Gives image, word, logarithm of its count in the scene, number of the group, and how often it follows here.
    """
    after: dict[tuple[int, ...], Counter[int]] = {}
    for (_, gram), count in events.items():
        after.setdefault(gram[:-1], Counter())[gram[-1]] += count
    begun = dict.fromkeys((image, gram[:-1]) for image, gram in events)
    table = [
        (image, word, np.log(count), group, events.get((image, (*before, word)), 0))
        for group, (image, before) in enumerate(b for b in begun if len(after[b[1]]) > 1)
        for word, count in after[before].items()
    ]
    image, word, base, group, seen = np.array(table, np.float64).reshape(-1, 5).T
    return image.astype(np.intp), word.astype(np.intp), base, group.astype(np.intp), seen


def _counted(events: Mapping[tuple[int, tuple[int, ...]], int]) -> Arrays:
    """Counts of (scene, words before, word) over all images, in the order of the numbers."""
    counts: Counter[tuple[int, ...]] = Counter()
    for (_, gram), count in events.items():
        counts[gram] += count
    ordered = sorted(counts)
    return {"grams": np.array(ordered, np.int16), "counts": np.array([counts[gram] for gram in ordered], np.int16)}


def _shared(said: Iterable[Sequence[Words]]) -> dict[Words, int]:
    """In the texts of how many images each phrase of one to four words stands."""
    found: Counter[Words] = Counter()
    for sentences in said:
        found.update({p for sentence in sentences for order in range(1, ORDERS + 1) for p in phrases(sentence, order)})
    return dict(sorted(found.items()))


def main() -> None:
    """Read the arguments, fit, and write the file."""
    parser = argparse.ArgumentParser(prog="python -m geoglot.train.captions", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the root below which the data sets lie")
    parser.add_argument("--out", type=Path, required=True, help="the file to write, sentences.npz")
    chosen = parser.parse_args()
    arrays = fit(list(examples(chosen.data / ucm_landuse.CARD.folder)))
    with chosen.out.open("wb") as stream:
        np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
