"""`make bench`: speed and memory on this machine, beside what the project promises."""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

MODULES = ("bench_start", "bench_read", "bench_nano", "bench_map")


def main() -> None:
    """Run every bench module (or those named) and print one table; exit 1 if a promise is broken."""
    table = Table("figure", "value", "unit", "promise", "kept")
    broken = 0
    wanted = sys.argv[1:] or MODULES
    for name in wanted:
        print(f"measuring {name} …", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            for row in importlib.import_module(f"tests.bench.{name}").rows(Path(folder)):
                sign = "≥" if row.higher else "≤"
                promise = "" if row.limit is None else f"{sign} {row.limit:g}"
                verdict = {True: "yes", False: "NO", None: ""}[row.kept]
                table.add_row(row.name, f"{row.value:.3g}", row.unit, promise, verdict)
                broken += row.kept is False
    Console(width=110).print(table)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
