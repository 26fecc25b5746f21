"""How many questions each reader reads rightly, with Wilson intervals: the table of docs/results.md.

python -m tests.bench.reader [TABLE [WEIGHTS]]

TABLE: a file of tests/nano (unseen.toml). WEIGHTS: a folder with reader.onnx; the shipped one if not given. With -v as
a last argument every misread question is told. After the table: how many of the questions have a wording that training
questions have too, things and places apart.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from geoglot.models.nano.reader import Reader, RuleReader
from geoglot.models.nano.reading.ear import Ear
from geoglot.models.nano.reading.labels import OUTSIDE
from geoglot.models.nano.reading.text import plain
from geoglot.models.nano.trained import TrainedReader
from geoglot.models.nano.weights import SHIPPED
from geoglot.train.reader.paraphrase import example
from tests.nano.meaning import Row, is_honest, read, rows, wrong

TABLES = {"questions": "questions", "unknown": "unknown nouns", "follow_ups": "follow-ups"}
Z = 1.959964  # 95 %
SAMPLED = 40_000  # questions of the training grammar


def main(file: str, weights: Path, *, tell: bool) -> None:
    """Print a line a reader: right of all, and the interval; of the unknown nouns that mean a known thing also those
    for which it was found."""
    readers: dict[str, Reader] = {"rules alone": RuleReader()}
    readers |= {"network alone": TrainedReader(Ear(weights), alone=True), "both": TrainedReader(Ear(weights))}
    heads = [*TABLES.values(), "nearest thing found", "ms a question"]
    print(f"| reader | {' | '.join(heads)} |\n| --- | {' | '.join('---' for _ in heads)} |")
    for name, reader in readers.items():
        began, cells, asked = time.perf_counter(), [], 0
        for table in TABLES:
            table_rows = rows(file, table)
            right = [is_right(reader, row, table) for row in table_rows]
            asked += len(table_rows)
            cells.append(cell(right))
            for row in (row for row, good in zip(table_rows, right, strict=True) if tell and not good):
                print(f"  {name}: {told(reader, row, table)}")
        near = [row for row in rows(file, "unknown") if row.get("must")]
        cells.append(cell([read(reader, row["ask"]).thing in row["near"] for row in near]))
        print(f"| {name} | {' | '.join(cells)} | {1000 * (time.perf_counter() - began) / asked:.1f} |")


def cell(right: Sequence[bool]) -> str:
    """How many of how many, the share, and its interval."""
    low, high = wilson(sum(right), len(right))
    return f"{sum(right)} of {len(right)}: {sum(right) / len(right):.1%} ({low:.1%} – {high:.1%})"


def novelty(file: str, weights: Path) -> None:
    """Print how many questions are worded as some question of the training grammar is, and how the others fare."""
    rng, ear = Random(0), Ear(weights)
    trained = {wording(one.words) for one in (example(rng) for _ in range(SAMPLED))}
    reader = TrainedReader(ear)
    met: dict[bool, list[bool]] = {True: [], False: []}
    for row in rows(file, "questions"):
        words = plain(row["ask"]).split()
        is_known = wording(tuple(zip(words, ear.hear(words).tags, strict=True))) in trained
        met[is_known].append(is_right(reader, row, "questions"))
    for is_known, name in ((True, "worded as in training"), (False, "worded otherwise")):
        print(f"{name}: {cell(met[is_known]) if met[is_known] else 'none'}")


def wording(words: Sequence[tuple[str, str]]) -> str:
    """A question with every tagged stretch as its tag, without marks at its end."""
    out: list[str] = []
    for word, tag in words:
        said = word if tag == OUTSIDE else f"<{tag}>"
        if said != (out[-1] if out else "") or tag == OUTSIDE:
            out.append(said)
    return " ".join(out).rstrip(" ?.!")


def is_right(reader: Reader, row: Row, table: str) -> bool:
    """Whether every field is right; for an unknown noun whether it is named, or a near thing stands for it."""
    query = read(reader, *row.get("before", ()), row["ask"])
    return is_honest(query, row) if table == "unknown" else not wrong(query, row)


def told(reader: Reader, row: Row, table: str) -> str:
    """A misread question, and how it was read."""
    query = read(reader, *row.get("before", ()), row["ask"])
    how = (query.thing, query.asked_as, str(query.aim)) if table == "unknown" else wrong(query, row)
    return f"{row['ask']} | {how}"


def wilson(right: int, asked: int) -> tuple[float, float]:
    """The 95 % interval of a share. Source: Wilson, Probable inference, 1927."""
    share, z2 = right / asked, Z * Z
    centre = (share + z2 / (2 * asked)) / (1 + z2 / asked)
    half = Z * math.sqrt(share * (1 - share) / asked + z2 / (4 * asked * asked)) / (1 + z2 / asked)
    return centre - half, centre + half


if __name__ == "__main__":
    given = [word for word in sys.argv[1:] if word != "-v"]
    asked, folder = given[0] if given else "unseen.toml", Path(given[1]) if len(given) > 1 else SHIPPED
    main(asked, folder, tell="-v" in sys.argv)
    novelty(asked, folder)
