"""Work in several processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from geoglot.processes import in_order

SLOW_JOB = """
import sys, time
from functools import partial
from pathlib import Path
from geoglot.processes import in_order
from tests.test_processes import note

if __name__ == "__main__":
    list(in_order(partial(note, Path(sys.argv[1])), range(1000), workers=2))
"""


def note(folder: Path, item: int) -> int:
    """Say which process works, then work."""
    (folder / f"process-{os.getpid()}").touch()
    time.sleep(0.2)
    return item


def _negative(item: int) -> int:
    if item == 7:
        raise ValueError("seven")
    return -item


def test_results_come_in_the_order_of_the_items() -> None:
    assert list(in_order(_negative, [5, 3, 4], workers=2)) == [-5, -3, -4]


def test_what_the_work_raises_reaches_the_caller() -> None:
    with pytest.raises(ValueError, match="seven"):
        list(in_order(_negative, [1, 7], workers=2))


def test_who_stops_taking_results_waits_for_nothing_that_is_not_begun(tmp_path: Path) -> None:
    started = time.monotonic()
    results = in_order(_slow, range(100), workers=1)
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert time.monotonic() - started < 100


def _slow(item: int) -> int:
    time.sleep(2)
    return item


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_no_process_outlives_the_caller(tmp_path: Path, by: signal.Signals) -> None:
    script = tmp_path / "job.py"
    script.write_text(SLOW_JOB)
    root = str(Path(__file__).parents[1])
    caller = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": root},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    _wait_until(lambda: len(list(tmp_path.glob("process-*"))) == 2)
    workers = [int(path.name.removeprefix("process-")) for path in tmp_path.glob("process-*")]
    if by is signal.SIGINT:
        os.killpg(caller.pid, by)  # as the keyboard does
    else:
        caller.send_signal(by)
    said = caller.communicate(timeout=120)[1]
    _wait_until(lambda: not any(map(_runs, workers)))
    assert said.count("Traceback") == (1 if by is signal.SIGINT else 0)  # the caller's own


def _wait_until(there: object) -> None:
    assert callable(there)
    until = time.monotonic() + 120
    while not there():
        assert time.monotonic() < until
        time.sleep(0.05)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{process}/stat").read_text().split(")")[-1][:3] if Path("/proc").is_dir() else True
