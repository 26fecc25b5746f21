"""An append-only record of finished work, so that a long job goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from geoglot.errors import WorkError

Json = Mapping[str, object]


class Ledger:
    """A folder with a `job.json` that says what the job is and a `done.jsonl` with one line per finished item.

    A line counts only when it is whole and its checksum fits, so a kill in the middle of writing loses that
    item alone. Opening a folder of another job starts anew.
    """

    def __init__(self, folder: Path, job: Json) -> None:
        self.folder = folder
        self._lines = folder / "done.jsonl"
        text = json.dumps(job, sort_keys=True)
        described = folder / "job.json"
        if not (described.is_file() and described.read_text(encoding="utf-8") == text):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True, exist_ok=True)
            described.write_text(text, encoding="utf-8")
        self._done = dict(self._read())

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
            raise WorkError("progress cannot be saved", value=str(self._lines), hint=str(error)) from error
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
        whole = []
        for line in self._lines.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True):
            checksum, _, body = line.rstrip("\n").partition(" ")
            if not line.endswith("\n") or checksum != _checksum(body):
                continue
            whole.append(line)
            entry = json.loads(body)
            yield entry["item"], entry["result"]
        # A torn last line would swallow the next one that is appended.
        self._lines.write_text("".join(whole), encoding="utf-8")


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]
