"""What is said of clouds: the flag tells the share of the whole image that is expected under them; a map, where."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from geoglot.models.nano.changes import changes
from geoglot.models.nano.evidence import CLOUD, Evidence, Guess
from geoglot.tasks import TaskName
from tests.nano.made import EMPTY, cover_map, found

FEW = 0.003  # a share that is likelier none than some, if not surely
SHARES = (1e-6, 1e-4, 1e-3, FEW, 0.02, 0.05, 0.2, 0.6)


def under(share: float, *, modality: str = "rgb") -> Evidence:
    return replace(EMPTY, quality=(Guess("q1", "cloud", share),), modality=modality)


def test_a_no_about_clouds_is_less_sure_the_more_of_the_image_may_be_under_them() -> None:
    findings = [found("Are there clouds?", under(share)) for share in SHARES]
    some = [finding.confidence if finding.value else 1 - finding.confidence for finding in findings]
    assert all(more > less for less, more in pairwise(some))
    assert [finding.value for finding in findings] == [False] * 4 + [True] * 4
    assert all(0.5 <= finding.confidence < 0.9 for finding in findings[2:6])


def test_a_fifth_of_the_image_under_cloud_is_cloud() -> None:
    finding = found("Are there clouds?", under(0.2))
    assert (finding.value, finding.evidence, finding.unsure) == (True, ("q1",), False)


@pytest.mark.parametrize("place", ["in the upper left", "on the right"])
def test_of_a_part_no_more_is_known_than_of_the_whole(place: str) -> None:
    question = f"Are there clouds {place}?"
    assert found(question, under(FEW)).confidence == found("Are there clouds?", under(FEW)).confidence
    part = found(question, under(0.3))
    assert part.unsure
    assert any("whole image" in warning for warning in part.warnings)


@pytest.mark.parametrize("question", ["Are there clouds?", "How many clouds are there?", "Where are the clouds?"])
def test_where_nothing_tells_of_clouds_there_is_no_answer(question: str) -> None:
    radar = replace(EMPTY, quality=(Guess("q1", "blur", 0.1),), modality="sar", cover=())
    finding = found(question, radar)
    assert finding.refused
    assert "radar image" in finding.warnings[0]


@pytest.mark.parametrize("task", [TaskName.DETECT, TaskName.GROUND, TaskName.SEGMENT, TaskName.COUNT, TaskName.VQA])
def test_without_a_map_clouds_that_are_there_are_neither_placed_nor_counted(task: TaskName) -> None:
    finding = found("Where are the clouds?", under(0.3), task=task)
    assert finding.refused
    assert (finding.value, finding.regions) == (None, ())


@pytest.mark.parametrize("task", [TaskName.DETECT, TaskName.GROUND, TaskName.SEGMENT, TaskName.COUNT])
def test_finding_none_is_as_sure_as_that_there_are_none(task: TaskName) -> None:
    finding = found("Where are the clouds?", under(FEW), task=task)
    assert not finding.refused
    assert finding.confidence == pytest.approx(found("Are there clouds?", under(FEW)).confidence)


def test_of_a_kind_of_place_that_is_told_for_the_whole_image_a_part_is_not_surely_without() -> None:
    harbour = replace(EMPTY, scenes=(Guess("s1", "harbor", 0.8),), cover=())
    assert found("Is there a harbour in the upper left?", harbour).unsure
    none = replace(EMPTY, scenes=(Guess("s1", "harbor", 0.3),), cover=())
    assert found("Is there a harbour in the upper left?", none).confidence == pytest.approx(0.7)


def mapped(share: float = 0.3) -> Evidence:
    """Cloud over the left tenth of the image, beside the flag."""
    cover = cover_map(water_columns=0)
    labels = cover.labels.copy()
    labels[:, :2] = len(cover.classes)
    return replace(under(share), cover=(replace(cover, classes=(*cover.classes, CLOUD), labels=labels),))


def test_with_a_map_clouds_are_measured_and_placed() -> None:
    assert found("How much of the image is under clouds?", mapped()).value == pytest.approx(10.0)
    (mask,) = found("Where are the clouds?", mapped(), task=TaskName.SEGMENT).regions
    assert (mask.bounds.x0, mask.bounds.x1) == (0, 20)
    assert found("Are there clouds in the upper left?", mapped()).value is True
    assert found("Are there clouds on the right?", mapped()).value is False


def test_clouds_are_no_cover_of_the_ground() -> None:
    ground = mapped()
    thick = replace(ground.cover[0], labels=np.where(ground.cover[0].labels == 3, 3, 4).astype(np.uint8))
    finding = found("What is the main land cover?", replace(ground, cover=(thick,)))
    assert finding.value == thick.classes[3]
    assert not thick.ground[0, 0]


def test_a_cloud_of_one_date_is_no_change() -> None:
    before, after = cover_map(), replace(mapped().cover[0], frame=1)
    told = changes(((), ()), (before, after), frames=(0, 1), sizes=((200, 100), (200, 100)))
    assert all("cloud" not in {change.what, change.became} for change in told)
