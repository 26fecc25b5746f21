"""The same benchmarks for other suites: pictures, questions and truths in their layout, scored by geoglot's protocols.

A model sees in a suite what `geoglot.models.prompting` shows to one here: the same pictures, words and form of places;
its replies are read and scored by the same code, so that the numbers are comparable. Each folder explains itself in a
README.md. A new suite is one file with `write`, listed in `SUITES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from geoglot.errors import ReadError, UnknownName
from geoglot.evaluate.benchmarks import Benchmark
from geoglot.evaluate.export import lmms_eval, vlmevalkit
from geoglot.evaluate.export.items import TRUTHS, Item, asked, name_of, truths_text
from geoglot.evaluate.export.replies import score_replies
from geoglot.scenes.write.atomic import writing

SUITES: Mapping[str, Callable[[Benchmark, tuple[Item, ...], Path], None]] = {
    "vlmevalkit": vlmevalkit.write,
    "lmms-eval": lmms_eval.write,
}
"""Name -> what writes a benchmark's items into a folder, for that suite to find."""

__all__ = ["SUITES", "export", "score_replies"]


def export(benchmark: Benchmark, suite: str, *, data: Path, out: Path, limit: int | None = None) -> int:
    """Write a benchmark into the folder `out` for a suite; give the number of its samples.

    data: the root below which the data sets lie. limit: only the first N samples.
    Raises UnknownName for a suite, ReadError as the benchmark does.
    """
    if suite not in SUITES:
        raise UnknownName("suite", suite, SUITES)
    samples = benchmark.samples(data)[:limit]
    if not samples:
        raise ReadError("the benchmark has no samples", value=benchmark.name, hint=f"look below {data}")
    items = tuple(asked(sample) for sample in samples)
    out.mkdir(parents=True, exist_ok=True)
    with writing(out / f"{name_of(benchmark)}{TRUTHS}") as path:
        path.write_text(truths_text(benchmark, items), encoding="utf-8", newline="\n")
    SUITES[suite](benchmark, items, out)
    return len(items)
