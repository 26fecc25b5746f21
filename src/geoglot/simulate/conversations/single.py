"""Questions about one image, made from its facts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from geoglot.regions import Box, Mask, OrientedBox, Region
from geoglot.simulate.conversations.candidate import Candidate
from geoglot.simulate.conversations.facts import QUARTERS, Facts
from geoglot.simulate.conversations.words import cover_name, listed, name, plural, some
from geoglot.simulate.places import THEMES
from geoglot.simulate.tables import COVER_CLASSES
from geoglot.simulate.truth import SimObject
from geoglot.tasks import Parsed, TaskName

Make = Callable[[Facts, np.random.Generator], Iterator[Candidate]]

# Colours are asked of things at least this wide in pixels; a cover is there from this share on.
_COLOUR_PX = 4.0
_COVER_SHARE = 0.02
_MOST_LISTED = 20
_ABSENT = "cannot tell"
_ASKED_COLOURS = ("white", "black", "grey", "silver", "red", "blue", "green", "brown", "yellow", "orange")
# Words for the object that lies furthest to one side, the axis, and whether it is the first along it.
_ENDS = (("leftmost", 0, True), ("uppermost", 1, True), ("rightmost", 0, False), ("lowest", 1, False))
# Which unit a wording of the area task asks for, first match; and each unit in square metres.
_ASKED_UNIT = (
    (r"percent|share|fraction|proportion|coverage|relative|whole picture|of the image", "%"),
    (r"square kilomet|km2|km²", "km2"),
    (r"square met|m2|m²", "m2"),
)
_UNIT_M2 = {"m2": 1.0, "ha": 1e4, "km2": 1e6}


def oriented(thing: SimObject) -> OrientedBox:
    """The turned box of an object with its label."""
    return OrientedBox(*thing.oriented, label=thing.label)


def upright(thing: SimObject) -> Box:
    """The upright box of an object, cut at the image's edge, with its label."""
    return Box(*thing.box, label=thing.label)


def marked(regions: tuple[Region, ...]) -> str:
    """The reply that names regions: "ship <r0>; ship <r1>", or "none"."""
    return "; ".join(f"{region.label} <r{k}>" for k, region in enumerate(regions)) or "none"


def presence(facts: Facts, rng: np.random.Generator) -> Iterator[Candidate]:
    """Is there any …?"""
    known = [(label, plural(name(label, rng)), there) for label, there in facts.there.items()]
    shares = facts.shares.items()
    known += [(f"cover {k}", cover_name(k, rng), s > 0) for k, s in shares if s == 0 or s > _COVER_SHARE]
    for label, noun, there in known:
        answer = "Yes." if there else "No."
        outcome = "yes" if there else "no"
        yield Candidate(TaskName.PRESENCE, "presence", label, outcome, {"thing": noun}, Parsed(there), answer)


def count(facts: Facts, rng: np.random.Generator) -> Iterator[Candidate]:
    """How many …?, in the whole image and in its quarters."""
    for label, total in facts.counts.items():
        if total <= _MOST_LISTED:
            noun = plural(name(label, rng))
            yield Candidate(TaskName.COUNT, "count", label, str(total), {"thing": noun}, Parsed(total), f"{total}")
        if total:
            quarter = QUARTERS[int(rng.integers(4))]
            part = facts.quarter_count(label, quarter)
            noun = f"{plural(name(label, rng))} in the {quarter} quarter"
            yield Candidate(TaskName.COUNT, "count quarter", label, str(part), {"thing": noun}, Parsed(part), f"{part}")


def compare(facts: Facts, rng: np.random.Generator) -> Iterator[Candidate]:
    """Are there more … than …?"""
    there = [label for label, total in facts.counts.items() if total]
    for first in there:
        for second in there:
            if first == second or facts.counts[first] == facts.counts[second]:
                continue
            more = facts.counts[first] > facts.counts[second]
            fields = {"thing": plural(name(first, rng)), "other": plural(name(second, rng))}
            outcome = "yes" if more else "no"
            reply = "Yes." if more else "No."
            yield Candidate(TaskName.COMPARE, "compare", f"{first}, {second}", outcome, fields, Parsed(more), reply)


