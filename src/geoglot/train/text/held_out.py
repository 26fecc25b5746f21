"""How well an `EvidenceWriter` answers about scenes it was not taught with, beside what needs no image.

    python -m geoglot.train.text.held_out --out runs/nano-ar --seen runs/seen --held-out runs/held-out

Rows: the writer; the same writer without facts ("blind"); the most frequent reply in the taught scenes to that kind of
question about that thing ("words alone"), which is the bound of whoever does not look.
"""

from __future__ import annotations

import argparse
import logging
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from geoglot.errors import InputError
from geoglot.train import checkpoint
from geoglot.train.recipes.nano_ar import shape
from geoglot.train.text import state
from geoglot.train.text.courses import VOCABULARY, read_seen
from geoglot.train.text.evidence_feed import KINDS_ASKED, lesson
from geoglot.train.text.evidence_writer import EvidenceLesson, EvidenceWriter
from geoglot.train.text.facts import OBJECTS, POINT, POINTED_IOU, Block, Facts, Writing, label_in, overlap, pointing
from geoglot.train.text.seen import Asked, Seen
from geoglot.train.text.vocabulary import Vocabulary

LOG = logging.getLogger(__name__)
LONGEST = 28  # tokens of a reply
SCENES = 8  # in one pass
TOLD = 3  # questions a scene about told objects


@dataclass(frozen=True, slots=True)
class Said:
    """One answer. box: what was pointed at, None if nothing; told: some told object overlaps the true one."""

    asked: Asked
    reply: str
    box: tuple[float, float, float, float] | None
    told: bool


@dataclass(frozen=True, slots=True)
class Score:
    """A share of right answers in percent, of n."""

    name: str
    percent: float
    n: int


@torch.no_grad()
def answers(model: EvidenceWriter, writing: Writing, scenes: Sequence[Seen], *, blind: bool = False) -> list[Said]:
    """Let the writer answer every question of the kinds it was taught; all questions of a scene in one row."""
    said: list[Said] = []
    asked = [_asked(scene) for scene in scenes]
    for start in range(0, len(scenes), SCENES):
        some = [(scene, ones) for scene, ones in zip(scenes, asked, strict=True)][start : start + SCENES]
        said += _answered(model, writing, [pair for pair in some if pair[1]], blind=blind)
    return said


def _asked(scene: Seen) -> list[Asked]:
    """The questions about a scene, and some about what the eye told of it, which show how well a writer points."""
    rng = np.random.default_rng(zlib.crc32(scene.id.encode()))
    told = [asked for _ in range(TOLD) if (asked := pointing(scene, rng)) is not None]
    return [*(one for one in scene.asked if one.kind in KINDS_ASKED), *told]


def _answered(
    model: EvidenceWriter, writing: Writing, some: Sequence[tuple[Seen, Sequence[Asked]]], *, blind: bool
) -> list[Said]:
    words = writing.vocabulary
    facts = [_first(writing.facts(scene)) if blind else writing.facts(scene) for scene, _ in some]
    pairs = [(row, one) for row, (_, asked) in enumerate(some) for one in asked]
    blocks = [_question(writing.block(some[row][0], one, tagged=True)) for row, one in pairs]
    rows, left, places = [row for row, _ in pairs], list(range(len(pairs))), [0] * len(pairs)
    for step in range(LONGEST):
        laid, ends = _laid(facts, [(rows[index], blocks[index]) for index in left], pad=words.pad)
        hidden = model.states(laid)
        if step == 0:
            places = model.chosen(hidden, laid)[0].argmax(dim=1).tolist()
        told = model.logits(hidden[ends[:, 0], laid.kind.shape[1] + ends[:, 1]]).argmax(dim=1).tolist()
        for index, word in zip(left, told, strict=True):
            block = blocks[index]
            blocks[index] = replace(block, ids=(*block.ids, word), reply=(*block.reply, word))
        left = [index for index in left if blocks[index].ids[-1] != words.end]
        if not left:
            break
    said = zip(pairs, blocks, places, strict=True)
    return [_said(some[row][0], one, words.text(block.reply), place) for (row, one), block, place in said]


def _laid(
    facts: Sequence[Facts], asked: Sequence[tuple[int, Block]], *, pad: int
) -> tuple[EvidenceLesson, torch.Tensor]:
    """Lay questions beside the facts of their scenes; give the row and place of the last token of each, in order."""
    wanted = sorted({row for row, _ in asked})
    laid = lesson([(facts[row], [block for mine, block in asked if mine == row]) for row in wanted], pad=pad)
    ends = []
    for number, row in enumerate(wanted):
        lengths = [len(block.ids) for mine, block in asked if mine == row]
        ends += [(number, int(end) - 1) for end in np.cumsum(lengths)]
    return laid, torch.tensor(ends)


