"""Who answers: nano, a transformers folder, an open_clip folder, a server. `load` gives one by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geoglot.errors import UnknownName

if TYPE_CHECKING:
    from geoglot.models.protocol import Model

KNOWN = ("nano", "hf:FOLDER", "clip:FOLDER", "http://HOST/v1")


def load(name: str | Path) -> Model:
    """Give the model of that name: "nano", a folder, "hf:…", "clip:…", "http://…" or "https://…".

    A folder with nano.json is a nano of one's own; any other folder is one of transformers. Nothing is imported
    but what the model needs. Raises UnknownName; ModelError, MissingExtra as the model's own loading does.
    """
    kind, _, rest = str(name).partition(":")
    if kind in {"http", "https"} and rest:
        from geoglot.models import endpoint

        return endpoint.load(str(name))
    if kind == "hf" and rest:
        from geoglot.models import hf

        return hf.load(rest)
    if kind == "clip" and rest:
        from geoglot.models import clip

        return clip.load(rest)
    if str(name) == "nano":
        return _nano(None)
    folder = Path(name)
    if folder.is_dir():
        if (folder / "nano.json").is_file():
            return _nano(folder)
        from geoglot.models import hf

        return hf.load(folder)
    raise UnknownName("model", str(name), KNOWN, hint="or a folder that exists")


def _nano(folder: Path | None) -> Model:
    from geoglot.models.nano import Nano
    from geoglot.models.nano.eye import Eye
    from geoglot.models.nano.weights import open_weights

    return Nano() if folder is None else Nano(Eye(open_weights(folder)))
