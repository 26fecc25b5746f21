"""Package a trained eye: export, calibrate on held-out training images, measure on validation parts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from geoglot.data.readers import landsat_change
from geoglot.models.nano.eye import Eye
from geoglot.models.nano.weights import Line, open_weights
from geoglot.nets import classes
from geoglot.train import clouds, shard, shares, tagged, validate, water
from geoglot.train.compare import TAUGHT_PAIRS, compare
from geoglot.train.export import trained, write_manifest, write_onnx
from geoglot.train.recipe import Ingredient, Recipe
from geoglot.train.shard import Shard

LEAST_F1 = 0.1
LEAST_OBJECTS = 10  # of simulated images; rare things of real ones are few, and say more
LEAST_REAL = 5
LEAST_TO_FIT = 20  # objects for a line of a class's own
PICTURES = ("rgb", "multispectral")
COVERED = {
    "rgb": ("simulated-optical",),
    "multispectral": ("terramesh-s2", "simulated-multispectral"),
    "sar": ("terramesh-s1", "simulated-sar"),
    "thermal": ("simulated-thermal",),
}
"""Shards whose validation images the temperature of land cover is fitted on."""

MOST_IMAGES = 150  # of a shard for calibration: more change the lines in the third digit only


Rows = dict[tuple[str, str, bool], list[validate.Found]]
"""What was found by modality, class, and whether in simulated scenes."""

Proved = dict[tuple[str, str], list[validate.Found]]
"""What labels of whole images prove, by modality and class."""


def package(recipe: Recipe, *, shards: Path, out: Path, folder: Path, name: str) -> dict[str, object]:
    """Write eye.onnx, nano.json and scores.json to `folder`; give the scores."""
    folder.mkdir(parents=True, exist_ok=True)
    opened = {ingredient.shard: shard.read(shards / ingredient.shard) for ingredient in recipe.mixture}
    taught = taught_classes(opened)
    told = partial(write_manifest, folder, name=name, trained_on=sets(recipe, shards))
    eye = trained(out)
    write_onnx(eye, folder / "eye.onnx")
    changes = compare(eye, shards, folder)
    told(calibration={}, taught=taught)
    calibration = calibrate(Eye(open_weights(folder)), recipe, opened)
    told(calibration=calibration, taught=taught)
    calibration["clouds"] = clouds.fit(Eye(open_weights(folder)), recipe.mixture, opened)
    calibration["water"] = water.lines(Eye(open_weights(folder)), opened)
    told(calibration=calibration, taught=taught)
    calibration["shares"] = shares.tables(Eye(open_weights(folder)), opened)
    told(calibration=calibration, taught=taught)
    result = scores(Eye(open_weights(folder)), opened) | {"change": changes}
    told(calibration=calibration, taught=found_classes(nearby(Eye(open_weights(folder)), opened), opened))
    (folder / "scores.json").write_text(json.dumps(result, indent=1), encoding="utf-8")
    return result


def sets(recipe: Recipe, shards: Path) -> frozenset[str]:
    """Give the names of the data sets that eye and change head learn from; simulated shards are one set."""
    names = {ingredient.shard.partition("-")[0] for ingredient in recipe.mixture}
    labelled = (shards / TAUGHT_PAIRS).is_dir()
    return frozenset(names | ({landsat_change.CARD.name} if labelled else set()))


def taught_classes(opened: Mapping[str, Shard]) -> dict[str, list[str]]:
    """Give the object classes marked in training images, by modality; optical scenes teach pictures too."""
    taught: dict[str, set[str]] = defaultdict(set)
    for one in opened.values():
        present = {classes.OBJECTS[cls] for truth in one.truth if truth.objects for cls, _, _ in truth.objects}
        taught[validate.modality_of(one)] |= present
    taught["rgb"] |= taught["multispectral"]  # simulated views lose their infrared half of the time
    return {modality: sorted(names) for modality, names in taught.items() if names}


def nearby(eye: Eye, opened: Mapping[str, Shard]) -> dict[str, Mapping[str, list[validate.Found]]]:
    """Give what is found of each class in validation images, however faint and whatever its box, by shard."""
    return {
        name: validate.measure(eye, one, one.of("val")[:MOST_IMAGES], least=0.0, overlap=validate.NEAR).found
        for name, one in opened.items()
    }


def found_classes(
    near: Mapping[str, Mapping[str, Sequence[validate.Found]]], opened: Mapping[str, Shard]
) -> dict[str, list[str]]:
    """Give the object classes that validation images show to be found at all, by modality.

    A class that was in the training images but is never found would only be reported as absent: nano does not
    claim to know it. That its boxes are good is not asked for.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for name, one in opened.items():
        good = {
            label
            for label, told in near[name].items()
            if sum(each.truths for each in told) >= (LEAST_OBJECTS if name.startswith("simulated") else LEAST_REAL)
            and validate.best_f1(told)[0] >= LEAST_F1
        }
        found[validate.modality_of(one)] |= good
        if name == "simulated-optical":
            found["rgb"] |= good  # its views lose their infrared half of the time
    return {modality: sorted(names) for modality, names in found.items() if names}


