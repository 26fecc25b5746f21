"""Scoring what a model replied in another suite, word for word, by geoglot's own parsers and protocols."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from geoglot.conversation import Conversation, Sample
from geoglot.errors import InputError, ReadError
from geoglot.evaluate.forms import answer_form
from geoglot.evaluate.metrics import Prediction, Score, protocol
from geoglot.models.prompting import Prompt, answer_from, convention_for
from geoglot.tasks import Parsed, TaskName


def score_replies(truths: Path, replies: Mapping[str, str]) -> tuple[str, Mapping[str, Score]]:
    """Give the headline's key and all scores of a model's replies, by sample id.

    truths: the `.truths.json` file of the exported benchmark. A sample without a reply is wrong.
    Raises ReadError for a file that is none, InputError for replies to samples that it does not hold.
    """
    try:
        document = json.loads(truths.read_text(encoding="utf-8"))
        rows, headline, protocol_id = document["samples"], str(document["headline"]), str(document["protocol"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReadError("this file holds no truths", value=str(truths), hint=str(error)) from error
    strange = sorted(replies.keys() - {row["id"] for row in rows})
    if strange:
        raise InputError("replies to samples that the benchmark has not", value=strange[0], expected=str(truths))
    predictions = [_prediction(row, replies.get(row["id"])) for row in rows]
    return headline, protocol(protocol_id).score(predictions, 0).scores


def _prediction(row: Mapping[str, Any], reply: str | None) -> Prediction:
    width, height = row["image_size"]
    said = None if reply is None or not reply.strip() else _read(row, reply)
    return Prediction(row["id"], row["task"], said, row["truth"], row["type"], (width, height), "geoglot")


def _read(row: Mapping[str, Any], reply: str) -> Any:
    """Read a reply about the picture that was shown; its places come in pixels of the image."""
    task, size, shown = TaskName(row["task"]), tuple(row["image_size"]), tuple(row["shown_size"])
    conversation = Conversation.about(None, row["id"])
    prompt = Prompt((Image.new("RGB", shown),), (0,), "", task)
    answer = answer_from(reply, conversation, prompt, convention=convention_for(""), probability=None)
    sx, sy = size[0] / shown[0], size[1] / shown[1]
    placed = tuple(region.scaled(sx, sy) for region in answer.regions) if (sx, sy) != (1, 1) else answer.regions
    sample = Sample(row["id"], conversation, task, Parsed(), type=row["type"])
    return answer_form(replace(answer, regions=placed), sample, (size[0], size[1]))
