"""Compiled loops: how often they are compiled, and what is said of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

from geoglot.simulate.noise import draw, hash_cell

ONE_DRAW = "import numpy, geoglot.simulate.noise as n; print(n.draw(numpy.uint64(7), 3))"
LOOPS = """
from geoglot.simulate.noise import kernel

@kernel
def scaled(value, by):
    return value * by

@kernel
def three(value):
    return scaled(value, 1) + scaled(value, 2) + scaled(value, by=3)

print(three(0.5), len(scaled.overloads))
"""


def run(cache: Path, *call: str) -> subprocess.CompletedProcess[str]:
    """A Python with a cache of compiled loops of its own."""
    kept = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
    return subprocess.run([sys.executable, *call], capture_output=True, text=True, env=kept, check=True)


def test_compiling_is_said_once_and_only_where_nothing_is_kept(tmp_path: Path) -> None:
    first, second = run(tmp_path, "-c", ONE_DRAW), run(tmp_path, "-c", ONE_DRAW)
    assert first.stderr.count("compiling the simulator's loops") == 1
    assert second.stderr == ""
    assert first.stdout == second.stdout == f"{draw(np.uint64(7), 3)}\n"


def test_a_loop_is_not_compiled_again_for_every_number_that_a_caller_writes_out(tmp_path: Path) -> None:
    (tmp_path / "loops.py").write_text(LOOPS, encoding="utf-8")
    assert run(tmp_path, str(tmp_path / "loops.py")).stdout == "3.0 1\n"


def test_a_loop_that_only_loops_call_refuses_python() -> None:
    with pytest.raises(TypeError, match="hash_cell is called by compiled loops only"):
        hash_cell(1, 2, 3, 4)
