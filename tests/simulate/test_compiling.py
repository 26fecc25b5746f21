"""Compiled loops: how often they are compiled, and what is said of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

from geoglot.simulate.noise import mix, smooth

ONE_LOOP = "import numpy, geoglot.simulate.noise as n; print(n.mix(numpy.uint64(7)))"
LOOPS = """
from numba.core import event
from geoglot.simulate.loops import kernel, subkernel

@subkernel
def scaled(value, by):
    return value * by

@kernel
def three(value):
    return scaled(value, 1) + scaled(value, 2) + scaled(value, by=3)

with event.install_recorder("numba:compile") as recorder:
    print(three(0.5))
begun = [found.data["dispatcher"].py_func.__name__ for _, found in recorder.buffer if found.is_start]
print(sorted(begun))
"""


def run(cache: Path, *call: str) -> subprocess.CompletedProcess[str]:
    """A Python with a cache of compiled loops of its own."""
    kept = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
    return subprocess.run([sys.executable, *call], capture_output=True, text=True, env=kept, check=True)


def test_compiling_is_said_once_and_only_where_nothing_is_kept(tmp_path: Path) -> None:
    first, second = run(tmp_path, "-c", ONE_LOOP), run(tmp_path, "-c", ONE_LOOP)
    assert first.stderr.count("compiling the simulator's loops") == 1
    assert second.stderr == ""
    assert first.stdout == second.stdout == f"{mix(np.uint64(7))}\n"


def test_a_step_is_not_compiled_again_for_every_number_that_a_caller_writes_out(tmp_path: Path) -> None:
    (tmp_path / "steps.py").write_text(LOOPS, encoding="utf-8")
    assert run(tmp_path, str(tmp_path / "steps.py")).stdout == "3.0\n['scaled', 'three']\n"


def test_a_step_of_a_loop_stays_itself_for_python() -> None:
    assert smooth(0.0, 2.0, 1.0) == 0.5
    assert smooth.__name__ == "smooth"