def area(facts: Facts, rng: np.random.Generator) -> Iterator[Candidate]:
    """What share of the image is …? Not of photos, whose pixels have no size."""
    for label, share in facts.shares.items() if facts.from_above else ():
        percent = round(100.0 * share, 1)
        fields = {"thing": cover_name(label, rng)}
        truth = Parsed(percent, unit="%")
        outcome = str(int(percent // 10))
        yield Candidate(TaskName.AREA, "area", label, outcome, fields, truth, f"{percent:g} % of the image")


def in_asked_unit(candidate: Candidate, question: str, area_m2: float) -> Candidate:
    """An area candidate answered in the unit that the question names: hectares where it names none but an area.

    area_m2: of the whole image; candidates hold percent.
    """
    unit = next((unit for pattern, unit in _ASKED_UNIT if re.search(pattern, question.casefold())), "ha")
    if unit == "%":
        return candidate
    share = float(str(candidate.truth.value)) / 100.0
    value = float(f"{share * area_m2 / _UNIT_M2[unit]:.3g}")
    return replace(candidate, truth=Parsed(value, unit=unit), reply=f"{value:.10g} {unit}")


def choice(facts: Facts, rng: np.random.Generator) -> Iterator[Candidate]:
    """Which of four kinds of place is it? Wrong ones are as frequent in the world as right ones."""
    if not facts.place:
        return
    weights = np.array([theme.weight for theme in THEMES])
    right = facts.place
    others = [theme.label for theme in rng.permuted(np.array(THEMES, dtype=object), axis=0) if theme.label != right]
    share = np.array([weights[[theme.label for theme in THEMES].index(label)] for label in others])
    wrong = [str(label) for label in rng.choice(others, 3, replace=False, p=share / share.sum())]
    options = [str(option) for option in rng.permutation([right, *wrong])]
    letter = "ABCD"[options.index(right)]
    choices = " ".join(f"{mark}) {option}" for mark, option in zip("ABCD", options, strict=True))
    fields = {"question": "Which kind of place is this?", "choices": choices}
    yield Candidate(TaskName.MCQ, "mcq", "", letter, fields, Parsed(letter), letter)


def relation(facts: Facts, rng: np.random.Generator) -> Iterator[Candidate]:
    """How do two things lie to each other? Asked of things that are the only ones of their class."""
    alone = facts.unique()
    for first in alone:
        for second in alone:
            dx, dy = (a - b for a, b in zip(first.oriented[:2], second.oriented[:2], strict=True))
            if first is second or max(abs(dx), abs(dy)) < 2.0 * min(abs(dx), abs(dy)) + 6.0:
                continue
            side = ("left of" if dx < 0 else "right of") if abs(dx) > abs(dy) else ("above" if dy < 0 else "below")
            fields = {"thing": f"the {name(first.label, rng)}", "other": f"the {name(second.label, rng)}"}
            yield Candidate(TaskName.RELATION, "relation", "", side, fields, Parsed(side), side)


def detect(facts: Facts, rng: np.random.Generator) -> Iterator[Candidate]:
    """Where are the …? None is an answer."""
    for label, total in facts.counts.items():
        if total <= _MOST_LISTED:
            shape = oriented if facts.from_above else upright
            found: tuple[Region, ...] = tuple(shape(thing) for thing in facts.clear[label])
            fields = {"thing": plural(name(label, rng))}
            outcome = "some" if found else "none"
            yield Candidate(TaskName.DETECT, "detect", label, outcome, fields, Parsed(regions=found), marked(found))


def _described(facts: Facts, rng: np.random.Generator) -> Iterator[tuple[str, str, str, SimObject | None]]:
    """Expressions that mean one object or none: (class, what marks it out, expression, object).

    Every mark is also given to things that are not there; else the mark alone would tell that there is one.
    """
    room = 0.05 * facts.size[0]
    for label, total in facts.counts.items():
        things = facts.clear[label]
        noun = name(label, rng)
        if total < 2:
            yield label, "", f"the {noun}", things[0] if things else None
        for word, axis, first in _ENDS:
            order = sorted(things, key=lambda thing: thing.oriented[axis], reverse=not first)
            if total < 2 or abs(order[1].oriented[axis] - order[0].oriented[axis]) > room:
                yield label, word, f"the {word} {noun}", order[0] if order else None
        if label in facts.coloured:
            near = [thing.colour for thing in things]
            colour = str(rng.choice(near if near and rng.random() < 0.5 else _ASKED_COLOURS))
            mine = [thing for thing in facts.things if thing.label == label and thing.colour == colour]
            clear = [thing for thing in things if thing.colour == colour and thing.oriented[3] >= _COLOUR_PX]
            if len(mine) == len(clear) <= 1:
                yield label, colour, f"the {colour} {noun}", clear[0] if clear else None


def ground(facts: Facts, rng: np.random.Generator) -> Iterator[Candidate]:
    """Where is the …? An expression that fits nothing has the answer none."""
    for label, mark, expression, thing in _described(facts, rng):
        found = (upright(thing),) if thing is not None else ()
        outcome = "some" if found else "none"
        key = f"{label}, {mark}" if mark else label
        fields = {"thing": expression}
        yield Candidate(TaskName.GROUND, "ground", key, outcome, fields, Parsed(regions=found), marked(found))


def describe_region(facts: Facts, rng: np.random.Generator) -> Iterator[Candidate]:
    """What is in this box? The key is the size of the box, which alone gives much away."""
    for things in facts.clear.values():
        for thing in things[:4]:
            box = upright(thing)
            sides = [round(2.0 * np.log2(max(1.0, side))) for side in (box.x1 - box.x0, box.y1 - box.y0)]
            key = f"{min(sides)} {max(sides)}"
            noun = thing.label
            reply = f"{'An' if noun[0] in 'aeiou' else 'A'} {noun}."
            plain = Box(box.x0, box.y0, box.x1, box.y1)
            yield Candidate(
                TaskName.DESCRIBE_REGION, "describe region", key, noun, {"region": "<r0>"}, Parsed(), reply, (plain,)
            )


def classify(facts: Facts, rng: np.random.Generator) -> Iterator[Candidate]:
    """What kind of place is it?"""
    if facts.place:
        yield Candidate(TaskName.CLASSIFY, "classify", "", facts.place, {}, Parsed(facts.place), facts.place)


def multilabel(facts: Facts, rng: np.random.Generator) -> Iterator[Candidate]:
    """Everything that occurs."""
    covers = [label for label, share in facts.shares.items() if share > _COVER_SHARE]
    labels = tuple(covers + [label for label in facts.clear if facts.clear[label]])
    if labels:
        yield Candidate(TaskName.MULTILABEL, "multilabel", "", "", {}, Parsed(labels), ", ".join(labels))


def colour(facts: Facts, rng: np.random.Generator) -> Iterator[Candidate]:
    """What colour is the …? Of things that are not there, or too small, it cannot be told."""
    for label in facts.coloured:
        things = facts.clear.get(label, ())
        if len(things) > 1 or (label in facts.clear and label not in facts.counts):
            continue
        seen = bool(things) and things[0].oriented[3] >= _COLOUR_PX
        answer = things[0].colour if seen else _ABSENT
        fields = {"question": f"What colour is the {name(label, rng)}?"}
        yield Candidate(TaskName.VQA, "colour", label, answer, fields, Parsed(answer), answer)


def free(facts: Facts, rng: np.random.Generator) -> Iterator[Candidate]:
    """Other short questions: the main cover, day or night."""
    main = max(facts.shares, key=lambda label: facts.shares[label])
    if facts.shares[main] > 0.4:
        question = {"question": "Which land cover takes up most of the image?"}
        yield Candidate(TaskName.VQA, "main cover", "", main, question, Parsed(main), main)
    if facts.sensor == "thermal":
        answer = "night" if facts.night else "day"
        question = {"question": "Was this taken by day or by night?"}
        yield Candidate(TaskName.VQA, "day or night", "", answer, question, Parsed(answer), answer)


def segment(facts: Facts, rng: np.random.Generator) -> Iterator[Candidate]:
    """Which pixels are …? None is an answer."""
    for label, share in facts.shares.items():
        if 0 < share < _COVER_SHARE:
            continue
        noun = cover_name(label, rng)
        inside = facts.cover == COVER_CLASSES.index(label)
        found: tuple[Region, ...] = (Mask.from_array(inside, label=noun),) if share else ()
        outcome = "some" if found else "none"
        yield Candidate(
            TaskName.SEGMENT, "segment", label, outcome, {"thing": noun}, Parsed(regions=found), marked(found)
        )


def caption(facts: Facts, rng: np.random.Generator) -> Iterator[Candidate]:
    """A sentence with the place, the main cover and the things that are most."""
    main = max(facts.shares, key=lambda label: facts.shares[label])
    counted = sorted(((total, label) for label, total in facts.counts.items() if total), reverse=True)[:3]
    place = f"{facts.place} scene" if facts.place else "view from the street"
    text = f"{'An' if place[0] in 'aeiou' else 'A'} {place}, mostly {cover_name(main, rng)}"
    text += f", with {listed([some(total, label) for total, label in counted])}." if counted else "."
    yield Candidate(TaskName.CAPTION, "caption", "", "", {}, Parsed(), text)


ABOUT_ONE: tuple[Make, ...] = (
    presence, count, compare, area, choice, relation, detect, ground, describe_region, classify, multilabel, colour,
    free, segment, caption,
)  # fmt: skip


def candidates(facts: Facts, rng: np.random.Generator) -> list[Candidate]:
    """All questions that a scene allows, in a fixed order."""
    return [candidate for make in ABOUT_ONE for candidate in make(facts, rng)]
