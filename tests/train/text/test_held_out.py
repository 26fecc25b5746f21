"""Answers about held-out scenes are scored as they are said; who does not look is scored beside."""

from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("numba")

from geoglot.train.recipes.nano_ar import shape  # noqa: E402
from geoglot.train.text.evidence_writer import EvidenceWriter  # noqa: E402
from geoglot.train.text.facts import POINT  # noqa: E402
from geoglot.train.text.held_out import Said, answers, scores, words_alone  # noqa: E402
from tests.train.text.test_evidence import ASKED, SHIP, scene, writing  # noqa: E402, F401

NAMES = {"presence: exact", "count: exact", "count: within 1", "describe region: exact", "caption: things named, F1",
         "ground, there: right box", "ground, there: ceiling, told by the eye", "ground, absent: none",
         "ground told, there: right box", "ground told, there: ceiling, told by the eye"}  # fmt: skip


def score(said: list[Said]) -> dict[str, float]:
    return {one.name: one.percent for one in scores(said)}


def test_an_untaught_writer_answers_every_question(writing) -> None:  # type: ignore[no-untyped-def]  # noqa: F811
    torch.manual_seed(0)
    model = EvidenceWriter(shape(len(writing.vocabulary), quick=True))
    scenes = [scene("a"), replace(scene("b"), objects=())]
    said = answers(model, writing, scenes)
    assert [one.asked for one in said if one.asked.kind != "ground told"] == [*ASKED, *ASKED]
    assert sum(one.asked.kind == "ground told" for one in said) == 3  # of the scene where objects were told
    assert set(score(said)) == NAMES
    assert len(answers(model, writing, scenes, blind=True)) == len(said)


def test_exact_replies_and_boxes_that_overlap_score() -> None:
    right = [Said(one, one.reply, None, True) for one in ASKED if one.task != "ground"]
    right += [Said(ASKED[2], POINT, SHIP, True), Said(ASKED[3], "none", None, False)]
    assert set(score(right).values()) == {100.0}
    off = [Said(ASKED[1], "2", None, False), Said(ASKED[2], "none", None, True)]
    assert score(off)["count: within 1"] == 100.0
    assert score(off)["count: exact"] == score(off)["ground, there: right box"] == 0.0


def test_words_alone_reply_what_is_most_frequent_for_the_thing() -> None:
    never = replace(scene(), asked=tuple(replace(one, reply="No.") for one in ASKED[:1]))
    said = words_alone([never, never, scene()], [scene()])
    assert next(one.reply for one in said if one.asked.kind == "presence") == "No."
