"""`python -m tests.bench.presence SHARDS FOLDER [PICTURE.svg]`: how far "yes" and "no" can be trusted.

Objects: for every labelled class of the real shards' validation images, is there any? Tags: for every tag of the
UC Merced validation images, the same. The answers are those of nano's reasoning, with the misses of FOLDER; beside them
the answer from the objects alone that were found, and always saying no. Classes that the eye does not claim to find are
refused, whatever the image: they are counted, and are no answers.

"of chance" is the ECE that answers of these confidences would have on average if each were right exactly as often as it
says: less cannot be asked of so many answers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoglot.evaluate.metrics.calibration import expected_calibration_error, risk_coverage, score_confidence
from geoglot.evaluate.metrics.protocol import Prediction
from geoglot.evaluate.report.trust import Answers, trust_svg
from geoglot.models.nano import decode, reason, taught, things
from geoglot.models.nano.evidence import Evidence
from geoglot.models.nano.eye import Eye
from geoglot.models.nano.look import twice_seen
from geoglot.models.nano.misses import Misses, open_misses
from geoglot.models.nano.query import Aim, Noun, Query
from geoglot.models.nano.weights import NanoWeights, open_weights
from geoglot.nets import classes
from geoglot.tasks import TaskName
from geoglot.train import shard, validate
from geoglot.train.shard import Shard

REAL = ("hit_uav", "hit_uav_thermal", "aerial_cars", "neon_trees", "oam_kampala")
TAGGED = "ucm_landuse"
BINS = ((0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.001))
COVERAGES = (0.2, 0.4, 0.6, 0.8, 1.0)
DRAWS = 500
Floats = NDArray[np.float64]


@dataclass(slots=True)
class Asked:
    """Questions of one kind: whether it is there, as answered with its confidence, and with the objects found alone."""

    there: list[bool] = field(default_factory=list)
    said: list[bool] = field(default_factory=list)
    sure: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    refused: int = 0

    def add(self, name: str, there: bool, *, eye: Eye, evidence: Evidence, misses: Misses) -> None:
        """Ask whether there is any of a kind of thing. What the eye has no name for ("other vehicle") is refused."""
        query = Query(TaskName.PRESENCE, Aim.PRESENCE, Noun(name, things.canonical(name)))
        known = taught(eye.weights, evidence.modality)
        answer = reason.answer(query, evidence, None, known=known, misses=misses.get(evidence.modality, {}))
        if answer.refused or name not in known:
            self.refused += 1
            return
        self.there.append(there)
        self.said.append(answer.value is True)
        self.sure.append(answer.confidence)
        found = [each.score for each in evidence.objects if things.canonical(each.label) == things.canonical(name)]
        self.alone.append(float(1 - np.prod([1 - p for p in found])))

    def answers(self) -> Answers:
        """The answers as given."""
        return Answers("as answered", _numbers(np.equal(self.said, self.there)), _numbers(self.sure))

    def kinds(self) -> Iterator[Answers]:
        """The answers with their alternatives."""
        there, alone = _numbers(self.there), _numbers(self.alone)
        yield Answers("objects found alone", _numbers((alone >= 0.5) == there), np.maximum(alone, 1 - alone))
        yield self.answers()
        yield Answers("always no", 1 - there, np.ones(len(there)))


def main() -> None:
    """Print the scores of all answers, their reliability and their risk; draw them."""
    shards, folder = map(Path, sys.argv[1:3])
    eye, misses = Eye(open_weights(folder)), open_misses(folder)
    asked = {"objects": Asked(), "tags": Asked()}
    for name in (*REAL, TAGGED):
        one = shard.read(shards / name)
        for index in one.of("val"):
            evidence = seen(eye, one, index)
            for label, there in labelled(one, index, eye.weights):
                kind = asked["tags" if name == TAGGED else "objects"]
                kind.add(label, there, eye=eye, evidence=evidence, misses=misses)
    for title, kind in asked.items():
        _tell(title, kind)
    if len(sys.argv) > 3:
        drawn = [Answers(f"real images, {title}", one.right, one.confidence)
                 for title, kind in asked.items() for one in [kind.answers()]]  # fmt: skip
        Path(sys.argv[3]).write_text(trust_svg(drawn), encoding="utf-8")


def seen(eye: Eye, one: Shard, index: int) -> Evidence:
    """Give the evidence of a shard's image, as `look` gathers it of a file."""
    shown = validate.shown_of(one, index)
    weights, line = eye.weights, eye.weights.calibration
    sight = twice_seen(shown, eye, dense=bool(line.clouds))
    picture = shown.modality in decode.PICTURES
    tags = decode.flags(sight.tags, weights.tags, line.tags, letter="m", frame=0, first=1)
    return Evidence(
        objects=tuple(decode.seen_objects(decode.peaks(sight, shown, weights), frame=0, first=1)),
        cover=(decode.cover_map(sight, shown, weights, frame=0),),
        scenes=tuple(decode.scene_guesses(sight.scene, weights, frame=0, first=1)) if picture else (),
        tags=tuple(tags) if picture else (),
        changes=(),
        quality=(),
        looked=shown.box,
        gsd_m=None if shown.gsd_m is None else shown.gsd_m * max(shown.scale),
        sizes=(one.truth[index].size,),
        valid_fraction=(float(shown.known.mean()),),
        modality=shown.modality,
        model=weights.name,
    )


