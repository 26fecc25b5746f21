"""An answer as a file, by suffix: whole, then named."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from geoglot.answers.classes import classes
from geoglot.answers.document import as_json
from geoglot.answers.features import layer, require_place, to_geojson
from geoglot.answers.page import page
from geoglot.answers.picture import picture
from geoglot.conversation import Answer, Json
from geoglot.errors import InputError
from geoglot.scenes import Scene
from geoglot.scenes.write import write_classes, write_layers, writing, writing_all
from geoglot.scenes.write.atomic import check_place


def save(answer: Answer, path: Path) -> Path:
    """Write an answer as .geojson, .gpkg, .png, .html, .json or .tif. Gives the path.

    Raises InputError for another suffix or a folder that is not there, PlaceError for a map of a scene without a
    place; then no file is left.
    """
    _writer(path)(answer, path)
    return path


def save_all(answer: Answer, paths: Sequence[str | Path]) -> list[str]:
    """Write an answer to every path, or to none. Gives the paths; raises as `save` does."""
    with writing_all(paths) as drafts:
        for draft in drafts:
            save(answer, draft)
    return [str(path) for path in paths]


def check_outputs(paths: Sequence[str | Path], *, scene: Scene | None = None) -> None:
    """Make sure, before any work, that answers, of that scene, can be written to these paths.

    Raises InputError; PlaceError for a map of a scene without a place.
    """
    for path in map(Path, paths):
        _writer(path)
        check_place(path)
        if scene is not None and path.suffix.lower() in _MAPS:
            require_place(scene)


def _writer(path: Path) -> Callable[[Answer, Path], object]:
    if path.suffix.lower() not in _WRITERS:
        raise InputError("no way to write an answer as such a file", value=path.name, expected=" ".join(_WRITERS))
    return _WRITERS[path.suffix.lower()]


def _write_json(answer: Answer, path: Path) -> None:
    _write_text(path, _dumped(as_json(answer)))


def _write_geojson(answer: Answer, path: Path) -> None:
    _write_text(path, _dumped(to_geojson(answer)))


def _write_html(answer: Answer, path: Path) -> None:
    _write_text(path, page(answer))


def _write_gpkg(answer: Answer, path: Path) -> None:
    write_layers(path, [layer(answer, now=datetime.now(UTC))])


def _write_tif(answer: Answer, path: Path) -> None:
    write_classes(path, classes(answer))


def _write_png(answer: Answer, path: Path) -> None:
    with writing(path) as temporary:
        picture(answer).save(temporary, "PNG")


def _write_text(path: Path, text: str) -> None:
    with writing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _dumped(document: dict[str, Json]) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


_MAPS = (".geojson", ".gpkg")
_WRITERS: dict[str, Callable[[Answer, Path], object]] = {
    ".geojson": _write_geojson,
    ".gpkg": _write_gpkg,
    ".png": _write_png,
    ".html": _write_html,
    ".json": _write_json,
    ".tif": _write_tif,
}
