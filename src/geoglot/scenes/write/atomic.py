"""Whole files or none: write under a temporary name in the same folder, then rename."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from geoglot.errors import GeoglotError, InputError, WorkError

_LITTLE_ROOM = 1 << 20  # bytes; an empty GeoPackage takes a tenth of them


@contextmanager
def writing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, with its suffix; what is written there becomes `path` at the end.

    If the body raises, nothing is left and an older file at `path` stays as it was. Raises InputError if the folder
    does not exist or `path` is a folder; WorkError if the file cannot be written.
    """
    final = Path(path)
    check_place(final)
    temporary = final.with_name(f".{final.stem}.{secrets.token_hex(6)}{final.suffix}")
    try:
        yield temporary
        os.replace(temporary, final)
    except WorkError as error:
        if error.value != str(temporary):
            raise
        # A writer inside knows the temporary name alone.
        raise WorkError(error.what, value=str(final), hint=error.hint) from error
    except OSError as error:
        if isinstance(error, GeoglotError) or error.filename not in (None, str(temporary)):
            raise  # trouble with a file that is read
        raise WorkError("the file cannot be written", value=str(final), hint=error.strerror or "") from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def writing_all(paths: Sequence[str | Path]) -> Iterator[tuple[Path, ...]]:
    """Give a temporary path for each path, as `writing` does; all of them become files at the end, or none."""
    with ExitStack() as stack:
        yield tuple(stack.enter_context(writing(path)) for path in paths)


def disk_is_full(folder: Path) -> bool:
    """Whether a write there failed for want of room: GDAL names what failed, seldom the full disk behind it."""
    return shutil.disk_usage(folder).free < _LITTLE_ROOM


def check_place(path: Path) -> None:
    """Make sure that a file may be written there. Raises InputError."""
    if not path.parent.is_dir():
        raise InputError(
            "the folder to write to does not exist",
            value=str(path.parent),
            hint=f"make it first: mkdir -p {path.parent}",
        )
    if path.is_dir():
        raise InputError("a folder stands where the file should be written", value=str(path))
    if not os.access(path.parent, os.W_OK):
        raise InputError("the folder cannot be written to", value=str(path.parent))
