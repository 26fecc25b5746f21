"""The table of docs/evaluation.md: every baseline on every real benchmark, as Markdown on stdout.

python -m tests.bench.baselines DATA OUT [MODEL...]

DATA: the root below which the data sets lie. OUT: where result folders go; a second run goes on where the first
stopped. MODEL: models to set beside the baselines, each with its image and blind, blank and shuffled.
"""

from __future__ import annotations

import sys
from pathlib import Path

from geoglot.cli.evaluate import folder_name
from geoglot.errors import InputError
from geoglot.evaluate.baselines import NAMES, PREFIX
from geoglot.evaluate.benchmarks import Benchmark, benchmark, names
from geoglot.evaluate.modes import Mode
from geoglot.evaluate.result import Result
from geoglot.evaluate.runner import Run, evaluate


def main(data: Path, out: Path, models: list[str]) -> None:
    """Run what is not done yet and print the table."""
    print("| benchmark | score | model | value | 95 % interval |\n| --- | --- | --- | ---: | --- |")
    for name in (name for name in names() if not name.startswith("sim-")):
        one = benchmark(name)
        print(f"| **{name}** | {one.headline} of `{one.protocol}` | n {one.size[0]}, images {one.size[1]} | | |")
        for model, mode in wanted(models):
            result = run(model, one, mode, data, out)
            if result is not None:
                print(row(result), flush=True)


def wanted(models: list[str]) -> list[tuple[str, Mode]]:
    """What is run: baselines with the image, models in every mode."""
    return [*((f"{PREFIX}{name}", Mode.IMAGE) for name in NAMES), *((model, mode) for model in models for mode in Mode)]


def run(model: str, one: Benchmark, mode: Mode, data: Path, out: Path) -> Result | None:
    """Give the result; None where a baseline does not answer such questions, or one image cannot be shuffled."""
    print(f"{one.name} {model} {mode}", file=sys.stderr, flush=True)
    try:
        result = evaluate(model, one, data=data, out=out / one.name / folder_name(model, mode), run=Run(mode=mode))
    except InputError as error:
        print(f"  left out: {error.what}", file=sys.stderr)
        return None
    return None if result.refused == result.samples and model.startswith(PREFIX) else result


def row(result: Result) -> str:
    """One line of the table."""
    main = result.main
    name = result.model.removeprefix(PREFIX)
    shown = "" if result.mode == "image" else f", {result.mode}"
    return f"| | | {name}{shown} | {main.value:.2f} | {main.low:.2f} – {main.high:.2f} |"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
