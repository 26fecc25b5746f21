"""`make bench`: speed and memory on this machine, beside what the project promises.

python -m tests.bench                  every module
python -m tests.bench bench_start      only those named
python -m tests.bench --list           what each of them measures
"""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.bench.measure import Row

MODULES = (
    "bench_start", "bench_read", "bench_nano", "bench_map", "bench_score", "bench_codecs", "bench_generate",
    "bench_train",
)  # fmt: skip


def main() -> None:
    """Run every bench module (or those named) and print one table; exit 1 if a promise is broken."""
    from rich.console import Console
    from rich.table import Table

    table = Table("figure", "value", "unit", "promise", "kept")
    broken = 0
    for name in sys.argv[1:] or MODULES:
        for row in _rows(name):
            sign = "≥" if row.higher else "≤"
            promise = "" if row.limit is None else f"{sign} {row.limit:g}"
            verdict = {True: "yes", False: "NO", None: ""}[row.kept]
            table.add_row(row.name, f"{row.value:.3g}", row.unit, promise, verdict)
            broken += row.kept is False
    Console(width=110).print(table)
    sys.exit(1 if broken else 0)


def purpose(name: str) -> str:
    """Give the first line of what a module says of itself, without importing it."""
    text = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]


def _rows(name: str) -> list[Row]:
    """Run one module in a process of its own: a child's peak memory begins with that of the process it came from."""
    print(f"measuring {name} …", file=sys.stderr)
    done = subprocess.run([sys.executable, "-m", "tests.bench", "--alone", name], stdout=subprocess.PIPE, check=True)
    return [Row(**row) for row in json.loads(done.stdout)]


def alone(name: str) -> None:
    """Measure one module and print its rows as JSON; none for one that needs a library that is not installed."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            rows = list(importlib.import_module(f"tests.bench.{name}").rows(Path(folder)))
    except ModuleNotFoundError as error:
        print(f"{name} is left out: {error}", file=sys.stderr)
        rows = []
    print(json.dumps([asdict(row) for row in rows]))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--alone"]:
        alone(sys.argv[2])
    elif sys.argv[1:] == ["--list"]:
        print("\n".join(f"{name}: {purpose(name)}" for name in MODULES))
    else:
        main()
