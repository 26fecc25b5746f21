"""`evaluate`: one model, one benchmark, one result folder. Stopped at any moment, it goes on where it was.

Every answer is kept in a ledger as soon as it is there. Answers depend on their sample alone, so the bytes of the
result are the same for one process or many, for any batch, and after any number of restarts.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geoglot
from geoglot.conversation import Answer, Sample
from geoglot.errors import GeoglotError, InputError, MissingExtra, ModelError, ReadError, WorkError
from geoglot.evaluate import baselines, report
from geoglot.evaluate.benchmarks import Benchmark
from geoglot.evaluate.forms import answer_form, size_of, truth_form
from geoglot.evaluate.metrics import protocol
from geoglot.evaluate.modes import Mode, scene_digest, shown
from geoglot.evaluate.result import PREDICTIONS, REPORT, RESULT, Record, Result, lines, read_result
from geoglot.evaluate.setting import setting
from geoglot.ledger import Ledger
from geoglot.models import load
from geoglot.models.protocol import Model
from geoglot.processes import in_order
from geoglot.scenes.write.atomic import writing
from geoglot.tasks import TaskName

if TYPE_CHECKING:
    from geoglot.conversation import Json

WORK = ".work"
"""The ledger's folder inside a result folder that is not finished."""

_OURS = (ModelError, MissingExtra, WorkError, ReadError)
"""What stops a run. Any other complaint of a model is about one question, and counts as no answer to it."""


@dataclass(frozen=True, slots=True)
class Run:
    """How a benchmark is run. mode: what is shown. limit: only the first N samples. seed: of models that draw, of
    the shuffle and of the intervals. workers: processes. batch: samples given to the model at once. The last two
    change no byte of the result.
    """

    mode: Mode = Mode.IMAGE
    limit: int | None = None
    seed: int = 0
    workers: int = 1
    batch: int = 8


def evaluate(
    model: Model | str,
    benchmark: Benchmark,
    *,
    data: Path,
    out: Path,
    run: Run | None = None,
    progress: Callable[[str], None] = lambda sample: None,
) -> Result:
    """Answer a benchmark, score the answers, and write the result folder `out`.

    model: a name as `geoglot.load` takes it, "baseline:NAME", or a model; several workers need a name. data: the
    root below which the data sets lie. progress: called with the id of each sample when it is done, of those
    of an earlier run at once.
    A folder that already holds this very result is left as it is.
    Raises InputError for a run that cannot be, ReadError for missing images, ModelError if the model fails, WorkError
    where nothing can be written.
    """
    run = run or Run()
    protocol(benchmark.protocol)
    if isinstance(model, str):
        desk: _Desk | None = _Desk(model, benchmark, data, run)
        opened = _open(desk)
    elif run.workers > 1:
        raise InputError("several workers load the model by its name", value=type(model).__name__, expected="a name")
    else:
        desk, opened = None, _opened(model, benchmark, data, run)
    job = _job(benchmark, opened, run)
    if not _finished(out, job):
        ledger = Ledger(out / WORK, job)
        for sample_id, _ in ledger.results():
            progress(sample_id)
        for sample_id, said in _answered(opened, desk, run, [s.id not in ledger for s in opened.samples]):
            ledger.add(sample_id, said)
            progress(sample_id)
        said_of = dict(ledger.results())
        records = tuple(_record(sample, said_of[sample.id]) for sample in opened.truths)
        _write(out, _scored(records, benchmark, job, run.seed), records, opened.truths)
    shutil.rmtree(out / WORK, ignore_errors=True)
    return read_result(out)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What a process needs to answer any sample; small, so that it can be sent to one."""

    model: str
    benchmark: Benchmark
    data: Path
    run: Run


@dataclass(frozen=True, slots=True, eq=False)
class _Opened:
    """A model with its samples. truths: with their own scenes; samples: as they are shown."""

    model: Model
    truths: tuple[Sample, ...]
    samples: tuple[Sample, ...]


@lru_cache(maxsize=1)
def _open(desk: _Desk) -> _Opened:
    name = baselines.named(desk.model)
    model = load(desk.model) if name is None else baselines.fit(name, desk.benchmark, desk.data)
    return _opened(model, desk.benchmark, desk.data, desk.run)


def _opened(model: Model, benchmark: Benchmark, data: Path, run: Run) -> _Opened:
    truths = benchmark.samples(data)[: run.limit]
    if not truths:
        raise ReadError("the benchmark has no samples", value=benchmark.name, hint=f"look below {data}")
    return _Opened(model, truths, shown(truths, run.mode, seed=run.seed))


def _answered(
    opened: _Opened, desk: _Desk | None, run: Run, wanted: Sequence[bool]
) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Give id and what was said of every wanted sample, as they are done."""
    batches = _batches(opened.samples, wanted, run.batch)
    if desk is None or run.workers == 1 or len(batches) < 2:
        for batch in batches:
            yield from _said(opened, batch, run.seed)
        return
    for done in in_order(partial(_said_by_worker, desk), batches, workers=run.workers):
        yield from done


def _batches(samples: Sequence[Sample], wanted: Sequence[bool], size: int) -> list[tuple[int, ...]]:
    """Places of the wanted samples, at most `size` at once, each batch of one task."""
    by_task: dict[TaskName, list[int]] = {}
    for place, sample in enumerate(samples):
        if wanted[place]:
            by_task.setdefault(sample.task, []).append(place)
    return [tuple(places[at : at + size]) for places in by_task.values() for at in range(0, len(places), size)]


