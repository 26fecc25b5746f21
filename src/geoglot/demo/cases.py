"""Which scenes the demo shows and what it asks them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from geoglot.errors import ReadError

PACKAGED = Path(__file__).parent / "scenes"
"""Simulated scenes in their sensors' real file layouts, written by `make demo-scenes`."""

GENERAL = (
    "Describe the image.",
    "How many cars are there?",
    "What share of the image is water?",
    "Where are the buildings?",
)
PAIRED = ("What has changed?", "Mark the changed area.")
THERMAL = ("How many cars are there?", "Are there any people?", "Describe the image.")
SAR = ("How many ships are there?", "Where is water?", "Describe the image.")
MOVING = ("How many cars are there?", "Track the cars.")
IMAGES = {".tif", ".tiff", ".jp2", ".png", ".jpg", ".jpeg", ".webp", ".mp4", ".mov", ".avi", ".nc", ".h5"}


@dataclass(frozen=True, slots=True)
class Case:
    """One scene of the demo. paths: what to read together; sensor: its name where the file does not tell."""

    title: str
    paths: tuple[Path, ...]
    questions: tuple[str, ...] = ()
    sensor: str | None = None
    note: str = ""


def packaged() -> Iterator[Case]:
    """Give the scenes that come with geoglot."""
    index = PACKAGED / "scenes.json"
    if not index.is_file():
        raise ReadError("the demo's scenes are missing", value=str(index), hint="reinstall geoglot, or pass --data DIR")
    for entry in json.loads(index.read_text(encoding="utf-8")):
        yield Case(
            title=entry["title"],
            paths=tuple(PACKAGED / name for name in entry["paths"]),
            questions=tuple(entry["questions"]),
            sensor=entry.get("sensor"),
            note=entry.get("note", ""),
        )


def found_in(folder: Path, most: int = 60) -> Iterator[Case]:
    """Give a case for every image, video and product folder below `folder`, in name order, at most `most`.

    Raises ReadError if there is none.
    """
    if not folder.is_dir():
        raise ReadError("there is no such folder", value=str(folder), expected="a folder with images")
    count = 0
    for path in _scenes_below(folder):
        yield Case(title=str(path.relative_to(folder)), paths=(path,))
        count += 1
        if count == most:
            return
    if count == 0:
        raise ReadError(
            "no image was found", value=str(folder), expected=f"files ending in {', '.join(sorted(IMAGES))}"
        )


def _scenes_below(folder: Path) -> Iterator[Path]:
    from geoglot.scenes.products import open_folder

    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and open_folder(path, None):
            yield path
        elif path.is_dir():
            yield from _scenes_below(path)
        elif path.suffix.lower() in IMAGES:
            yield path


def questions_for(kind: str, sensor_kind: str) -> tuple[str, ...]:
    """Choose what to ask a scene that came without questions, by its kind and its sensor's."""
    if kind in ("pair", "series"):
        return PAIRED
    if kind == "video":
        return MOVING
    return {"thermal": THERMAL, "sar": SAR}.get(sensor_kind, GENERAL)