def held_out(ingredient: Ingredient, opened: Shard) -> tuple[int, ...]:
    """Give the images that training leaves aside for calibration, each set's once."""
    if ingredient.absent_only:
        return ()
    if ingredient.shard.startswith("simulated"):
        return opened.of("val")
    every, images = ingredient.skip_every, opened.of(ingredient.split)
    return images[every - 1 :: every] if every else ()


def calibrate(eye: Eye, recipe: Recipe, opened: Mapping[str, Shard]) -> dict[str, object]:
    """Fit lines for objects, temperatures for scene and a line for tags, on held-out images."""
    raw: Rows = defaultdict(list)
    proved: Proved = defaultdict(list)
    scene, tags = [], []
    for ingredient in recipe.mixture:
        one = opened[ingredient.shard]
        measured = validate.measure(eye, one, held_out(ingredient, one)[:MOST_IMAGES], least=0.0, overlap=validate.NEAR)
        simulated = ingredient.shard.startswith("simulated")
        found = measured.found if simulated else _with_taught(eye, ingredient, one, measured.found)
        for label, rows in found.items():
            raw[validate.modality_of(one), label, simulated] += rows
        for label, rows in _proved(eye, ingredient, one).items():
            proved[validate.modality_of(one), label] += rows
        if not ingredient.shard.startswith("simulated"):
            scene += measured.scene
        tags += measured.tags
    probability = np.concatenate([1 / (1 + np.exp(-logits)) for _, logits in tags]) if tags else np.zeros(0)
    right = np.concatenate([truth > 0 for truth, _ in tags]) if tags else np.zeros(0, np.bool_)
    return {
        "objects": object_lines(raw, proved),
        "scene": validate.fit_temperature(scene),
        "tags": validate.fit_line(probability.astype(np.float64), right),
        "cover": {name: validate.fit_cover_temperature(rows) for name, rows in covered(eye, opened).items()},
    }


def _with_taught(
    eye: Eye, ingredient: Ingredient, one: Shard, aside: Mapping[str, list[validate.Found]]
) -> Mapping[str, list[validate.Found]]:
    """Add taught images for the classes of which the images left aside hold too few objects to fit a line.

    The eye is a little surer of images it was taught, but far less so than simulated scenes are unlike real ones: of
    street cars, lines of seven taught photographs hold on others, those of simulated cars promise twice too many.
    """
    short = {label for label, rows in aside.items() if not _enough(rows)}
    objects = {classes.OBJECTS[cls] for truth in one.truth for cls, _, _ in truth.objects or ()}
    if not one.labelled.any() or (aside and not short & objects):
        return aside
    kept = set(held_out(ingredient, one))
    images = [index for index in one.of(ingredient.split) if index not in kept][:MOST_IMAGES]
    taught = validate.measure(eye, one, images, least=0.0, overlap=validate.NEAR).found
    return {
        label: [*aside.get(label, []), *(rows if label in short or not aside else [])] for label, rows in taught.items()
    }


def _proved(eye: Eye, ingredient: Ingredient, one: Shard) -> Mapping[str, list[validate.Found]]:
    """Give what a real set's multi-labels prove: of the images left aside, and of taught ones with a tag that counts.

    Of UC Merced's images left aside five have each tag, too few to fit anything to.
    """
    aside = held_out(ingredient, one)
    if ingredient.shard.startswith("simulated") or not aside:
        return {}
    taught = [index for index in one.of(ingredient.split) if index not in aside]
    return tagged.proved(tuple(tagged.seen(eye, one, (*aside, *tagged.with_tags(one, taught)))))


