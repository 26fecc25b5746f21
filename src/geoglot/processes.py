"""Work in several processes: results in the order of the work, and an end that leaves nothing running."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 64
"""Items handed to each process before their results are taken: a job of millions is not queued at once."""


def in_order(work: Callable[[T], R], items: Iterable[T], *, workers: int) -> Iterator[R]:
    """Give the result of each item, in the order of the items, from `workers` processes.

    work and the items are sent to the processes, so they must pickle. Who stops taking results drops the items that
    are not begun. An interrupt from the keyboard, which reaches every process, ends them at once and without a
    traceback; so does the end of the caller, whatever ended it. Raises what `work` raises.
    """
    # spawn, not fork: GDAL and onnxruntime hold threads that a fork would cut off.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin)
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= workers * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """What a process does first."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with_the_caller, daemon=True).start()


def _end_with_the_caller() -> None:
    """Processes of a pool wait for work for ever, also when nobody is left to give any."""
    caller = parent_process()
    assert caller is not None
    caller.join()
    os._exit(1)
