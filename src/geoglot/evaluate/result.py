"""`Result`: what one model scored on one benchmark, and the folder it is kept in.

The bytes of `result.json` depend only on the inputs and the seed: no times, no host, no path.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoglot.errors import ReadError
from geoglot.evaluate.metrics import Prediction, Score
from geoglot.evaluate.setting import Setting

if TYPE_CHECKING:
    from geoglot.conversation import Json

RESULT, PREDICTIONS, REPORT = "result.json", "predictions.jsonl", "report.html"


@dataclass(frozen=True, slots=True)
class Record:
    """One answered sample, as `predictions.jsonl` holds it.

    prediction, truth: in the form of the task (see `forms`). text: the model's words. refused: why the model gave
    no answer, "" if it gave one. image_size: (width, height) of the frame that the truth lies in.
    """

    id: str
    task: str
    type: str
    question: str
    prediction: Json
    truth: Json
    image_size: tuple[int, int]
    text: str = ""
    confidence: float = 0.0
    unsure: bool = False
    refused: str = ""

    def as_prediction(self) -> Prediction:
        """Give what a protocol scores."""
        return Prediction(self.id, self.task, self.prediction, self.truth, self.type, self.image_size, "geoglot")

    def as_line(self) -> str:
        """Give the JSON line, without its end."""
        document = {key: getattr(self, key) for key in self.__slots__}
        return json.dumps(document, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Result:
    """What one model scored on one benchmark.

    headline: the key of the score that stands for all. scores, per_type: as the protocol gives them. unparsed:
    answers that could not be read; refused: samples that the model did not answer. hashes: of data (pixels and
    truths), prompts (questions), code (geoglot) and model (weights). decoding: seed. preprocessing: mode and limit.
    setting: zero-shot, fine-tuned or unknown, see `geoglot.evaluate.setting`.
    """

    benchmark: str
    protocol: str
    headline: str
    model: str
    samples: int
    scores: Mapping[str, Score]
    per_type: Mapping[str, Mapping[str, Score]]
    unparsed: int
    refused: int
    hashes: Mapping[str, str]
    decoding: Mapping[str, int]
    preprocessing: Mapping[str, str | int | None]
    notes: tuple[str, ...] = field(default=())
    setting: str = Setting.UNKNOWN

    @property
    def mode(self) -> str:
        """What the model was shown: image, blind, blank or shuffled."""
        return str(self.preprocessing["mode"])

    @property
    def main(self) -> Score:
        """The score that stands for all."""
        return self.scores[self.headline]

    def as_json(self) -> dict[str, Json]:
        """Give the document of `result.json`."""
        return {
            "benchmark": self.benchmark,
            "protocol": self.protocol,
            "headline": self.headline,
            "model": self.model,
            "setting": str(self.setting),
            "samples": self.samples,
            "scores": {name: score.as_json() for name, score in self.scores.items()},
            "per_type": {
                type: {name: score.as_json() for name, score in scores.items()}
                for type, scores in self.per_type.items()
            },
            "unparsed": self.unparsed,
            "refused": self.refused,
            "hashes": dict(self.hashes),
            "decoding": dict(self.decoding),
            "preprocessing": dict(self.preprocessing),
            "notes": list(self.notes),
        }


def read_result(folder: Path) -> Result:
    """Read the result of a folder. Raises ReadError if it is missing or is none."""
    path = folder / RESULT
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Result(
            **{
                **document,
                "scores": _scores(document["scores"]),
                "per_type": {type: _scores(scores) for type, scores in document["per_type"].items()},
                "notes": tuple(document["notes"]),
            }
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReadError("this folder holds no result", value=str(folder), expected=f"{RESULT} of geoglot evaluate",
                        hint=str(error)) from error  # fmt: skip


def read_records(folder: Path) -> tuple[Record, ...]:
    """Read the answers of a result folder, in their order. Raises ReadError."""
    path = folder / PREDICTIONS
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        rows = [json.loads(line) for line in lines if line]
        return tuple(Record(**{**row, "image_size": tuple(row["image_size"])}) for row in rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReadError("this folder holds no predictions", value=str(path), hint=str(error)) from error


def _scores(document: Mapping[str, Mapping[str, float | None]]) -> dict[str, Score]:
    return {name: _score(row) for name, row in document.items()}


def _score(row: Mapping[str, float | None]) -> Score:
    value, low, high = (float("nan") if (end := row[key]) is None else end for key in ("value", "low", "high"))
    return Score(value, low, high, int(row["n"] or 0))


def lines(records: Sequence[Record]) -> str:
    """Give the text of `predictions.jsonl`."""
    return "".join(f"{record.as_line()}\n" for record in records)
