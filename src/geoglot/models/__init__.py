"""Who answers: nano, a transformers folder, an open_clip folder, a server. `load` gives one by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geoglot.errors import InputError, UnknownName

if TYPE_CHECKING:
    from geoglot.models.protocol import Model

KNOWN = ("nano", "hf:FOLDER", "clip:FOLDER", "http://HOST/v1")


def load(name: str | Path, *, tile: bool = False, writer: str | None = None, max_tokens: int = 512) -> Model:
    """Give the model of that name: "nano", a folder, "hf:…", "clip:…", "http://…" or "https://…".

    A folder with nano.json is a nano of one's own, one with writer.json an autoregressive writer; any other folder is
    one of transformers. tile: nano looks at large scenes tile by tile. writer: the name of a language model that words
    nano's answers. max_tokens: longest reply of a language model. Nothing is imported but what the model needs. Raises
    UnknownName; InputError for a writer or tiles with another model than nano; ModelError, MissingExtra as the model's
    own loading does.
    """
    if _is_nano(name):
        return _nano(name, tile=tile, writer=load(writer, max_tokens=max_tokens) if writer else None)
    if tile or writer:
        raise InputError("only nano tiles a scene or takes a writer", value=str(name), expected="the model nano")
    kind, _, rest = str(name).partition(":")
    if kind in {"http", "https"} and rest:
        from geoglot.models import endpoint

        return endpoint.load(str(name), max_tokens=max_tokens)
    if kind == "clip" and rest:
        from geoglot.models import clip

        return clip.load(rest)
    if (Path(name) / "writer.json").is_file():
        from geoglot.models.autoregressive import model

        return model.load(name, max_tokens=max_tokens)
    if (kind == "hf" and rest) or Path(name).is_dir():
        from geoglot.models import hf

        return hf.load(rest if kind == "hf" else name, max_tokens=max_tokens)
    raise UnknownName("model", str(name), KNOWN, hint="or a folder that exists")


def card(name: str) -> dict[str, str]:
    """Give what is known about a nano: name, hash, size, classes, and its model card in Markdown under "card".

    Raises UnknownName for another model: others bring their own cards.
    """
    from geoglot.models.nano.weights import SHIPPED, open_weights

    if not _is_nano(name):
        raise UnknownName("model with a card", name, ("nano",), hint="see the folder or server of that model")
    folder = SHIPPED if name == "nano" else Path(name)
    weights = open_weights(folder)
    text = folder / "MODEL_CARD.md"
    return {
        "name": weights.name,
        "sha256": weights.sha256,
        "size": f"{weights.graph.stat().st_size / 1e6:.1f} MB",
        "objects": ", ".join(weights.objects),
        "cover": ", ".join(weights.cover),
        "scenes": ", ".join(weights.scenes),
        "tags": ", ".join(weights.tags),
        "card": text.read_text(encoding="utf-8") if text.is_file() else "",
    }


def _is_nano(name: str | Path) -> bool:
    return str(name) == "nano" or (Path(name) / "nano.json").is_file()


def _nano(name: str | Path, *, tile: bool, writer: Model | None) -> Model:
    from geoglot.models.nano import Nano
    from geoglot.models.nano.eye import Eye
    from geoglot.models.nano.weights import SHIPPED, open_weights

    return Nano(Eye(open_weights(SHIPPED if str(name) == "nano" else Path(name))), tile=tile, writer=writer)
