"""A trained member as a folder that answers without torch: its writer, its eye, its words.

    python -m geoglot.train.export_member --run runs/superset --folder runs/superset-model
    geoglot ask scene.tif "How many ships are there?" --model runs/superset-model

The same command exports a run of nano-ar (`train.export_evidence`), with nano's shipped eye or that of `--eye FOLDER`.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import Any

from torch import nn

from geoglot.errors import InputError, ModelError
from geoglot.models.autoregressive.decoder import Shape
from geoglot.models.autoregressive.folder import (
    BOXES,
    GRAPH,
    LOOK,
    MASK,
    TOKENIZER,
    WAYS,
    Sight,
    Turns,
    Ways,
    WriterFolder,
    write_manifest,
)
from geoglot.models.nano.weights import SHIPPED
from geoglot.nets import tokens
from geoglot.nets.bridge import frame_places, frame_tokens, tile_tokens
from geoglot.nets.family import FamilyConfig, Member
from geoglot.nets.pixels import STRIDE
from geoglot.tasks import TaskName
from geoglot.train import checkpoint, export_evidence
from geoglot.train.export_heads import write_boxes, write_mask, write_ways
from geoglot.train.export_look import write_look
from geoglot.train.export_writer import WEIGHTS, write_onnx
from geoglot.train.recipes.family import recipe as family_recipe
from geoglot.train.recipes.family.recipe import SIZES, Size
from geoglot.train.text import low_rank, state
from geoglot.train.text.courses import CODECS, VOCABULARY, Origin
from geoglot.train.text.facts import TAGS
from geoglot.train.text.member_layout import MODALITY, TILES
from geoglot.train.text.recipe import LowRank
from geoglot.train.text.vocabulary import ASK, END, REPLY, Vocabulary

LOG = logging.getLogger(__name__)
CARD = "MODEL_CARD.md"
FRAMES = 4
"""The most frames of a scene that are shown, as many as training shows."""


def export(run: Path, folder: Path, *, name: str | None = None) -> Path:
    """Write a folder of a run's newest checkpoint; give its path. name: of the model, the recipe's if not given.

    Raises InputError if the run has no checkpoint or is not of a member.
    """
    last = _newest(run)
    if recipe_of(last) == "ringmo":
        raise InputError("ringmo has no writer: it answers nothing", value=str(run),
                         expected="a run of superset, earth-onevision, ringmo-agent or nano-ar",
                         hint="it pre-trains trunks: let a member of the same trunk begin with it, "
                              "train.text.masked.take_trunk")  # fmt: skip
    origin = Origin.read(run)
    member, length = _trained(last, origin)
    heads = taught_heads(last) & set(member.heads())
    words = Vocabulary.read(run / VOCABULARY)
    folder.mkdir(parents=True, exist_ok=True)
    files = _graphs(member, folder, side_px=origin.side_px, length=length, heads=heads)
    words.write(folder / TOKENIZER)
    (folder / CARD).write_text(_card(origin, last.step), encoding="utf-8")
    config = member.config
    said = WriterFolder(
        path=folder,
        name=name or f"{origin.recipe}-{origin.size}",
        sha256="",
        shape=_shape(member, length),
        picture=tokens.IMAGE,
        end=(END,),
        silent=(),
        turns=Turns(user=f"{{pictures}}{ASK}{{tags}}{{text}}{REPLY}", assistant=f"{{text}}{END}"),
        codec=CODECS[origin.recipe],
        sight=sight(config, origin.side_px),
        unsure_below=0.5,
        tags={what: tag for what, tag in (*MODALITY.items(), *_task_tags()) if tag in words},
        ways=_ways(config) if "trajectory" in heads else None,
        boxes=tokens.BOXES if "boxes" in heads else None,
        mask=tokens.MASK if "mask" in heads else None,
    )
    write_manifest(folder, said, [*files, TOKENIZER, CARD])
    return folder


def recipe_of(last: checkpoint.Checkpoint) -> str:
    """Give the name of the recipe that a checkpoint was trained by."""
    recipe = state.manifest_of(last).get("recipe")
    return str(recipe["name"] if isinstance(recipe, dict) else recipe)


def taught_heads(last: checkpoint.Checkpoint) -> frozenset[str]:
    """Give the losses that the stages of a run have taught so far: a head that was never taught answers nothing.

    Raises ModelError if the checkpoint does not say its recipe.
    """
    recipe = _recipe(last)
    found: set[str] = set()
    begun = 0
    for stage in recipe["stages"]:
        if begun < last.step:
            found |= {str(name) for name, weight in stage["losses"] if weight}
        begun += int(stage["steps"])
    return frozenset(found)


def sight(config: FamilyConfig, side_px: int) -> Sight:
    """Give what the graph of a member's eye takes and gives. side_px: of a frame, or of a tile where it tiles."""
    side = side_px // config.trunk.patch
    stems = {stem.name: 0 if stem.kind == "spectral" else stem.bands for stem in config.stems}
    if config.bridge.layout == "tiles":
        return Sight(side_px * TILES[1], tile_tokens(side, *TILES), FRAMES, stems)
    return Sight(side_px, frame_tokens(config.bridge, side, side), FRAMES, stems)


