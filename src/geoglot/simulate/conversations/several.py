"""Questions about two dates and about video."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from geoglot.regions import Mask, Path, Point, Region
from geoglot.simulate.change import CHANGES, MOVING, SimulatedPair
from geoglot.simulate.conversations.candidate import Candidate
from geoglot.simulate.conversations.facts import Facts
from geoglot.simulate.conversations.single import marked
from geoglot.simulate.conversations.way import way
from geoglot.simulate.conversations.words import name, plural
from geoglot.simulate.video import SimulatedVideo
from geoglot.tasks import Parsed, TaskName

_SENTENCES = {
    "construction": ("New buildings have been built.", "Buildings went up on bare lots."),
    "demolition": ("Buildings have been torn down.", "Buildings were demolished; bare lots remain."),
    "flood": ("Water has flooded the land.", "The ground beside the water is flooded."),
    "flood receded": ("The flood has receded.",),
    "harvest": ("The crops have been harvested.", "A green field was cut and is stubble now."),
    "burn": ("Vegetation has burnt.", "A fire burnt the plants and left ash."),
    "clearing": ("Forest has been cleared.", "Trees were felled and bare ground is left."),
    "arrival": ("Vehicles or vessels have arrived.",),
    "departure": ("Vehicles or vessels have left.",),
}
_ASKED = {
    "construction": "Was anything built?",
    "demolition": "Was any building removed?",
    "flood": "Was any land flooded?",
    "harvest": "Was any field harvested?",
    "burn": "Did anything burn?",
    "clearing": "Was forest cleared?",
}
# A kind of change smaller than this share of the image is not spoken of.
_LEAST_SHARE = 0.002
_MOVED_PX = 2.0


def about_pair(pair: SimulatedPair, rng: np.random.Generator) -> list[Candidate]:
    """Caption, mask and yes-or-no questions about what changed between two dates.

    Of what happened and cannot be seen (`SimulatedPair.unseen`) neither yes nor no is asked, and of a pair in which
    nothing else lasting happened not whether anything did.
    """
    shares = np.bincount(pair.change.ravel(), minlength=len(CHANGES)) / pair.change.size
    kinds = [kind for kind, share in zip(CHANGES, shares, strict=True) if share >= _LEAST_SHARE and kind != "none"]
    lasting = [kind for kind in kinds if kind not in (*MOVING, *pair.unseen)]
    found = _as_a_whole(pair, lasting, kinds, rng) if lasting or not set(kinds) & set(pair.unseen) else []
    for kind, question in _ASKED.items():
        if kind in kinds and kind in pair.unseen:
            continue
        answer = "yes" if kind in kinds else "no"
        fields = {"question": question}
        found.append(Candidate(TaskName.VQA, "change", kind, answer, fields, Parsed(answer), answer))
    return found


def _as_a_whole(pair: SimulatedPair, lasting: list[str], kinds: list[str], rng: np.random.Generator) -> list[Candidate]:
    told = " ".join(str(rng.choice(_SENTENCES[kind])) for kind in lasting or kinds) or "Nothing has changed."
    gone = np.isin(pair.change, [CHANGES.index(kind) for kind in lasting])
    masks: tuple[Region, ...] = (Mask.from_array(gone, label="change", frame=1),) if lasting else ()
    some_or_none = "some" if masks else "none"
    return [
        Candidate(TaskName.CHANGE_CAPTION, "change caption", "", "", {}, Parsed(), told),
        Candidate(TaskName.CHANGE_MASK, "change mask", "", some_or_none, {}, Parsed(regions=masks), marked(masks)),
    ]


def about_video(video: SimulatedVideo, rng: np.random.Generator) -> list[Candidate]:
    """Tracks of what moves, class by class, and how many move."""
    tracks: dict[int, list[tuple[int, tuple[float, float]]]] = {}
    labels: dict[int, str] = {}
    for frame, objects in enumerate(video.objects):
        for thing in objects:
            tracks.setdefault(thing.id, []).append((frame, (thing.oriented[0], thing.oriented[1])))
            labels[thing.id] = thing.label
    found = []
    for label in ("car", "truck", "bus"):
        paths: list[Region] = []
        for key, steps in tracks.items():
            way_px = np.hypot(*(np.array(steps[-1][1]) - steps[0][1]))
            if labels[key] == label and len(steps) >= 2 and way_px >= _MOVED_PX:
                paths.append(Path(tuple(point for _, point in steps), label=label, frame=steps[0][0]))
        fields = {"thing": plural(name(label, rng))}
        outcome = "some" if paths else "none"
        moving = tuple(paths)
        found.append(Candidate(TaskName.TRACK, "track", label, outcome, fields, Parsed(regions=moving), marked(moving)))
        noun = f"{plural(label)} that move"
        total = len(moving)
        found.append(
            Candidate(TaskName.COUNT, "count moving", label, str(total), {"thing": noun}, Parsed(total), f"{total}")
        )
    return found


def navigate(facts: Facts, rng: np.random.Generator) -> Iterator[Candidate]:
    """A way between two marked places over dry, open ground; none is an answer."""
    width, height = facts.size
    ends = rng.uniform(0.08, 0.92, (2, 2)) * (width, height)
    start, goal = ((float(x), float(y)) for x, y in ends.round(1))
    corners = way(facts.cover, start, goal)
    found: tuple[Region, ...] = (Path(tuple(corners), label="way"),) if len(corners) > 1 else ()
    shown: tuple[Region, ...] = (Point(*start), Point(*goal))
    fields = {"thing": "<r0>", "other": "<r1>"}
    outcome = "some" if found else "none"
    yield Candidate(TaskName.NAVIGATE, "navigate", "", outcome, fields, Parsed(regions=found), marked(found), shown)
