"""`python -m tests.bench.gallery FOLDER [OUT]`: docs/gallery, what nano says about simulated worlds it never saw.

FOLDER: the packaged eye. Nothing is chosen: of each sensor the first scenes of a fixed seed, of each scene the first
question of a kind that was not shown yet, right or wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from geoglot.conversation import Answer, Sample
from geoglot.models.nano import Nano
from geoglot.models.nano.eye import Eye
from geoglot.models.nano.weights import open_weights
from geoglot.simulate.samples import samples
from tests.bench.held_out import JUDGES

SEED = 886_000
SHOWN = (("optical", "image", 8), ("sar", "image", 4), ("thermal", "image", 4), ("multispectral", "image", 4),
         ("optical", "pair", 4))  # fmt: skip
SIDE_PX = 400
HEAD = """# What nano says about worlds it never saw

Simulated scenes, made by geoglot; the picture is what was asked about, with what nano pointed at. Nothing is chosen:
of each sensor the first scenes of one seed, of each scene the first question of a kind not shown yet. Simulated
scenes are not the Earth: docs/results.md has the scores on real images. Made by
`python -m tests.bench.gallery src/geoglot/models/weights`.
"""


def main(folder: Path, out: Path) -> None:
    """Write the pictures and README.md."""
    nano = Nano(Eye(open_weights(folder)))
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.jpg"):
        old.unlink()
    lines, marks = [HEAD], []
    for sensor, kind, count in SHOWN:
        title = f"{sensor}, {'two dates' if kind == 'pair' else 'one image'}"
        lines += [f"\n## {title}", "| | question | nano | truth | |", "| --- | --- | --- | --- | --- |"]
        for number, sample in enumerate(chosen(sensor, kind, count)):
            answer = nano.answer(sample.conversation, task=sample.task)
            name = f"{sensor}-{kind}-{number}.jpg"
            picture = answer.picture()
            picture.thumbnail((SIDE_PX, SIDE_PX))
            picture.save(out / name, quality=82)
            marks.append(verdict(sample, answer))
            lines.append(row(name, sample, answer, marks[-1]))
    told = f"\n{marks.count('right')} right, {marks.count('wrong')} wrong.\n"
    (out / "README.md").write_text("\n".join(lines) + "\n" + told, encoding="utf-8")
    print(told.strip())


def chosen(sensor: str, kind: str, count: int) -> Iterator[Sample]:
    """Give of each scene the first question of a kind not shown yet, else the first that can be judged."""
    seen: set[str] = set()
    asked = (one for one in samples(SEED, count, sensor=sensor, kind=kind) if one.task in JUDGES)
    for _, group in groupby(asked, key=lambda one: one.id.rpartition("-")[0]):
        about = list(group)
        one = next((each for each in about if each.type not in seen), about[0])
        seen.add(one.type)
        yield one


def verdict(sample: Sample, answer: Answer) -> str:
    """Give "right" or "wrong" by the first thing that is judged of such a question."""
    judged = [value for _, value, _ in JUDGES[sample.task](sample, answer)]
    return "right" if judged and judged[0] >= 0.5 else "wrong"


def row(name: str, sample: Sample, answer: Answer, mark: str) -> str:
    """One row of the table."""
    sure = f"{answer.text} ({answer.confidence:.0%}{', unsure' if answer.unsure else ''})"
    truth = sample.references[0]
    for index in range(len(sample.truth.regions)):
        truth = truth.replace(f" <r{index}>", "")
    cells = (f"![]({name})", sample.conversation.question.text, sure, truth, mark)
    return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else "docs/gallery"))
