"""Time and peak memory of a command, and the shape of a line in the table."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure. limit: what the project promises, None where it is only told; higher: more is better."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    higher: bool = False

    @property
    def kept(self) -> bool | None:
        """Whether the promise is kept; None without one."""
        if self.limit is None:
            return None
        return self.value >= self.limit if self.higher else self.value <= self.limit


@dataclass(frozen=True, slots=True)
class Run:
    """A finished process: wall-clock seconds and peak resident memory in MB."""

    seconds: float
    peak_mb: float


def command(arguments: Sequence[str]) -> Run:
    """Run a command to its end. Raises RuntimeError with its output if it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)}: exit {process.returncode}\n{said.decode()[-2000:]}")
    return Run(seconds, usage.ru_maxrss / 1024)


def best_command(arguments: Sequence[str], *, times: int = 5) -> Run:
    """Run a command several times; the median time and the largest peak."""
    runs = [command(arguments) for _ in range(times)]
    return Run(statistics.median(run.seconds for run in runs), max(run.peak_mb for run in runs))


def median_s(work: Callable[[], object], *, times: int = 7) -> float:
    """Median seconds of a call, after one that is not counted."""
    work()
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)
