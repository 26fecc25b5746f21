"""A trained writer of evidence as a folder that answers without torch: the writer, its reader of facts, an eye.

    python -m geoglot.train.export_evidence --run runs/nano-ar --folder runs/nano-ar-model --eye runs/nano
    geoglot ask scene.tif "How many ships are there?" --model runs/nano-ar-model

Inputs of facts.onnx, for F facts: kind (F,), words (F, W), places (F, P), all int64, and numbers (F, N) float32, as
in `train.text.evidence_writer`. Output: tokens (F, D).
"""

from __future__ import annotations

import argparse
import logging
import shutil
import warnings
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from torch import Tensor, nn

from geoglot.errors import InputError, WorkError
from geoglot.models.autoregressive.decoder import Shape
from geoglot.models.autoregressive.evident import EYE, FACTS
from geoglot.models.autoregressive.facts import KINDS, NUMBERS, PLACES
from geoglot.models.autoregressive.folder import GRAPH, TOKENIZER, Turns, WriterFolder, write_manifest
from geoglot.models.nano.weights import CHANGE, SHIPPED, open_weights
from geoglot.nets import tokens
from geoglot.train import checkpoint
from geoglot.train.export_writer import write_onnx
from geoglot.train.recipes.nano_ar import shape
from geoglot.train.text import state
from geoglot.train.text.courses import VOCABULARY
from geoglot.train.text.evidence_writer import EvidenceWriter, FactReader
from geoglot.train.text.facts import TAUGHT
from geoglot.train.text.vocabulary import ASK, END, REPLY, Vocabulary

LOG = logging.getLogger(__name__)
CARD = "MODEL_CARD.md"
LENGTH = 512  # tokens of facts, question and reply
TOLERANCE = 1e-4
OPSET = 17
NANO = ("nano.json", "eye.onnx", CHANGE)


class _Facts(nn.Module):
    """What the graph computes."""

    def __init__(self, reader: FactReader, embeddings: Tensor) -> None:
        super().__init__()
        self.reader = reader
        self.embeddings = nn.Parameter(embeddings.detach().clone(), requires_grad=False)

    def forward(self, kind: Tensor, words: Tensor, places: Tensor, numbers: Tensor) -> Tensor:
        told: Tensor = self.reader(self.embeddings, kind, words, places, numbers)
        return told


def export(run: Path, folder: Path, *, eye: Path = SHIPPED, quick: bool = False) -> Path:
    """Write a folder of a run's newest checkpoint; give its path. eye: a folder of nano's that looks for it.

    quick: the run is of the quick form of the recipe. Raises InputError if there is no checkpoint, ModelError for an
    eye that is not whole, WorkError if a graph differs from torch.
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
    folder.mkdir(parents=True, exist_ok=True)
    write_onnx(model.writer, folder / GRAPH, length=LENGTH, picture=words[tokens.IMAGE])
    write_facts(model, folder / FACTS)
    words.write(folder / TOKENIZER)
    (folder / EYE).mkdir(exist_ok=True)
    for name in NANO:
        if (eye / name).is_file():
            shutil.copyfile(eye / name, folder / EYE / name)
    (folder / CARD).write_text(_card(last.step), encoding="utf-8")
    config = model.writer.config
    said = WriterFolder(
        path=folder,
        name="nano-ar",
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
    write_manifest(folder, said, [GRAPH, FACTS, TOKENIZER, CARD])
    return folder


def write_facts(model: EvidenceWriter, path: Path) -> None:
    """Write the graph of a writer's reader under a temporary name, compare it with torch, then name it.

    Raises WorkError if outputs differ by more than 1e-4.
    """
    reader = _Facts(model.reader, model.writer.words.weight).eval()
    rng = np.random.default_rng(0)
    given = (
        rng.integers(0, len(KINDS), 5),
        rng.integers(-1, model.writer.config.vocab, (5, 3)),
        rng.integers(-1, model.writer.config.vocab, (5, PLACES)),
        rng.normal(size=(5, NUMBERS)).astype(np.float32),
    )
    tensors = tuple(map(torch.from_numpy, given))
    names = ["kind", "words", "places", "numbers"]
    draft = path.with_suffix(".draft.onnx")
    axes = {name: {0: "facts"} for name in (*names, "tokens")} | {"words": {0: "facts", 1: "pieces"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            reader,
            tensors,
            str(draft),
            input_names=names,
            output_names=["tokens"],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    session = ort.InferenceSession(str(draft), providers=["CPUExecutionProvider"])
    found = np.asarray(session.run(["tokens"], dict(zip(names, given, strict=True)))[0])
    with torch.inference_mode():
        worst = float(np.abs(found - reader(*tensors).numpy()).max())
    if worst > TOLERANCE:
        raise WorkError("the exported reader of facts differs from torch", value=worst, expected=f"at most {TOLERANCE}")
    draft.replace(path)


def _card(step: int) -> str:
    return (
        f"# nano-ar\n\nA writer of evidence after {step} steps of its recipe (`geoglot train nano-ar`): it reads what "
        "the eye in this folder told of a picture, and answers in words. Taught on simulated scenes and on the "
        "training parts of UC Merced Land Use (images US public domain; sentences and RSIVQA's questions without a "
        "published licence, none of them in this folder), EuroSAT RGB (MIT), HIT-UAV (CC BY 4.0), KIT AIS and Minsk "
        "photographs (CC BY 3.0, CC BY-SA) and OpenAerialMap Kampala (CC BY 4.0). Its confidence is not calibrated; "
        "its scores, beside nano's on the same questions, stand in docs/results.md.\n"
    )


def main() -> None:
    """Read the arguments and write a folder."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(prog="python -m geoglot.train.export_evidence", description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--eye", type=Path, default=SHIPPED, help="a folder with nano.json; the shipped eye")
    chosen = parser.parse_args()
    LOG.info("%s", export(chosen.run, chosen.folder, eye=chosen.eye))


if __name__ == "__main__":
    main()