def _said_by_worker(desk: _Desk, batch: Sequence[int]) -> list[tuple[str, Mapping[str, Json]]]:
    return _said(_open(desk), batch, desk.run.seed)


def _said(opened: _Opened, batch: Sequence[int], seed: int) -> list[tuple[str, Mapping[str, Json]]]:
    """Ask a batch; where that fails for one question, ask one by one."""
    samples = [opened.samples[place] for place in batch]
    task = samples[0].task
    replies: Sequence[Answer | GeoglotError]
    try:
        replies = opened.model.answers([sample.conversation for sample in samples], task=task, seed=seed)
    except _OURS:
        raise
    except GeoglotError:
        replies = [_reply(opened.model, sample, seed) for sample in samples]
    return [
        (sample.id, _as_said(reply, sample, size_of(opened.truths[place])))
        for place, sample, reply in zip(batch, samples, replies, strict=True)
    ]


def _reply(model: Model, sample: Sample, seed: int) -> Answer | GeoglotError:
    try:
        return model.answer(sample.conversation, task=sample.task, seed=seed)
    except _OURS:
        raise
    except GeoglotError as error:
        return error


def _as_said(reply: Answer | GeoglotError, sample: Sample, size: tuple[int, int]) -> Mapping[str, Json]:
    if isinstance(reply, GeoglotError):
        return {"refused": reply.what}
    return {
        "prediction": answer_form(reply, sample, size),
        "text": reply.text,
        "confidence": round(reply.confidence, 4),
        "unsure": reply.unsure,
    }


def _record(sample: Sample, said: Mapping[str, Any]) -> Record:
    return Record(
        id=sample.id,
        task=sample.task.value,
        type=sample.type,
        question=sample.conversation.question.text,
        prediction=said.get("prediction"),
        truth=truth_form(sample),
        image_size=size_of(sample),
        text=said.get("text", ""),
        confidence=said.get("confidence", 0.0),
        unsure=said.get("unsure", True),
        refused=said.get("refused", ""),
    )


def _job(benchmark: Benchmark, opened: _Opened, run: Run) -> dict[str, Json]:
    """What makes two runs the same; all of it stands in `result.json`."""
    return {
        "benchmark": f"{benchmark.name}@{benchmark.version}",
        "protocol": benchmark.protocol,
        "headline": benchmark.headline,
        "model": opened.model.name,
        "setting": setting(opened.model, benchmark).value,
        "hashes": {
            "data": _data_hash(opened.truths),
            "prompts": _prompts_hash(opened.truths),
            "code": code_hash(),
            "model": opened.model.sha256,
        },
        "decoding": {"seed": run.seed},
        "preprocessing": {"mode": run.mode.value, "limit": run.limit},
    }


def _data_hash(samples: Sequence[Sample]) -> str:
    """Of ids, tasks, truths and every pixel, in order."""
    digests = {id(sample.conversation.scene): sample.conversation.scene for sample in samples}
    pixels = {key: scene_digest(scene) for key, scene in digests.items() if scene is not None}
    total = hashlib.sha256()
    for sample in samples:
        truth = json.dumps(truth_form(sample), sort_keys=True)
        total.update(f"{sample.id}\n{sample.task}\n{truth}\n{pixels[id(sample.conversation.scene)]}\n".encode())
    return total.hexdigest()


def _prompts_hash(samples: Sequence[Sample]) -> str:
    said = [[turn.text for turn in sample.conversation.turns] for sample in samples]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@cache
def code_hash() -> str:
    """Give the SHA-256 of geoglot's own Python and TOML files, names and contents."""
    root = Path(geoglot.__file__).parent
    total = hashlib.sha256()
    for path in sorted((*root.rglob("*.py"), *root.rglob("*.toml"))):
        total.update(path.relative_to(root).as_posix().encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def _finished(out: Path, job: Mapping[str, Json]) -> bool:
    """Whether the folder holds the result of this very job; `result.json` is written last."""
    try:
        found = read_result(out).as_json()
    except ReadError:
        return False
    return all(found[key] == value for key, value in job.items())


def _scored(records: Sequence[Record], benchmark: Benchmark, job: Mapping[str, Any], seed: int) -> Result:
    found = protocol(benchmark.protocol).score([record.as_prediction() for record in records], seed)
    refusals = Counter(record.refused for record in records if record.refused)
    notes = [*found.notes, *(f"not answered, {count} times: {why}" for why, count in sorted(refusals.items()))]
    return Result(
        **job,
        samples=len(records),
        scores=found.scores,
        per_type=found.per_type,
        unparsed=found.unparsed,
        refused=sum(refusals.values()),
        notes=(*((benchmark.note,) if benchmark.note else ()), *notes),
    )


def _write(out: Path, result: Result, records: Sequence[Record], samples: Sequence[Sample]) -> None:
    """Write the folder, `result.json` last: where it stands, all stands."""
    texts = (
        (PREDICTIONS, lines(records)),
        (REPORT, report.page(result, records, samples, beside=report.beside(out))),
        (RESULT, f"{json.dumps(result.as_json(), indent=1, ensure_ascii=False, allow_nan=False)}\n"),
    )
    for name, text in texts:
        with writing(out / name) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
