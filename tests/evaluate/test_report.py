"""The page says what the result holds, and shows the errors."""

from __future__ import annotations

import re
from pathlib import Path

from geoglot.conversation import Answer, Conversation
from geoglot.evaluate.runner import evaluate
from geoglot.tasks import TaskName
from tests.evaluate.toy import Looker, detecting, outlining, toy_benchmark


class Overcounting(Looker):
    """Surely one too many wherever there is one at all."""

    name = "over <b>"

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        from dataclasses import replace

        told = super().answer(conversation, task=task, seed=seed)
        if task is not TaskName.COUNT or not isinstance(told.value, int) or not told.value:
            return told
        return replace(told, value=told.value + 1, confidence=0.93)


def test_the_page_holds_scores_types_and_other_models(tmp_path: Path) -> None:
    evaluate("baseline:majority", toy_benchmark(), data=tmp_path, out=tmp_path / "majority")
    result = evaluate(Looker(), toy_benchmark(), data=tmp_path, out=tmp_path / "looker")
    page = (tmp_path / "looker" / "report.html").read_text()
    assert "baseline:majority" in page
    assert all(type in page for type in result.per_type)
    assert f"{result.main.value:.2f}" in page
    assert result.hashes["data"] in page


def test_errors_are_shown_the_surest_first_with_truth_and_answer(tmp_path: Path) -> None:
    evaluate(Overcounting(), toy_benchmark(), data=tmp_path, out=tmp_path / "over")
    page = (tmp_path / "over" / "report.html").read_text()
    surest = page.split("The surest errors")[1]
    assert "93 % sure" in surest
    assert len(re.findall(r"data:image/jpeg;base64,", surest)) == len(re.findall("<figure>", surest)) > 0


def test_the_page_is_alone_and_escapes_names(tmp_path: Path) -> None:
    evaluate(Overcounting(), toy_benchmark(), data=tmp_path, out=tmp_path / "over")
    page = (tmp_path / "over" / "report.html").read_text()
    assert "over &lt;b&gt;" in page
    assert not re.search(r"(src|href)=\"(?!data:)", page)


def test_regions_and_masks_are_drawn(tmp_path: Path) -> None:
    found = evaluate(
        "baseline:random",
        toy_benchmark(detecting, protocol="detection/dota@1", headline="mAP@0.5"),
        data=tmp_path,
        out=tmp_path / "boxes",
    )
    assert found.samples == 6
    assert "data:image/jpeg" in (tmp_path / "boxes" / "report.html").read_text()
    assert sum(1 for _ in outlining(tmp_path)) == 4