def _newest(run: Path) -> checkpoint.Checkpoint:
    last = checkpoint.newest(run)
    if last is None:
        raise InputError(
            "there is no checkpoint in the folder",
            value=str(run),
            hint="train first: geoglot train nano-ar, superset, …",
        )
    return last


def _graphs(member: Member, folder: Path, *, side_px: int, length: int, heads: frozenset[str]) -> list[str]:
    """Write all graphs of a member, those of its heads that are named; give the names of their files."""
    injected, config = len(member.bridge.injectors), member.config
    width = config.writer.width
    write_onnx(member.writer, folder / GRAPH, length=length, picture=config.image, injected=injected)
    write_look(member, folder / LOOK, side_px=sight(config, side_px).side, drawn="mask" in heads)
    large = (folder / GRAPH).with_suffix(WEIGHTS)
    files = [GRAPH, LOOK, *([large.name] if large.is_file() else [])]
    if member.trajectory is not None and "trajectory" in heads:
        write_ways(member.trajectory, folder / WAYS, width=width)
        files.append(WAYS)
    if member.boxes is not None and "boxes" in heads:
        patches = side_px // config.trunk.patch
        write_boxes(member.boxes, folder / BOXES, width=width, places=frame_places(config.bridge, patches, patches))
        files.append(BOXES)
    if member.mask is not None and "mask" in heads:
        write_mask(member.mask, folder / MASK, width=width, cells=side_px // STRIDE)
        files.append(MASK)
    return files


def _ways(config: FamilyConfig) -> Ways | None:
    return Ways(tokens.TRAJECTORY, config.trajectory.scale_m) if config.trajectory else None


def _shape(member: Member, length: int) -> Shape:
    writer, injected = member.config.writer, len(member.bridge.injectors)
    return Shape(writer.vocab, writer.width, writer.layers, writer.kv_heads, writer.head_dim, length, injected)


def _trained(last: checkpoint.Checkpoint, origin: Origin) -> tuple[Member, int]:
    """The member with its weights, adapters folded in, and the tokens of a row that it was trained on."""
    size: Size = next(one for one in SIZES if one == origin.size)
    config = family_recipe(origin.recipe, size).config
    if not isinstance(config, FamilyConfig):
        raise InputError("this recipe makes no model that answers", value=origin.recipe)
    recipe = _recipe(last)
    holder = nn.Module()
    holder.member = member = Member(config)
    for adapted in recipe["low_rank"]:
        low_rank.adapt(holder, LowRank(**{**adapted, "names": tuple(adapted["names"])}))
    weights = {name: value for name, value in state.weights(last).items() if name.startswith("member.")}
    holder.load_state_dict(weights)
    low_rank.fold(holder)
    return member.eval(), int(recipe["length"])


def _recipe(last: checkpoint.Checkpoint) -> dict[str, Any]:
    recipe = state.manifest_of(last)["recipe"]
    if not isinstance(recipe, dict):
        raise ModelError("the checkpoint does not say its recipe", value=last.folder.name)
    return recipe


def _task_tags() -> list[tuple[str, str]]:
    """The tag of every task that was taught; what has no tag of its own is a question."""
    return [(task.value, TAGS.get(task.value, "[VQA]")) for task in TaskName]


def _card(origin: Origin, step: int) -> str:
    return (
        f"# {origin.recipe}, {origin.size}\n\nA member of geoglot's network family after {step} steps of its recipe, "
        f"on simulated scenes of {origin.side_px} px alone. Its answers have not been scored; its confidence is not "
        "calibrated. Its heads answer what they were taught: boxes, masks, ways; the rest is written as words.\n"
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
    if recipe_of(_newest(chosen.run)) == "nano-ar":
        LOG.info("%s", export_evidence.export(chosen.run, chosen.folder, name=chosen.name, eye=chosen.eye))
    else:
        LOG.info("%s", export(chosen.run, chosen.folder, name=chosen.name))


if __name__ == "__main__":
    main()
