"""`geoglot evaluate`: what a model scores on benchmarks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geoglot.cli.options import common, say, table
from geoglot.cli.progress import steps

if TYPE_CHECKING:
    from rich.console import Console

    from geoglot.evaluate.benchmarks import Benchmark
    from geoglot.evaluate.result import Result


@click.command("evaluate")
@click.argument("model")
@click.argument("benchmarks", nargs=-1, metavar="BENCHMARK...")
@click.option("--data", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR",
              help="The root below which the data sets lie.")  # fmt: skip
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), metavar="DIR",
              help="Where results go: DIR/BENCHMARK/MODEL.")  # fmt: skip
@click.option("--export", "suite", metavar="SUITE",
              help="Ask no model: write every argument, a BENCHMARK, for vlmevalkit or lmms-eval.")  # fmt: skip
@click.option("--blind", is_flag=True, help="Text only: show no image.")
@click.option("--blank", is_flag=True, help="Show a blank image of the same size.")
@click.option("--shuffled", is_flag=True, help="Show another sample's image.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only the first N samples; they are a fair draw.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that answer.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of draws, of the shuffle and of intervals.")
@common
def command(
    model: str,
    benchmarks: tuple[str, ...],
    data: Path,
    out: Path,
    suite: str | None,
    blind: bool,
    blank: bool,
    shuffled: bool,
    limit: int | None,
    workers: int,
    seed: int,
    as_json: bool,
    quiet: bool,
) -> None:
    """Answer each BENCHMARK with MODEL, score the answers and write a folder of results with a report.

    A run that was stopped goes on where it stopped. BENCHMARK "all" is every one there is. MODEL "baseline:NAME" is
    one of the simple bars: majority, lookup, random, nearest, linear, kernel, pixels, forest, index, specialist.

    \b
    geoglot evaluate nano ucm-classify ucm-vqa --data shared/data --out results
    geoglot evaluate baseline:majority all --data shared/data --out results
    geoglot evaluate ucm-vqa --export lmms-eval --data shared/data --out exported
    """
    if suite is not None:
        _export((model, *benchmarks), suite, data=data, out=out, limit=limit, as_json=as_json)
        return
    if not benchmarks:
        raise click.UsageError("Missing argument 'BENCHMARK...'.")
    from geoglot.evaluate.modes import Mode
    from geoglot.evaluate.runner import Run, evaluate

    asked = [(Mode.BLIND, blind), (Mode.BLANK, blank), (Mode.SHUFFLED, shuffled)]
    modes = [mode for mode, wanted in asked if wanted] or [Mode.IMAGE]
    chosen = _chosen(benchmarks)
    done: list[tuple[Path, Result]] = []
    for one in chosen:
        for mode in modes:
            folder = out / one.name / folder_name(model, mode)
            run = Run(mode=mode, limit=limit, seed=seed, workers=workers)
            total = min(one.size[0], limit or one.size[0])
            with steps(f"{one.name} {mode}", total, quiet=quiet) as step:
                done.append((folder, evaluate(model, one, data=data, out=folder, run=run, progress=step)))
    document = {"results": [{"folder": str(folder), **result.as_json()} for folder, result in done]}
    say(document, lambda console: _show(console, done), as_json=as_json)


def _chosen(asked: tuple[str, ...]) -> list[Benchmark]:
    from geoglot.evaluate.benchmarks import benchmark, names

    return [benchmark(name) for name in (names() if asked == ("all",) else asked)]


def _export(asked: tuple[str, ...], suite: str, *, data: Path, out: Path, limit: int | None, as_json: bool) -> None:
    from geoglot.evaluate.export import export

    done = [
        (out / one.name, one.name, export(one, suite, data=data, out=out / one.name, limit=limit))
        for one in _chosen(asked)
    ]
    rows = [{"folder": str(folder), "benchmark": name, "suite": suite, "samples": n} for folder, name, n in done]
    columns = table("benchmark", ">samples", "folder", rows=[(name, n, folder) for folder, name, n in done])
    say({"exported": rows}, lambda console: console.print(columns), as_json=as_json)


def folder_name(model: str, mode: str) -> str:
    """Give the name of a result folder: "nano", "nano.blind", "baseline-majority"."""
    plain = re.sub(r"[^A-Za-z0-9.-]+", "-", model).strip("-.")
    return plain if mode == "image" else f"{plain}.{mode}"


def _show(console: Console, done: list[tuple[Path, Result]]) -> None:
    rows = [
        (
            result.benchmark,
            result.mode,
            result.headline,
            f"{result.main.value:.2f}",
            f"{result.main.low:.2f} - {result.main.high:.2f}",
            result.samples,
            result.unparsed,
            folder,
        )
        for folder, result in done
    ]
    console.print(table("benchmark", "shown", "score", ">value", ">95 %", ">n", ">unparsed", "folder", rows=rows))
