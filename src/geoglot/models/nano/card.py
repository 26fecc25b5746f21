"""Evidence in writing: a short text card that any language model can read, and JSON that can be read back.

Every fact on the card has the id it has in the evidence, so that a writer can cite it and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from geoglot.conversation import Json
from geoglot.errors import InputError
from geoglot.models.nano.evidence import Evidence, Guess, SeenChange, SeenObject
from geoglot.models.nano.rows import Document

MOST_OBJECTS = 60
"""Objects on a card, surest first: with them it is about a thousand tokens long."""

LEAST = 0.2
"""Probability below which a fact is not on the card."""

LEAST_SHARE = 0.01
"""Share of the ground below which a cover is not on the card."""


def text(evidence: Evidence) -> str:
    """Give the card: one fact a line, with its id and probability; boxes as x0 y0 x1 y1 in pixels of the frame."""
    box = evidence.looked
    gsd = "unknown pixel size" if evidence.gsd_m is None else f"{evidence.gsd_m:.3g} m a pixel"
    lines = [f"{evidence.modality} image, x {box.x0:.0f} to {box.x1:.0f}, y {box.y0:.0f} to {box.y1:.0f}, {gsd}"]
    for kind, guesses in (("scene", evidence.scenes), ("tag", evidence.tags), ("quality", evidence.quality)):
        lines += [_guess(kind, guess) for guess in guesses if guess.probability >= LEAST]
    for number, cover in enumerate(evidence.cover, start=1):
        shares = sorted(cover.shares().items(), key=lambda item: -item[1])
        said = ", ".join(f"{name} {share:.0%}" for name, share in shares if share >= LEAST_SHARE)
        lines.append(f"[g{number}] land cover{_in_frame(cover.frame)}: {said or 'unknown'}")
    likely = sorted((thing for thing in evidence.objects if thing.score >= LEAST), key=lambda thing: -thing.score)
    lines += [_object(thing) for thing in likely[:MOST_OBJECTS]]
    if len(likely) > MOST_OBJECTS:
        lines.append(f"{len(likely) - MOST_OBJECTS} more objects, less sure")
    lines += [_change(change) for change in evidence.changes if change.score >= LEAST]
    return "\n".join([*lines, *(f"warning: {warning}" for warning in evidence.warnings)])


def as_json(evidence: Evidence) -> dict[str, Json]:
    """Give the whole evidence as a JSON document: labels and masks as runs, `from_json` gives it back unchanged."""
    document: dict[str, Json] = Document.of(evidence).model_dump(mode="json")
    return document


def from_json(document: Mapping[str, Json]) -> Evidence:
    """Give back the evidence that `as_json` wrote. Raises InputError for any other document."""
    try:
        return Document.model_validate(document).evidence()
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "document"
        raise _not_evidence(where, first["msg"]) from error
    except ValueError as error:
        raise _not_evidence("document", str(error)) from error


def _not_evidence(where: str, why: str) -> InputError:
    return InputError("this is not evidence", value=where, expected=why, hint="it is written by: geoglot look --json")


def _guess(kind: str, guess: Guess) -> str:
    return f"[{guess.id}] {kind}{_in_frame(guess.frame)}: {guess.name} {guess.probability:.0%}"


def _object(thing: SeenObject) -> str:
    box = thing.region.bounds
    details = [f"{value} {p:.0%}" for _, value, p in thing.attributes]
    details += [f"or {label} {p:.0%}" for label, p in thing.others]
    details += [f"track {thing.track}"] if thing.track else []
    told = f" ({', '.join(details)})" if details else ""
    place = f"{box.x0:.0f} {box.y0:.0f} {box.x1:.0f} {box.y1:.0f}"
    return f"[{thing.id}] {thing.label} {thing.score:.0%} at {place}{_in_frame(thing.region.frame)}{told}"


def _change(change: SeenChange) -> str:
    box = change.region.bounds
    place = f"{box.x0:.0f} {box.y0:.0f} {box.x1:.0f} {box.y1:.0f}"
    what = f"{change.what} became {change.became}" if change.became else f"{change.what} {change.kind}"
    return f"[{change.id}] {what} {change.score:.0%} at {place}, frame {change.before} to {change.after}"


def _in_frame(frame: int) -> str:
    return f" in frame {frame}" if frame else ""
