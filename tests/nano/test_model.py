"""nano whole: one look, many answers; loading by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from geoglot.errors import InputError, ModelError, UnknownName
from geoglot.models import load
from geoglot.models.nano import Nano, focused
from geoglot.regions import Box
from tests.nano.frames import PlantedEye, frame, picture, put, scene


@pytest.fixture
def nano() -> Nano:
    """nano with an eye that sees one car everywhere."""
    return Nano(PlantedEye(lambda sight, _: put(sight, 0, (8, 10), (20, 12))))  # type: ignore[arg-type]


def test_a_second_question_costs_no_second_look(nano: Nano) -> None:
    one = scene(frame(picture()))
    first, second = nano.ask(one, "How many cars are there?"), nano.ask(one, "Is there a car?")
    assert (first.value, second.value) == (1, True)
    assert first.evidence == ("o1",)
    assert nano.eye.looks == 1  # type: ignore[attr-defined]


def test_an_answer_says_how_it_was_read_and_who_gave_it(nano: Nano) -> None:
    answer = nano.ask(scene(frame(picture())), "How many cars are there?")
    assert answer.query["thing"] == "car"
    assert (answer.model, answer.model_sha256) == ("nano-test", "0" * 64)
    assert answer.seconds["answer"] > 0


def test_answers_of_a_batch_are_those_of_single_questions(nano: Nano) -> None:
    from geoglot.conversation import Conversation

    one = scene(frame(picture()))
    batch = [Conversation.about(one, text) for text in ("How many cars?", "Where are the cars?")]
    assert [a.text for a in nano.answers(batch)] == [nano.answer(c).text for c in batch]


def test_a_question_without_an_image_is_an_error(nano: Nano) -> None:
    from geoglot.conversation import Conversation

    with pytest.raises(InputError, match="without an image"):
        nano.answer(Conversation.about(None, "How many cars?"))


def test_a_region_of_a_large_image_is_looked_at_closely() -> None:
    large = scene(frame(picture(3000, 2000)))
    part = focused(large, Box(2900, 100, 2950, 150))
    assert part.size == (512, 512)
    assert part.frame.origin_px == (2488, 0)
    assert focused(large, None) is large
    small = scene(frame(picture(500, 500)))
    assert focused(small, Box(0, 0, 5, 5)) is small


def test_names_that_are_no_model_are_told_what_is() -> None:
    with pytest.raises(UnknownName, match="nano"):
        load("nanno")


def test_a_folder_with_a_broken_manifest_is_a_model_error(tmp_path: Path) -> None:
    (tmp_path / "nano.json").write_text("{}")
    with pytest.raises(ModelError):
        load(tmp_path)


@pytest.mark.parametrize(
    ("name", "loader", "given"),
    [
        ("http://localhost:1/v1", "endpoint", "http://localhost:1/v1"),
        ("clip:nowhere", "clip", "nowhere"),
        ("hf:nowhere", "hf", "nowhere"),
    ],
)
def test_every_kind_of_name_finds_its_loader(
    name: str, loader: str, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(f"geoglot.models.{loader}.load", lambda name, **_: asked.append(name))
    load(name)
    assert asked == [given]
