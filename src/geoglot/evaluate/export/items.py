"""What a suite asks a model: `Item`, one sample as pictures and words; and the truths, kept apart from both."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from geoglot.conversation import Sample
from geoglot.evaluate.benchmarks import Benchmark
from geoglot.evaluate.forms import size_of, truth_form
from geoglot.models.prompting import convention_for, prompt_for

if TYPE_CHECKING:
    from PIL.Image import Image

    from geoglot.conversation import Json

TRUTHS = ".truths.json"
"""Ending of the file that holds the truths of an exported benchmark."""

LONGEST_ANSWER = 200
"""Characters of an answer that is shown beside its question; a longer one (places, masks) is left to the truths."""


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A sample as a suite asks it. question: with how the reply has to look; pictures: 8-bit RGB, one a frame."""

    sample: Sample
    question: str
    pictures: tuple[Image, ...]

    @property
    def answer(self) -> str:
        """The truth in words, "" where it does not fit in a line."""
        truth = truth_form(self.sample)
        text = truth if isinstance(truth, str) else json.dumps(truth, ensure_ascii=False)
        return text if len(text) <= LONGEST_ANSWER else ""

    def as_truth(self) -> dict[str, Json]:
        """Give what `score_replies` needs. shown_size: (width, height) of the picture that replies speak of."""
        return {
            "id": self.sample.id,
            "task": self.sample.task.value,
            "type": self.sample.type,
            "truth": truth_form(self.sample),
            "image_size": list(size_of(self.sample)),
            "shown_size": list(self.pictures[0].size),
        }


def asked(sample: Sample) -> Item:
    """Give the item of a sample, asked as geoglot asks a general model. The sample must have a scene."""
    prompt = prompt_for(sample.conversation, task=sample.task, convention=convention_for(""))
    return Item(sample, prompt.text, prompt.pictures)


def name_of(benchmark: Benchmark) -> str:
    """Give the name that a benchmark has in other suites: geoglot_ucm_vqa."""
    return f"geoglot_{benchmark.name.replace('-', '_')}"


def truths_text(benchmark: Benchmark, items: tuple[Item, ...]) -> str:
    """Give the JSON text of the truths, one line a sample."""
    head: dict[str, Json] = {
        "benchmark": f"{benchmark.name}@{benchmark.version}",
        "protocol": benchmark.protocol,
        "headline": benchmark.headline,
        "licence": benchmark.licence,
    }
    lines = ",\n".join(json.dumps(item.as_truth(), ensure_ascii=False) for item in items)
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "samples": [\n{lines}\n]}}\n'


def png(picture: Image) -> bytes:
    """Give a picture as a PNG file, without loss."""
    store = io.BytesIO()
    picture.save(store, "PNG")
    return store.getvalue()


def filled(template: str, benchmark: Benchmark) -> str:
    """Fill in a template of this folder: $name, $title, $protocol, $headline, $licence, $note."""
    text = Path(__file__).with_name(template).read_text(encoding="utf-8")
    return Template(text).substitute(
        name=name_of(benchmark),
        title=benchmark.title,
        protocol=benchmark.protocol,
        headline=benchmark.headline,
        licence=benchmark.licence,
        note=benchmark.note,
    )
