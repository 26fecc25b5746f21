"""A known box, drawn through each model's way of writing places, comes back to the right pixels."""

from __future__ import annotations

import pytest

from geoglot.conversation import Conversation
from geoglot.models.prompting import answer_from, convention_for, prompt_for
from geoglot.regions import Box
from geoglot.tasks import TaskName
from tests.models.scenes import plain_scene

SIZES = [(96, 64), (64, 96), (640, 480), (3000, 1200), (1100, 2500)]
FAMILIES = ["qwen2_vl", "qwen2_5_vl", "qwen3_vl", "internvl", "deepseek_vl_v2", "a family nobody knows"]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_known_box_comes_back_to_its_pixels(family: str, size: tuple[int, int]) -> None:
    convention = convention_for(family)
    conversation = Conversation.about(plain_scene(*size), "Where is the ship?")
    prompt = prompt_for(conversation, task=TaskName.GROUND, convention=convention)
    shown = prompt.pictures[0].size
    truth = Box(size[0] * 0.25, size[1] * 0.3, size[0] * 0.6, size[1] * 0.8, label="ship")
    seen = truth.scaled(shown[0] / size[0], shown[1] / size[1])
    reply = convention.codec.write(seen, shown)
    answer = answer_from(reply, conversation, prompt, convention=convention, probability=0.9)
    assert not answer.warnings
    (found,) = answer.regions
    allowed = convention.codec.quantisation_px(shown) * size[0] / shown[0] + 0.6
    for side in ("x0", "y0", "x1", "y1"):
        assert getattr(found.bounds, side) == pytest.approx(getattr(truth, side), abs=allowed)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_region_of_the_question_is_written_in_the_models_own_form(family: str) -> None:
    convention = convention_for(family)
    conversation = Conversation.about(plain_scene(), "What is in <r0>?", regions=(Box(8, 8, 24, 40),))
    prompt = prompt_for(conversation, task=TaskName.DESCRIBE_REGION, convention=convention)
    assert "<r0>" not in prompt.text
    assert convention.codec.write(Box(8, 8, 24, 40), (96, 64)) in prompt.text


def test_a_reply_outside_the_grammar_is_unsure_and_has_no_value() -> None:
    convention = convention_for("qwen3_vl")
    conversation = Conversation.about(plain_scene(), "How many ships are there?")
    prompt = prompt_for(conversation, task=TaskName.COUNT, convention=convention)
    answer = answer_from("a great many, I guess 3 or 4", conversation, prompt, convention=convention, probability=0.99)
    assert answer.value is None
    assert answer.unsure
    assert "could not be read" in answer.warnings[0]


def test_a_reply_of_low_probability_is_unsure() -> None:
    convention = convention_for("qwen3_vl")
    conversation = Conversation.about(plain_scene(), "How many ships are there?")
    prompt = prompt_for(conversation, task=TaskName.COUNT, convention=convention)
    answer = answer_from("3", conversation, prompt, convention=convention, probability=0.2)
    assert answer.value == 3
    assert answer.unsure


def test_earlier_turns_are_in_the_prompt() -> None:
    convention = convention_for("qwen3_vl")
    conversation = Conversation.about(plain_scene(), "How many ships are there?")
    prompt = prompt_for(conversation, task=TaskName.COUNT, convention=convention)
    first = answer_from("3", conversation, prompt, convention=convention, probability=0.9)
    again = prompt_for(conversation.then(first, "And cars?"), task=TaskName.COUNT, convention=convention)
    assert again.text.index("How many ships") < again.text.index("Answer: 3") < again.text.index("And cars?")


@pytest.mark.parametrize(
    ("question", "task"),
    [("hwo many storge tanks", TaskName.COUNT), ("Got any bright spots?", TaskName.PRESENCE)],
)
def test_the_trained_reader_tells_the_task_of_words_that_no_rule_reads(question: str, task: TaskName) -> None:
    prompt = prompt_for(Conversation.about(plain_scene(), question), task=None, convention=convention_for("qwen3_vl"))
    assert prompt.task is task
