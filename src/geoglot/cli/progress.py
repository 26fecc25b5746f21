"""Progress on stderr: a bar on a terminal, a line every ten seconds otherwise, nothing when quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LINE_EVERY_S = 10.0


@contextmanager
def steps(what: str, total: int, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Give a function to call at the end of each of `total` steps with the step's name."""
    if quiet:
        yield lambda name: None
    elif sys.stderr.isatty():
        with _bar(what, total) as step:
            yield step
    else:
        yield _lines(what, total)


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[str], None]]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(escape(what), total=total)
        yield lambda name: progress.update(bar, advance=1, description=escape(f"{what} {name}"[:48]))


def _lines(what: str, total: int) -> Callable[[str], None]:
    done, said_at = 0, time.monotonic()

    def step(name: str) -> None:
        nonlocal done, said_at
        done += 1
        if time.monotonic() - said_at >= LINE_EVERY_S:
            print(f"{what}: {done} of {total}", file=sys.stderr, flush=True)
            said_at = time.monotonic()

    return step
