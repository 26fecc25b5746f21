"""An append-only record of finished work, so that a long job goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from geoglot.errors import InputError, WorkError

Json = Mapping[str, object]

_JOB, _DONE, _DRAFT = "job.json", "done.jsonl", ".part"


class Ledger:
    """A folder with a `job.json` that says what the job is and a `done.jsonl` with one line per finished item.

    A line counts only when it is whole and its checksum fits, so a kill in the middle of writing loses that
    item alone. Opening a folder of another job starts anew. Raises InputError where something else stands,
    WorkError where nothing can be written.
    """

    def __init__(self, folder: Path, job: Json) -> None:
        self.folder = folder
        self._lines = folder / _DONE
        text = json.dumps(job, sort_keys=True)
        described = folder / _JOB
        _require_own(folder)
        try:
            if not (described.is_file() and described.read_text(encoding="utf-8") == text):
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True, exist_ok=True)
                _replace(described, text)
            self._done = dict(self._read())
        except OSError as error:
            raise WorkError("progress cannot be saved", value=str(folder), hint=error.strerror or "") from error

    def __contains__(self, item: str) -> bool:
        return item in self._done

    def __len__(self) -> int:
        return len(self._done)

    def add(self, item: str, result: Json) -> None:
        """Record the result of one item; it is on disk when this returns."""
        body = json.dumps({"item": item, "result": result}, sort_keys=True)
        line = f"{_checksum(body)} {body}\n"
        try:
            with self._lines.open("a", encoding="utf-8") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise WorkError("progress cannot be saved", value=str(self._lines), hint=error.strerror or "") from error
        self._done[item] = result

    def results(self) -> Iterator[tuple[str, Json]]:
        """Give every finished item with its result, in the order of their names, whoever finished first."""
        yield from sorted(self._done.items())

    def remove(self) -> None:
        """Delete the record once the job's outcome is safely written."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _read(self) -> Iterator[tuple[str, Json]]:
        if not self._lines.is_file():
            return
        text = self._lines.read_text(encoding="utf-8", errors="replace")
        whole = []
        for line in text.splitlines(keepends=True):
            checksum, _, body = line.rstrip("\n").partition(" ")
            if not line.endswith("\n") or checksum != _checksum(body):
                continue
            whole.append(line)
            entry = json.loads(body)
            yield entry["item"], entry["result"]
        if "".join(whole) != text:  # a torn last line would swallow the next one that is appended
            _replace(self._lines, "".join(whole))


def _require_own(folder: Path) -> None:
    """Make sure that nothing of anybody else's is lost if the folder is begun anew."""
    if not folder.exists() or (folder / _JOB).is_file():
        return
    inside = [path.name for path in folder.iterdir()] if folder.is_dir() else [""]
    strange = sorted(name for name in inside if name != _DONE and not name.endswith(_DRAFT))
    if strange:
        raise InputError(
            "this is no folder of unfinished work",
            value=str(folder / strange[0]),
            expected=f"nothing there, or a folder with {_JOB}",
            hint="move it away",
        )


def _replace(path: Path, text: str) -> None:
    """Write a file whole: a kill leaves the older one."""
    draft = path.with_name(path.name + _DRAFT)
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, path)


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]
