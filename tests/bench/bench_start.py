"""How quickly the command line is there, and how large the base install is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import Row, best_command


def rows(folder: Path) -> Iterator[Row]:
    """Import and help, beside an empty interpreter."""
    empty = best_command([sys.executable, "-c", "pass"]).seconds
    imported = best_command([sys.executable, "-c", "import geoglot"]).seconds
    helped = best_command([str(Path(sys.executable).with_name("geoglot")), "--help"]).seconds
    yield Row("python that does nothing", empty * 1000, "ms")
    yield Row("import geoglot, more than that", (imported - empty) * 1000, "ms", 100)
    yield Row("geoglot --help", helped, "s", 0.3)