def object_lines(raw: Rows, proved: Proved) -> dict[str, Line]:
    """Give a line for each modality, and for each of its classes with enough objects: real ones where they suffice.

    Where they do not, simulated ones and what tags prove. Simulated optical views lose their infrared half of the
    time, so they count for pictures too.
    """
    lines: dict[str, Line] = {}
    for modality in sorted({key[0] for key in raw} | {"rgb"}):
        own = {key: rows for key, rows in raw.items() if key[0] == modality or (modality, key[0]) == PICTURES}
        lines[modality] = _line([one for rows in own.values() for one in rows], near=(1.0, 0.0))
        for label in sorted({key[1] for key in own}):
            mine = {key: rows for key, rows in own.items() if key[1] == label}
            real = [one for key, rows in mine.items() if not key[2] for one in rows]
            told = [*(one for rows in mine.values() for one in rows), *proved.get((modality, label), ())]
            chosen = real if _enough(real) else told
            if _enough(chosen):
                lines[f"{modality}/{label}"] = _line(chosen, near=lines[modality])
    return lines


def _enough(found: Sequence[validate.Found]) -> bool:
    return sum(one.truths for one in found) >= LEAST_TO_FIT


def _line(found: Sequence[validate.Found], *, near: Line) -> Line:
    scores = np.concatenate([np.zeros(0), *(one.scores for one in found)])
    hit = np.concatenate([np.zeros(0, np.bool_), *(one.hit for one in found)])
    return validate.fit_line(scores, hit, near=near)


def covered(eye: Eye, opened: Mapping[str, Shard]) -> dict[str, list[tuple[validate.Measured, Shard]]]:
    """See the validation parts with land cover, by modality: real places are too few to keep some aside.

    A temperature moves no cell to another class, so the accuracies told of the same places stay honest.
    """
    seen: dict[str, list[tuple[validate.Measured, Shard]]] = defaultdict(list)
    for modality, names in COVERED.items():
        for name in names:
            if name in opened:
                one = opened[name]
                seen[modality].append((validate.measure(eye, one, one.of("val")[:MOST_IMAGES]), one))
    return seen


def scores(eye: Eye, opened: Mapping[str, Shard]) -> dict[str, object]:
    """Give every head's number on the validation part of every shard, with the majority's beside it."""
    result: dict[str, object] = {name: shard_scores(eye, one) for name, one in opened.items() if one.of("val")}
    photos = opened["ucm_landuse"]
    real = [validate.shown_of(photos, index) for index in photos.of("val")]
    known = [
        (np.stack([one.levels[name] for name in ("red", "green", "blue")]), "rgb")
        for one in real
        if min(one.size) % 32 == 0
    ]
    result["told as no image of the ground"] = {
        "pictures of nothing": float(np.mean(np.array(validate.flagged(eye, validate.ruins(100))) > 0.5)),
        "photographs": float(np.mean(np.array(validate.flagged(eye, known)) > 0.5)),
        "n": [100, len(known)],
    }
    return result


def shard_scores(eye: Eye, one: Shard) -> dict[str, object]:
    """Give the numbers of one shard."""
    measured = validate.measure(eye, one, one.of("val"))
    result: dict[str, object] = {"images": len(one.of("val"))}
    if measured.scene:
        own = sorted({truth.scene for truth in one.truth if truth.scene is not None})
        names = ("accuracy", "majority", "n")
        result["scene"] = dict(zip(names, validate.scene_accuracy(measured), strict=True))
        result["scene among the set's own classes"] = dict(
            zip(names, validate.scene_accuracy(measured, own), strict=True)
        )
    if measured.tags:
        result["tags"] = dict(zip(("micro F1", "always the same", "n"), validate.tags_f1(measured), strict=True))
    objects = {}
    for label, found in measured.found.items():
        truths = sum(each.truths for each in found)
        if truths:
            best, threshold, at_half = validate.best_f1(found)
            objects[label] = {
                "best F1": best, "at": threshold, "F1 at 0.5": at_half, "objects": truths,
                "mean count error": validate.count_error(found),
            }  # fmt: skip
    if objects:
        result["objects"] = objects
    if measured.cover:
        names = ("accuracy", "majority", "cells")
        result["cover"] = dict(zip(names, validate.cover_accuracy(measured, one), strict=True))
    return result
