"""VLMEvalKit: one TSV a benchmark, its pictures inside as base64, and a class that scores.

Layout after open-compass/VLMEvalKit, vlmeval/dataset/image_base.py: columns index, image, question; an `image` of up to
64 characters is the index of the row that holds the same picture; several pictures are a list.
"""

from __future__ import annotations

import base64
import csv
from pathlib import Path

from geoglot.evaluate.benchmarks import Benchmark
from geoglot.evaluate.export.items import Item, filled, name_of, png
from geoglot.scenes.write.atomic import writing

TASK = "geoglot_vlmevalkit.py"
COLUMNS = ("index", "id", "category", "question", "answer", "image")


def write(benchmark: Benchmark, items: tuple[Item, ...], folder: Path) -> None:
    """Write the TSV, the class that scores it, and the README."""
    with writing(folder / f"{name_of(benchmark)}.tsv") as path, path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(COLUMNS)
        first: dict[int, int] = {}
        for index, item in enumerate(items):
            scene = id(item.sample.conversation.scene)
            image = str(first[scene]) if scene in first else _image(item)
            first.setdefault(scene, index)
            table.writerow((index, item.sample.id, item.sample.type, item.question, item.answer, image))
    for name, template in ((TASK, "vlmevalkit_task.txt"), ("README.md", "vlmevalkit_readme.txt")):
        with writing(folder / name) as path:
            path.write_text(filled(template, benchmark), encoding="utf-8", newline="\n")


def _image(item: Item) -> str:
    """One picture as base64, several as the text of a list."""
    coded = [base64.b64encode(png(picture)).decode("ascii") for picture in item.pictures]
    return coded[0] if len(coded) == 1 else str(coded)