def _question(block: Block) -> Block:
    """A question without its reply."""
    return replace(block, ids=block.ids[: block.asked + 1], reply=(), pointed=None, selected=None)


def _first(facts: Facts) -> Facts:
    """The frame alone."""
    return Facts(facts.kind[:1], facts.words[:1], facts.places[:1], facts.numbers[:1])


def _said(scene: Seen, asked: Asked, reply: str, place: int) -> Said:
    objects = scene.objects[:OBJECTS]
    box = objects[place - 1].box if reply == POINT and 0 < place <= len(objects) else None
    told = bool(asked.boxes) and any(overlap(thing.box, asked.boxes[0]) > POINTED_IOU for thing in objects)
    return Said(asked, reply, box, told)


def scores(said: Sequence[Said]) -> list[Score]:
    """Score answers by kind: exact replies; grounding by boxes; captions by the things and numbers they name."""
    by_kind: dict[str, list[Said]] = defaultdict(list)
    for one in said:
        by_kind[one.asked.kind].append(one)
    found = []
    for kind in sorted(by_kind):
        mine = by_kind[kind]
        if kind.startswith("ground"):
            there = [one for one in mine if one.asked.boxes]
            right = [one.box is not None and overlap(one.box, one.asked.boxes[0]) > POINTED_IOU for one in there]
            found.append(_share(f"{kind}, there: right box", right))
            found.append(_share(f"{kind}, there: ceiling, told by the eye", [one.told for one in there]))
            found.append(_share(f"{kind}, absent: none", [one.reply == "none" for one in mine if not one.asked.boxes]))
        elif kind == "caption":
            found.append(_share("caption: things named, F1", [_named(one) for one in mine]))
        else:
            found.append(_share(f"{kind}: exact", [one.reply == one.asked.reply for one in mine]))
        if kind.startswith("count"):
            found.append(_share(f"{kind}: within 1", [_near(one) for one in mine]))
    return [one for one in found if one.n]


def _share(name: str, right: Sequence[float]) -> Score:
    return Score(name, round(100 * float(np.mean(right)), 1) if right else float("nan"), len(right))


def _near(one: Said) -> bool:
    return one.reply.isdecimal() and abs(int(one.reply) - int(one.asked.reply)) <= 1


def _named(one: Said) -> float:
    """F1 of the words of a caption that carry meaning: all but the shortest."""
    told, true = (set(re.findall(r"[a-z]{4,}", text.casefold())) for text in (one.reply, one.asked.reply))
    return 2 * len(told & true) / max(1, len(told) + len(true))


def words_alone(taught: Sequence[Seen], scenes: Sequence[Seen]) -> list[Said]:
    """Answer by the most frequent reply to that kind of question about that thing among the taught scenes."""
    seen: dict[tuple[str, str | None], Counter[str]] = defaultdict(Counter)
    for scene in taught:
        for one in scene.asked:
            for label in (label_in(one.question), None):
                seen[one.kind, label][POINT if one.task == "ground" and one.boxes else one.reply] += 1
    said = []
    for scene in scenes:
        for one in _asked(scene):
            known = seen.get((one.kind, label_in(one.question))) or seen[one.kind, None]
            said.append(Said(one, known.most_common(1)[0][0] if known else "", None, False))
    return said


def trained(out: Path) -> tuple[EvidenceWriter, Writing]:
    """Open a run's last checkpoint. Raises InputError if there is none."""
    last = checkpoint.newest(out)
    if last is None:
        raise InputError(
            "there is no checkpoint in the folder", value=str(out), hint="train first: geoglot train nano-ar"
        )
    vocabulary = Vocabulary.read(out / VOCABULARY)
    model = EvidenceWriter(shape(len(vocabulary)))
    model.load_state_dict(state.weights(last))
    return model.eval(), Writing(vocabulary)


def main() -> None:
    """Read the arguments and print the rows."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(prog="python -m geoglot.train.text.held_out", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seen", type=Path, required=True)
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--scenes", type=int, default=200)
    chosen = parser.parse_args()
    scenes = read_seen(chosen.held_out)[: chosen.scenes]
    model, writing = trained(chosen.out)
    rows = {
        "writer": answers(model, writing, scenes),
        "blind": answers(model, writing, scenes, blind=True),
        "words alone": words_alone(read_seen(chosen.seen), scenes),
    }
    table = {name: {score.name: score for score in scores(said)} for name, said in rows.items()}
    LOG.info("| %s | n | %s |", "measure, percent", " | ".join(rows))
    for name, score in table["writer"].items():
        LOG.info("| %s | %d | %s |", name, score.n, " | ".join(f"{table[row][name].percent}" for row in rows))


if __name__ == "__main__":
    main()
