"""`start`: a recipe by its name, with settings as the command line gives them; `listed`: those there are."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar, get_type_hints

from geoglot.errors import InputError, UnknownName
from geoglot.train import checkpoint, loop
from geoglot.train.recipes.family import RECIPES as FAMILY
from geoglot.train.recipes.family import recipe as family_recipe
from geoglot.train.recipes.family.recipe import SIZES, Size
from geoglot.train.recipes.nano_ar import nano_ar
from geoglot.train.recipes.nano_eye import nano_eye
from geoglot.train.text.courses import Course, member_course, nano_ar_course
from geoglot.train.text.loop import Conduct, train

S = TypeVar("S")
TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")


@dataclass(frozen=True, slots=True)
class EyeSettings:
    """Of `nano-eye`. shards: what `python -m geoglot.train pack` made. processes: each of one thread.

    real_only: without simulated scenes. research: also sets whose weights must not be shipped.
    """

    shards: Path = Path("runs/shards")
    out: Path = Path("runs/nano-eye")
    steps: int = 4000
    processes: int = 1
    quick: bool = False
    real_only: bool = False
    research: bool = False


@dataclass(frozen=True, slots=True)
class EvidenceSettings:
    """Of `nano-ar`. seen: what `python -m geoglot.train.text.seen` made. workers: that load rows ahead."""

    seen: Path = Path("runs/seen")
    out: Path = Path("runs/nano-ar")
    steps: int = 2400
    workers: int = 0
    quick: bool = False


@dataclass(frozen=True, slots=True)
class MemberSettings:
    """Of a member of the family. talks: what `python -m geoglot.train.text.talk` made. out: runs/<recipe> if not given.

    steps: of each stage, 0 for the recipe's own. rows: of a step; length: tokens of a row. start: folders of published
    weights to begin from, joined by commas: a whole model, or one for the eye and one for the writer.
    """

    talks: Path = Path("runs/talk")
    out: Path | None = None
    size: str = "nano"
    steps: int = 0
    rows: int = 16
    length: int = 1024
    workers: int = 0
    quick: bool = False
    start: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """How a run ended. step: steps done; skipped: those without a finite gradient; checkpoint: the last one."""

    recipe: str
    out: Path
    step: int
    skipped: int
    finished: bool
    checkpoint: Path | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A recipe as it is listed. what: the first line of its file; settings: keys with their values, as words."""

    name: str
    what: str
    settings: tuple[tuple[str, str], ...]


def names() -> tuple[str, ...]:
    """Give the names of all recipes."""
    return ("nano-eye", "nano-ar", *FAMILY)


def listed() -> tuple[Listed, ...]:
    """Give all recipes with what they train and their settings."""
    kinds = {"nano-eye": EyeSettings, "nano-ar": EvidenceSettings}
    recipes = {"nano-eye": nano_eye, "nano-ar": nano_ar, **FAMILY}
    return tuple(
        Listed(name, _headline(recipes[name].__module__), _defaults(kinds.get(name, MemberSettings)))
        for name in names()
    )


def _headline(module: str) -> str:
    return (sys.modules[module].__doc__ or "").partition("\n")[0]


def _defaults(kind: type[EyeSettings | EvidenceSettings | MemberSettings]) -> tuple[tuple[str, str], ...]:
    """The settings of a kind as `--set` takes them; one without a value is left to the recipe."""
    return tuple((field.name, _word(field.default)) for field in fields(kind))


def _word(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def start(name: str, settings: Sequence[tuple[str, str]], *, resume: bool) -> Report:
    """Train a recipe. settings: (key, value) pairs over the recipe's own; resume: go on with the run in its folder.

    Raises UnknownName for a recipe or key that there is not, InputError for a value of the wrong kind.
    """
    if name not in names():
        raise UnknownName("recipe", name, names())
    run = {"nano-eye": _eye, "nano-ar": _evidence}.get(name, _member)
    return run(name, dict(settings), resume)


def parsed(kind: type[S], given: Mapping[str, str]) -> S:
    """Give settings of a dataclass from words. Raises UnknownName and InputError."""
    hints = get_type_hints(kind)
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for key in given:
        if key not in known:
            raise UnknownName("setting of this recipe", key, known)
    return kind(**{key: _read(key, hints[key], value) for key, value in given.items()})


def _read(key: str, kind: object, value: str) -> object:
    """A value of the kind that the setting is declared with."""
    if kind is bool:
        if value.casefold() not in TRUE + FALSE:
            raise InputError(f"{key} is on or off", value=value, expected="true or false")
        return value.casefold() in TRUE
    if kind is int:
        if not value.isdecimal():
            raise InputError(f"{key} is a whole number", value=value, expected="for instance 100")
        return int(value)
    return value if kind is str else Path(value)


def _eye(name: str, given: Mapping[str, str], resume: bool) -> Report:
    chosen = parsed(EyeSettings, given)
    if checkpoint.newest(chosen.out) and not resume:
        raise InputError("there is a run in this folder already", value=str(chosen.out), expected="an empty folder",
                         hint="go on with it by --resume, or give another folder")  # fmt: skip
    recipe = nano_eye(quick=chosen.quick, simulated=not chosen.real_only, research=chosen.research, steps=chosen.steps)
    folder = loop.train(recipe, shards=chosen.shards, out=chosen.out, processes=chosen.processes)
    step = int(folder.name.removeprefix("step-"))
    return Report(name, chosen.out, step, 0, step >= recipe.steps, folder)


def _evidence(name: str, given: Mapping[str, str], resume: bool) -> Report:
    chosen = parsed(EvidenceSettings, given)
    course = nano_ar_course(chosen.seen, chosen.out, steps=chosen.steps, quick=chosen.quick)
    return _taught(name, course, chosen.out, Conduct(workers=chosen.workers, resume=resume))


def _member(name: str, given: Mapping[str, str], resume: bool) -> Report:
    chosen = parsed(MemberSettings, given)
    if chosen.size not in SIZES:
        raise UnknownName("size", chosen.size, SIZES)
    size: Size = next(one for one in SIZES if one == chosen.size)
    out = chosen.out or Path("runs") / name
    course = member_course(
        family_recipe(name, size),
        chosen.talks,
        out,
        rows=chosen.rows,
        length=chosen.length,
        steps=chosen.steps or None,
        quick=chosen.quick,
        starts=[Path(folder) for folder in chosen.start.split(",") if folder],
    )
    return _taught(name, course, out, Conduct(workers=chosen.workers, resume=resume))


def _taught(name: str, course: Course, out: Path, conduct: Conduct) -> Report:
    ended = train(course.recipe, course.model, course.feed, out=out, conduct=conduct)
    last = checkpoint.newest(out)
    return Report(name, out, ended.step, ended.skipped, ended.finished, last.folder if last else None)
