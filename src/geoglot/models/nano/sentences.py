"""`Sentences`: the small writer that was taught, from what people say of aerial photographs, to say it itself.

It chooses one word after another: after the last three words, in a scene of that kind, each word that may follow has
a count, tilted by the tags of the image (a log-linear model). Every probable sentence is thought of, for every scene
that the image may be, and the one that agrees best with all of them is said (`consensus`).

Trained by `python -m geoglot.train.captions`; docs/nano.md tells how good it is.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoglot.errors import ModelError
from geoglot.models.nano.consensus import ORDERS, Words, agreed

FORMAT = "geoglot-sentences/1"
FILE = "sentences.npz"
SHIPPED = Path(__file__).parents[1] / "weights" / FILE

REACH = 3
"""Words before it that decide the next word."""

END = 0
"""The number of the word before the first and after the last."""

LIKELIEST = 32
"""Sentences that are thought of for each scene; they hold most of what is ever said of it."""

CANDIDATES = 24
"""Of all those, the likeliest ones that may be said."""

LEAST_SCENE = 0.05
"""Probability below which a scene is not thought about."""

_MOST_STEPS = 4000  # beginnings of sentences that are followed up: a bound on time, 20 ms

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sentences:
    """The writer's parameters.

    words: by number, the first is the end. scenes, tags: names. follows: by scene and the `REACH` words before, the
    numbers of the words that may follow and the logarithms of their counts. tilt: (tags, words), what a tag that
    holds adds to them. usual: (scenes, tags), how often each tag holds. weights: inverse document frequencies of
    phrases.
    """

    words: tuple[str, ...]
    scenes: tuple[str, ...]
    tags: tuple[str, ...]
    follows: Mapping[tuple[int, Words], tuple[NDArray[np.int64], Scores]]
    tilt: Scores
    usual: Scores
    weights: Mapping[Words, float]

    def write(self, scenes: Mapping[str, float], tags: Mapping[str, float]) -> str:
        """Give the sentence that agrees best with what people would say, in lower case without a full stop.

        scenes, tags: probabilities by name; names that the writer was not taught are left out, tags that are not
        given are as usual. Raises ValueError if no scene is known to it.
        """
        known = {name: p for name, p in scenes.items() if name in self.scenes and p > 0}
        if not known:
            raise ValueError("none of the scenes is known to the writer")
        total = sum(known.values())
        likely = {name: p / total for name, p in known.items() if p / total >= LEAST_SCENE}
        said: Counter[Words] = Counter()
        for name, p in likely.items():
            for share, sentence in self.sentences(name, tags):
                said[sentence] += p * share  # type: ignore[assignment]
        best, _ = agreed(said, self.weights, most=CANDIDATES)
        return " ".join(self.words[number] for number in best)

    def sentences(self, scene: str, tags: Mapping[str, float]) -> Iterator[tuple[float, Words]]:
        """Give the likeliest sentences about a scene with their probabilities, likeliest first.

        Exact: the likeliest beginning is always the next to be followed up.
        """
        place = self.scenes.index(scene)
        usual = self.usual[place]
        held = np.array([tags.get(name, usual[column]) for column, name in enumerate(self.tags)])
        tilt = (held - usual) @ self.tilt  # (words,)
        queue: list[tuple[float, Words]] = [(0.0, ())]
        given = 0
        for _ in range(_MOST_STEPS):
            if not queue or given == LIKELIEST:
                return
            cost, begun = heapq.heappop(queue)
            if begun and begun[-1] == END:
                given += 1
                yield math.exp(-cost), begun[:-1]
                continue
            after = ((END,) * REACH + begun)[-REACH:]
            numbers, counts = self.follows[place, after]
            for number, gain in zip(numbers.tolist(), _log_shares(counts + tilt[numbers]).tolist(), strict=True):
                heapq.heappush(queue, (cost - gain, (*begun, number)))


@cache
def shipped() -> Sentences:
    """Give the writer that comes with geoglot. Raises ModelError as `open_sentences`."""
    return open_sentences(SHIPPED)


def open_sentences(path: Path) -> Sentences:
    """Read a writer. Raises ModelError if the file is missing or does not follow its format."""
    if not path.is_file():
        raise ModelError("the caption writer's weights are not there", value=str(path), expected=FILE,
                         hint="install geoglot again, or train: python -m geoglot.train.captions")  # fmt: skip
    try:
        with np.load(path, allow_pickle=False) as held:
            parts = {name: held[name] for name in held.files}
        if str(parts["format"]) != FORMAT:
            raise ValueError(f"format {parts['format']}")
        return _checked(parts)
    except (KeyError, ValueError, IndexError, OSError) as error:
        raise ModelError("the caption writer's weights do not follow their format",
                         value=f"{type(error).__name__}: {error}", expected=FORMAT) from error  # fmt: skip


def _checked(parts: Mapping[str, NDArray[np.generic]]) -> Sentences:
    words, scenes, tags = (tuple(str(name) for name in parts[key]) for key in ("words", "scenes", "tags"))
    grams, counts = parts["grams"].astype(np.int64), parts["counts"].astype(np.float64)
    tilt, usual = parts["tilt"].astype(np.float64), parts["usual"].astype(np.float64)
    known, images = parts["phrases"].astype(np.int64), parts["images"].astype(np.float64)
    if grams.shape != (len(counts), REACH + 2) or known.shape != (len(images), ORDERS):
        raise ValueError("tables whose rows do not fit")
    if tilt.shape != (len(tags), len(words)) or usual.shape != (len(scenes), len(tags)):
        raise ValueError("a tilt that does not fit the words, tags and scenes")
    if grams.min() < 0 or grams[:, 0].max() >= len(scenes) or max(grams[:, 1:].max(), known.max()) >= len(words):
        raise ValueError("a number that stands for no word or scene")
    if counts.min() <= 0 or images.min() <= 0 or not np.isfinite(tilt).all():
        raise ValueError("counts that are not above 0")
    follows = _follows(grams, counts)
    _end_everywhere(grams, follows)
    total = float(parts["total"])
    weights = {
        tuple(number for number in row if number != END): math.log(total / count)
        for row, count in zip(known.tolist(), images.tolist(), strict=True)
    }
    return Sentences(words, scenes, tags, follows, tilt, usual, weights)


def _follows(grams: NDArray[np.int64], counts: Scores) -> dict[tuple[int, Words], tuple[NDArray[np.int64], Scores]]:
    """What may follow each beginning, from rows of scene, words before and next word."""
    rows: dict[tuple[int, Words], list[int]] = {}
    for row, (scene, *before, _) in enumerate(grams.tolist()):
        rows.setdefault((scene, tuple(before)), []).append(row)
    return {key: (grams[own, -1], np.log(counts[own])) for key, own in rows.items()}


def _end_everywhere(grams: NDArray[np.int64], follows: Mapping[tuple[int, Words], object]) -> None:
    """Raise ValueError unless every word leads on to another or to the end."""
    for scene, *after in grams[:, [0, *range(2, REACH + 2)]].tolist():
        if after[-1] != END and (scene, tuple(after)) not in follows:
            raise ValueError("a word that nothing follows")
    if any((scene, (END,) * REACH) not in follows for scene in set(grams[:, 0].tolist())):
        raise ValueError("a scene without a first word")


def _log_shares(scores: Scores) -> Scores:
    """Logarithms of the shares that exponentials have in their sum."""
    raised = scores - scores.max()
    return np.asarray(raised - math.log(np.exp(raised).sum()))
