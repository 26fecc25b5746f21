"""A trained member as a folder that answers without torch: its writer, its eye, its words.

    python -m geoglot.train.export_member --run runs/superset --folder runs/superset-model
    geoglot ask scene.tif "How many ships are there?" --model runs/superset-model

The same command exports a run of nano-ar (`train.export_evidence`), with nano's shipped eye or that of `--eye FOLDER`.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from geoglot.errors import InputError, ModelError
from geoglot.models.autoregressive.decoder import Shape
from geoglot.models.autoregressive.folder import GRAPH, LOOK, TOKENIZER, Sight, Turns, WriterFolder, write_manifest
from geoglot.models.nano.weights import SHIPPED
from geoglot.nets import tokens
from geoglot.nets.bridge import frame_tokens
from geoglot.nets.family import FamilyConfig, Member
from geoglot.train import checkpoint, export_evidence
from geoglot.train.export_look import write_look
from geoglot.train.export_writer import WEIGHTS, write_onnx
from geoglot.train.recipes.family import recipe as family_recipe
from geoglot.train.recipes.family.recipe import SIZES, Size
from geoglot.train.text import state
from geoglot.train.text.courses import CODECS, ORIGIN, VOCABULARY, Origin
from geoglot.train.text.facts import TAGS
from geoglot.train.text.member_layout import MODALITY
from geoglot.train.text.vocabulary import ASK, END, REPLY, Vocabulary

LOG = logging.getLogger(__name__)
CARD = "MODEL_CARD.md"
FRAMES = 4
"""The most frames of a scene that are shown, as many as training shows."""


def export(run: Path, folder: Path, *, name: str | None = None) -> Path:
    """Write a folder of a run's newest checkpoint; give its path. name: of the model, the recipe's if not given.

    Raises InputError if the run has no checkpoint or is not of a member; WorkError for members without a graph: those
    that tile, and writers with a mixture of experts.
    """
    last = checkpoint.newest(run)
    if last is None:
        raise InputError("there is no checkpoint in the folder", value=str(run), hint="train first: geoglot train")
    origin = Origin.read(run)
    member, length = _trained(last, origin)
    words = Vocabulary.read(run / VOCABULARY)
    folder.mkdir(parents=True, exist_ok=True)
    config = member.config
    injected = len(member.bridge.injectors)
    write_onnx(member.writer, folder / GRAPH, length=length, picture=config.image, injected=injected)
    write_look(member, folder / LOOK, side_px=origin.side_px)
    words.write(folder / TOKENIZER)
    (folder / CARD).write_text(_card(origin, last.step), encoding="utf-8")
    writer = config.writer
    shape = Shape(writer.vocab, writer.width, writer.layers, writer.kv_heads, writer.head_dim, length, injected)
    side = origin.side_px // config.trunk.patch
    stems = {stem.name: 0 if stem.kind == "spectral" else stem.bands for stem in config.stems}
    said = WriterFolder(
        path=folder,
        name=name or f"{origin.recipe}-{origin.size}",
        sha256="",
        shape=shape,
        picture=tokens.IMAGE,
        end=(END,),
        silent=(),
        turns=Turns(user=f"{{pictures}}{ASK}{{tags}}{{text}}{REPLY}", assistant=f"{{text}}{END}"),
        codec=CODECS[origin.recipe],
        sight=Sight(origin.side_px, frame_tokens(config.bridge, side, side), FRAMES, stems),
        unsure_below=0.5,
        tags={what: tag for what, tag in (*MODALITY.items(), *_task_tags()) if tag in words},
    )
    large = [GRAPH.replace(".onnx", WEIGHTS)] if (folder / GRAPH).with_suffix(WEIGHTS).is_file() else []
    write_manifest(folder, said, [GRAPH, *large, LOOK, TOKENIZER, CARD])
    return folder


def _trained(last: checkpoint.Checkpoint, origin: Origin) -> tuple[Member, int]:
    """The member with its weights, and the tokens of a row that it was trained on."""
    size: Size = next(one for one in SIZES if one == origin.size)
    config = family_recipe(origin.recipe, size).config
    if not isinstance(config, FamilyConfig):
        raise InputError("this recipe makes no model that answers", value=origin.recipe)
    recipe = state.manifest_of(last)["recipe"]
    if not isinstance(recipe, dict):
        raise ModelError("the checkpoint does not say its recipe", value=last.folder.name)
    if recipe["low_rank"]:
        raise InputError("a run with adapters is not exported", value=origin.recipe, hint="fold them in first")
    member = Member(config)
    weights = {name: value for name, value in state.weights(last).items() if name.startswith("member.")}
    member.load_state_dict({name.removeprefix("member."): value for name, value in weights.items()})
    return member.eval(), int(recipe["length"])


def _task_tags() -> list[tuple[str, str]]:
    """The tag of every task that was taught; what has no tag of its own is a question."""
    from geoglot.tasks import TaskName

    return [(task.value, TAGS.get(task.value, "[VQA]")) for task in TaskName]


def _card(origin: Origin, step: int) -> str:
    return (
        f"# {origin.recipe}, {origin.size}\n\nA member of geoglot's network family after {step} steps of its recipe, "
        f"on simulated scenes of {origin.side_px} px alone. Its answers have not been scored; its confidence is not "
        "calibrated. Boxes, masks and paths are written as words; its heads are not in this folder.\n"
    )


def main() -> None:
    """Read the arguments and write the folder of whichever model the run has trained."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(prog="python -m geoglot.train.export_member", description=__doc__)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--name", help="of the model; that of the recipe without it")
    parser.add_argument("--eye", type=Path, default=SHIPPED, help="for a run of nano-ar: a folder with nano.json")
    chosen = parser.parse_args()
    if (chosen.run / ORIGIN).is_file():
        LOG.info("%s", export(chosen.run, chosen.folder, name=chosen.name))
    else:
        LOG.info("%s", export_evidence.export(chosen.run, chosen.folder, name=chosen.name, eye=chosen.eye))


if __name__ == "__main__":
    main()
