"""Draw the page: one HTML file with everything inside, the same bytes for the same result."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from geoglot.conversation import Sample
from geoglot.errors import ReadError
from geoglot.evaluate.judge import Verdicts, verdicts
from geoglot.evaluate.metrics import Score
from geoglot.evaluate.report.pictures import data_uri
from geoglot.evaluate.result import Record, Result, read_result
from geoglot.evaluate.setting import Setting

SHOWN = 9
"""Errors of each kind that are shown."""

WRONG_BELOW = 0.5
BINS = 5
_SAID_CHARACTERS = 240


@dataclass(frozen=True, slots=True)
class _Shown:
    """One answer as the page shows it."""

    id: str
    type: str
    question: str
    truth: str
    said: str
    confidence: float
    right: float
    picture: str


@dataclass(frozen=True, slots=True)
class _Bin:
    """Answers of like confidence: how many, how sure on average, how often right."""

    low: float
    high: float
    count: int
    confidence: float
    right: float


def page(result: Result, records: Sequence[Record], samples: Sequence[Sample], *, beside: Sequence[Result]) -> str:
    """Give the page of a result. samples: in the order of the records; beside: results of the same benchmark."""
    judged = verdicts(result.protocol, result.headline, [record.as_prediction() for record in records])
    environment = Environment(
        loader=PackageLoader("geoglot.evaluate.report"), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["number"] = _number
    sure = np.array([record.confidence for record in records])
    doubtful = np.flatnonzero(judged.values < WRONG_BELOW)
    worst = sorted(range(len(records)), key=lambda place: (judged.values[place], place))[:SHOWN]
    surest = sorted(doubtful.tolist(), key=lambda place: (-sure[place], place))[:SHOWN]
    rows = _beside(result, beside)
    return environment.get_template("report.html.j2").render(
        result=result,
        main=result.main,
        rows=rows,
        settings=[name for name in Setting if any(row[0].setting == name for row in rows)],
        keys=list(dict.fromkeys(key for scores in result.per_type.values() for key in scores)),
        measure=judged.measure,
        wrong=len(doubtful),
        worst=[
            _shown(records[place], samples[place], judged.values[place]) for place in worst if judged.values[place] < 1
        ],
        surest=[_shown(records[place], samples[place], judged.values[place]) for place in surest],
        bins=_bins(sure, judged),
        licences=sorted({sample.licence for sample in samples}),
    )


def beside(folder: Path) -> tuple[Result, ...]:
    """Give the results of the folders beside this one, by name."""
    found = []
    for other in sorted(folder.parent.iterdir()):
        if other != folder and other.is_dir():
            try:
                found.append(read_result(other))
            except ReadError:
                continue
    return tuple(found)


def _beside(result: Result, others: Sequence[Result]) -> list[tuple[Result, Score, bool]]:
    """Result, its main score and whether it is this one; best first, of the same samples only."""
    same = [
        other
        for other in others
        if (other.benchmark, other.protocol, other.hashes["data"])
        == (result.benchmark, result.protocol, result.hashes["data"])
    ]
    rows = [(result, result.main, True), *((other, other.main, False) for other in same)]
    return sorted(rows, key=lambda row: (-np.nan_to_num(row[1].value, nan=-1.0), row[0].model, row[0].mode))


def _bins(sure: np.ndarray[tuple[int], np.dtype[np.float64]], judged: Verdicts) -> list[_Bin]:
    edges = np.linspace(0, 1, BINS + 1)
    place = np.clip((sure * BINS).astype(int), 0, BINS - 1)
    bins = []
    for index in range(BINS):
        inside = place == index
        if inside.any():
            mean, right = float(sure[inside].mean()), float(judged.values[inside].mean())
            bins.append(_Bin(float(edges[index]), float(edges[index + 1]), int(inside.sum()), mean, right))
    return bins


def _shown(record: Record, sample: Sample, right: float) -> _Shown:
    return _Shown(
        id=record.id,
        type=record.type,
        question=record.question,
        truth=_said(record.truth),
        said=f"no answer: {record.refused}" if record.refused else _said(record.prediction) or record.text,
        confidence=record.confidence,
        right=float(right),
        picture=data_uri(record, sample),
    )


def _said(form: object) -> str:
    """A truth or an answer in words."""
    if form is None:
        return ""
    if isinstance(form, bool):
        return "yes" if form else "no"
    if isinstance(form, Mapping):
        pixels = sum(form["counts"][1::2])
        return f"{pixels:,} pixels"
    if isinstance(form, Sequence) and not isinstance(form, str):
        places = [item for item in form if isinstance(item, Mapping)]
        count = f"{len(places)} region{'' if len(places) == 1 else 's'}"
        text = count if places else " · ".join(dict.fromkeys(map(str, form))) or "none"
    else:
        text = str(form)
    return text if len(text) <= _SAID_CHARACTERS else f"{text[: _SAID_CHARACTERS - 1]}…"


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"