def labelled(one: Shard, index: int, weights: NanoWeights) -> Iterator[tuple[str, bool]]:
    """Give each thing that an image is labelled for, and whether there is any; classes not claimed as well."""
    truth = one.truth[index]
    if truth.tags is not None:
        yield from ((name, bool(there)) for name, there in zip(weights.tags, truth.tags, strict=True))
    if truth.objects is not None:
        here = {place for place, _, _ in truth.objects}
        yield from ((classes.OBJECTS[at], at in here) for at in np.nonzero(one.labelled)[0].tolist())


def _tell(title: str, asked: Asked) -> None:
    total = len(asked.there) + asked.refused
    print(f"\n{title}: {total} questions, {asked.refused} refused (class not claimed)\n")
    print("| answer | accuracy | ECE | ECE of chance | mean confidence | AURC | n |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for one in asked.kinds():
        print(_row(one))
    given = asked.answers()
    print("\n| confidence | answers | right |\n| --- | --- | --- |")
    for low, high in BINS:
        here = (given.confidence >= low) & (given.confidence < high)
        share = f"{100 * given.right[here].mean():.0f} %" if here.any() else "-"
        print(f"| {low:.1f} to {min(high, 1.0):.1f} | {here.sum()} | {share} |")
    coverage, risk = risk_coverage(given.right, given.confidence)
    print("\n| answered, surest first | wrong |\n| --- | --- |")
    for taken in COVERAGES:
        print(f"| {100 * taken:.0f} % | {100 * risk[np.searchsorted(coverage, taken - 1e-9)]:.1f} % |")


def _row(one: Answers) -> str:
    """One row of the table, with 95 % intervals."""
    verdicts: Sequence[dict[str, float]] = [
        {"right": float(r), "confidence": float(c)} for r, c in zip(one.right, one.confidence, strict=True)
    ]
    told = score_confidence([Prediction(str(n), "presence", each, None) for n, each in enumerate(verdicts)], 0).scores
    cells = [f"{s.value:.1f} ({s.low:.1f} to {s.high:.1f})" for s in (told["accuracy"], told["ECE"])]
    rest = [f"{of_chance(one.confidence):.1f}", *(f"{told[name].value:.1f}" for name in ("mean_confidence", "AURC"))]
    return f"| {one.title} | {' | '.join((*cells, *rest))} | {len(one.right)} |"


def of_chance(confidence: Floats) -> float:
    """Give the mean ECE in percent of answers that are right exactly as often as they say."""
    rng = np.random.default_rng(0)
    drawn = (rng.random((DRAWS, len(confidence))) < confidence).astype(np.float64)
    return 100 * float(np.mean([expected_calibration_error(right, confidence) for right in drawn]))


def _numbers(values: ArrayLike) -> Floats:
    return np.asarray(values, np.float64)


if __name__ == "__main__":
    main()
