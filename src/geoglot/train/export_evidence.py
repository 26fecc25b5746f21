"""A trained writer of evidence as a folder that answers without torch: the writer, its reader of facts, its pointing
head, an eye. The command is that of `train.export_member`.

Inputs of facts.onnx, for F facts: kind (F,), words (F, W), places (F, P), all int64, and numbers (F, N) float32, as
in `train.text.evidence_writer`. Output: tokens (F, D). Those of point.onnx: `models.autoregressive.pointing`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from geoglot.errors import InputError
from geoglot.models.autoregressive.decoder import Shape
from geoglot.models.autoregressive.evident import EYE
from geoglot.models.autoregressive.facts import KINDS, NUMBERS, PLACES
from geoglot.models.autoregressive.folder import FACTS, GRAPH, POINT, TOKENIZER, Turns, WriterFolder, write_manifest
from geoglot.models.nano.weights import CHANGE, SHIPPED, open_weights
from geoglot.nets import tokens
from geoglot.train import checkpoint
from geoglot.train.export_graph import Graph, write_graph
from geoglot.train.export_writer import write_onnx
from geoglot.train.recipes.nano_ar import shape
from geoglot.train.text import state
from geoglot.train.text.courses import VOCABULARY
from geoglot.train.text.evidence_writer import EvidenceWriter
from geoglot.train.text.facts import TAUGHT
from geoglot.train.text.vocabulary import ASK, END, REPLY, Vocabulary

CARD = "MODEL_CARD.md"
LENGTH = 512  # tokens of facts, question and reply
NANO = ("nano.json", "eye.onnx", CHANGE)


class _Facts(nn.Module):
    """What facts.onnx computes."""

    graph = Graph("facts", ("kind", "words", "places", "numbers"), ("tokens",),
                  {"kind": {0: "facts"}, "words": {0: "facts", 1: "pieces"}, "places": {0: "facts"},
                   "numbers": {0: "facts"}, "tokens": {0: "facts"}})  # fmt: skip

    def __init__(self, model: EvidenceWriter) -> None:
        super().__init__()
        self.reader = model.reader
        self.embeddings = nn.Parameter(model.writer.words.weight.detach().clone(), requires_grad=False)

    def forward(self, kind: Tensor, words: Tensor, places: Tensor, numbers: Tensor) -> tuple[Tensor]:
        """Give tokens (F, D) for kinds (F,), words (F, W), places (F, P) and numbers (F, N)."""
        return (self.reader(self.embeddings, kind, words, places, numbers),)


class _Pointing(nn.Module):
    """What point.onnx computes."""

    graph = Graph("pointing", ("states", "asked"), ("chances",), {"states": {0: "facts"}, "chances": {0: "facts"}})

    def __init__(self, model: EvidenceWriter) -> None:
        super().__init__()
        self.model = model

    def forward(self, states: Tensor, asked: Tensor) -> tuple[Tensor]:
        """Give chances (F,) for states (F, D) of facts and that of the question (D,)."""
        return (torch.sigmoid(self.model.odds_of(states[None], asked[None])[0]),)


def export(run: Path, folder: Path, *, name: str | None = None, eye: Path = SHIPPED, quick: bool = False) -> Path:
    """Write a folder of a run's newest checkpoint; give its path.

    name: of the model. eye: a folder of nano's that looks for it. quick: the run is of the quick form of the
    recipe. Raises InputError if there is no checkpoint, ModelError for an eye that is not whole, WorkError if a graph
    differs from torch.
    """
    last = checkpoint.newest(run)
    if last is None:
        raise InputError(
            "there is no checkpoint in the folder", value=str(run), hint="train first: geoglot train nano-ar"
        )
    words = Vocabulary.read(run / VOCABULARY)
    model = EvidenceWriter(shape(len(words), quick=quick))
    model.load_state_dict(state.weights(last))
    model.eval()
    open_weights(eye)
    _write_files(model, words, folder, eye)
    (folder / CARD).write_text(_card(last.step), encoding="utf-8")
    config = model.writer.config
    said = WriterFolder(
        path=folder,
        name=name or "nano-ar",
        sha256="",
        shape=Shape(config.vocab, config.width, config.layers, config.kv_heads, config.head_dim, LENGTH),
        picture=tokens.IMAGE,
        end=(END,),
        silent=(),
        turns=Turns(user=f"{{pictures}}{ASK}{{tags}}{{text}}{REPLY}", assistant=f"{{text}}{END}"),
        codec="geoglot-tokens",
        sight=None,
        unsure_below=0.5,
        tags=TAUGHT,
    )
    write_manifest(folder, said, [GRAPH, FACTS, POINT, TOKENIZER, CARD])
    return folder


def _write_files(model: EvidenceWriter, words: Vocabulary, folder: Path, eye: Path) -> None:
    """Write the graphs and the words into a folder, made if need be, and copy the eye beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    write_onnx(model.writer, folder / GRAPH, length=LENGTH, picture=words[tokens.IMAGE])
    write_facts(model, folder / FACTS)
    write_pointing(model, folder / POINT)
    words.write(folder / TOKENIZER)
    (folder / EYE).mkdir(exist_ok=True)
    for file in NANO:
        if (eye / file).is_file():
            shutil.copyfile(eye / file, folder / EYE / file)


def write_facts(model: EvidenceWriter, path: Path) -> None:
    """Write the graph of a writer's reader. Raises WorkError if it differs from torch."""
    rng, words = np.random.default_rng(0), model.writer.config.vocab
    given = (rng.integers(0, len(KINDS), 5), rng.integers(-1, words, (5, 3)), rng.integers(-1, words, (5, PLACES)),
             rng.normal(size=(5, NUMBERS)).astype(np.float32))  # fmt: skip
    write_graph(_Facts(model).eval(), _Facts.graph, path, [tuple(map(torch.from_numpy, given))])


def write_pointing(model: EvidenceWriter, path: Path) -> None:
    """Write the graph of a writer's pointing head. Raises WorkError if it differs from torch."""
    rng, width = np.random.default_rng(0), model.writer.config.width
    given = (torch.from_numpy(rng.normal(size=shape).astype(np.float32)) for shape in ((5, width), (width,)))
    write_graph(_Pointing(model).eval(), _Pointing.graph, path, [tuple(given)])


def _card(step: int) -> str:
    return (
        f"# nano-ar\n\nA writer of evidence after {step} steps of its recipe (`geoglot train nano-ar`): it reads what "
        "the eye in this folder told of a picture, and answers in words. Taught on simulated scenes and on the "
        "training parts of UC Merced Land Use (images US public domain; sentences and RSIVQA's questions without a "
        "published licence, none of them in this folder), EuroSAT RGB (MIT), HIT-UAV (CC BY 4.0), KIT AIS and Minsk "
        "photographs (CC BY 3.0, CC BY-SA) and OpenAerialMap Kampala (CC BY 4.0). Its confidence is not calibrated; "
        "its scores, beside nano's on the same questions, stand in docs/results.md.\n"
    )
