"""SHA-256 of the files that an answer rests on."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path


def sha256_of(path: Path) -> str | None:
    """Give the SHA-256 of a file, or of a folder's list of names and hashes; None for what is no longer there.

    Files are read in pieces and hashed once as long as their size and time of change stay.
    """
    if path.is_dir():
        lines = (
            f"{one.relative_to(path).as_posix()} {sha256_of(one)}\n" for one in sorted(path.rglob("*")) if one.is_file()
        )
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    try:
        state = path.stat()
        return _file_sha256(path, state.st_size, state.st_mtime_ns)
    except OSError:  # an answer outlives its files: that is no reason to lose it
        return None


@lru_cache(maxsize=4096)
def _file_sha256(path: Path, size: int, changed_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
