"""Put what was fitted anew into the nano.json of a packaged eye, and leave the rest of it as it is."""

from __future__ import annotations

import json
import os
from pathlib import Path


def recalibrate(folder: Path, name: str, fitted: object) -> None:
    """Set `calibration[name]` in a folder's nano.json, written under a temporary name first. fitted: as JSON takes it.

    Raises FileNotFoundError if the folder holds none.
    """
    path = folder / "nano.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["calibration"][name] = fitted
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(document, indent=1), encoding="utf-8")
    os.replace(draft, path)
