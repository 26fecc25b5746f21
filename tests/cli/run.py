"""Run the command line in a process of its own, as a user does."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TIMEOUT_S = 600  # the first `simulate` of a fresh checkout compiles for two minutes of a quiet core


@dataclass(frozen=True, slots=True)
class Done:
    """A finished run."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What --json printed: exactly one document."""
        return json.loads(self.out)


def geoglot(*arguments: str | Path, folder: Path | None = None) -> Done:
    """Run `geoglot ARGUMENTS` in a folder."""
    command = [str(Path(sys.executable).with_name("geoglot")), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, timeout=TIMEOUT_S)
    return Done(done.returncode, done.stdout, done.stderr)
