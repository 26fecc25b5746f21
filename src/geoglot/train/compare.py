"""Fit what tells changes on the features of a trained eye, and add it to the packaged eye: minutes, on one core."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from geoglot.data.readers import landsat_change
from geoglot.models.nano.events import LASTING
from geoglot.models.nano.weights import CHANGE
from geoglot.nets.change import ChangeHead, Comparing
from geoglot.nets.eye import Eye
from geoglot.nets.fold import folded
from geoglot.train import change, judge, pairs
from geoglot.train.change import Compared
from geoglot.train.judge import Glimpse

LOG = logging.getLogger(__name__)
TAUGHT_PAIRS, TESTED_PAIRS = "pairs-taizhou", "pairs-nanjing"
MOST_FINE = 600
"""Pairs of a folder that the head of cells learns from; all teach the judge. They hold thousands of cells each."""

CLOUDED = 3  # every third optical pair is taught with clouds over one of its dates
HEAD = "change.pt"  # the head's weights, to go on from when the eye has learned more


@dataclass(slots=True)
class Lessons:
    """What a folder of pairs teaches: cells, the whole; and pairs of worlds kept aside."""

    cells: list[Compared] = field(default_factory=list)
    whole: list[Glimpse] = field(default_factory=list)
    aside: list[Compared] = field(default_factory=list)


def compare(eye: Eye, shards: Path, folder: Path, *, start: Path | None = None) -> dict[str, object]:
    """Fit head and judge on the pairs below `shards`, write events.onnx to `folder`; give scores, {} without pairs.

    Worlds kept aside give the lines and the scores; Nanjing, a town of which nothing was shown, gives another. start:
    weights of a head, as this writes them to `folder` too, of an eye that this one went on from.
    """
    read = lessons(folded(eye), shards)
    fine = [one.cells for name, one in read.items() for _ in range(change.SHARES.get(name, 1)) if one.cells]
    if not fine:
        return {}
    whole = [one.whole for name, one in read.items() for _ in range(change.SHARES.get(name, 1)) if one.whole]
    told = judge.fit(whole)
    head = change.fit(fine) if start is None else _midway(start, change.fit(fine, start=_opened(start)))
    aside = [seen for name in change.SHARES if name in read for seen in read[name].aside]
    runtime = Comparing(head, told, change.fit_lines(head, told, aside), LASTING)
    torch.save(head.state_dict(), folder / HEAD)
    change.write_onnx(runtime, folder / CHANGE)
    return {name: change.scores(runtime, one.aside) for name, one in read.items() if one.aside}


def lessons(eye: Eye, shards: Path) -> dict[str, Lessons]:
    """See all folders of pairs below `shards`."""
    rng, found = np.random.default_rng(0), {}
    for place in sorted(shards.glob("pairs-*")):
        own = pairs.read(place)
        aside = set(range(len(own.kinds)) if own.name == TESTED_PAIRS else change.held_out(own)[1])
        found[own.name] = one = Lessons()
        for at, seen in _seen(eye, own, aside, rng):
            if at in aside:
                one.aside.append(seen)
                continue
            one.whole += judge.glimpses(seen, rng)
            if len(one.cells) < MOST_FINE:
                one.cells.append(seen)
        LOG.info("saw %s: %d pairs, %d aside", own.name, len(own.kinds), len(aside))
    return found


def _seen(eye: Eye, own: pairs.Pairs, aside: set[int], rng: np.random.Generator) -> Iterator[tuple[int, Compared]]:
    """Every pair; every other one without infrared. Of those to learn from some under clouds, and half of them with the
    second date a little beside the first.
    """
    optical = "red" in own.slots
    for at in range(len(own.kinds)):
        bare = at % 2 > 0 and own.name != TESTED_PAIRS
        clouded = optical and at % CLOUDED == 0 and at not in aside
        pair, place = (change.displaced(own, at, rng), 0) if at % 4 > 1 and at not in aside else (own, at)
        yield at, change.compared(eye, pair, place, rng, bare=bare, clouded=clouded)


def _midway(start: Path, head: ChangeHead) -> ChangeHead:
    """Give the mean of a head's weights and those it began with.

    What is taught little is forgotten on the way: cells of Nanjing fell to 0.65 of F1 where the mean has 0.78.
    """
    begun = _opened(start).state_dict()
    head.load_state_dict({name: (begun[name] + ended) / 2 for name, ended in head.state_dict().items()})
    return head


def _opened(start: Path) -> ChangeHead:
    head = change.untaught()
    head.load_state_dict(torch.load(start, weights_only=True))
    return head


def add(folder: Path, scores: Mapping[str, object]) -> None:
    """Enter the events.onnx that lies in the folder of a packaged eye into its nano.json and scores.json."""
    manifest = json.loads((folder / "nano.json").read_text(encoding="utf-8"))
    manifest["files"][CHANGE] = hashlib.sha256((folder / CHANGE).read_bytes()).hexdigest()
    if TESTED_PAIRS in scores:
        manifest["trained_on"] = sorted({*manifest["trained_on"], landsat_change.CARD.name})
    told = folder / "scores.json"
    whole = json.loads(told.read_text(encoding="utf-8")) if told.is_file() else {}
    told.write_text(json.dumps(whole | {"change": scores}, indent=1), encoding="utf-8")
    (folder / "nano.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
