"""What a writer reads of the eye's evidence: facts as words, questions as blocks that do not see each other."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("numba")  # the names of things are the simulator's

from geoglot.nets import classes  # noqa: E402
from geoglot.train.recipes.nano_ar import nano_ar, shape  # noqa: E402
from geoglot.train.text.evidence_feed import EvidenceFeed, chosen, lesson  # noqa: E402
from geoglot.train.text.evidence_writer import KINDS, EvidenceWriter  # noqa: E402
from geoglot.train.text.facts import ADDED, Writing, corners, label_in, overlap, written  # noqa: E402
from geoglot.train.text.seen import Asked, Object, Seen  # noqa: E402
from geoglot.train.text.vocabulary import Vocabulary  # noqa: E402

SHIP, FAR = (20.0, 20.0, 60.0, 40.0), (100.0, 100.0, 110.0, 110.0)
ASKED = (
    Asked("presence", "presence", "Are there any ships?", "Yes.", "True", (), ()),
    Asked("count", "count", "How many ships are there?", "1", "1", (), ()),
    Asked("ground", "ground", "Where is the ship?", "ship <r0>", "None", (), ((21.0, 20.0, 60.0, 41.0),)),
    Asked("ground", "ground", "Where is the bus?", "none", "None", (), ()),
    Asked("describe-region", "describe region", "What is in <r0>?", "A ship.", "None", (SHIP,), ()),
    Asked("caption", "caption", "Describe it.", "A harbour scene, mostly water, with one ship.", "None", (), ()),
)


def scene(name: str = "a") -> Seen:
    """A harbour with a ship that the eye sees, and a car that is not there."""
    return Seen(
        id=name, sensor="optical", size=(128, 128), gsd_m=0.5,
        objects=(Object("ship", 0.9, SHIP), Object("car", 0.3, FAR)),
        slots=((0.1, 0.2, 0.0),) * len(classes.OBJECTS), covers=(("water", 0.8), ("urban", 0.2)),
        scenes=(("harbor", 0.7),), truth=(Object("ship", 1.0, (21.0, 20.0, 60.0, 41.0)),), asked=ASKED,
    )  # fmt: skip


@pytest.fixture(scope="module")
def writing() -> Writing:
    texts = [text for asked in ASKED for text in (asked.question, asked.reply)]
    return Writing(Vocabulary.learned(texts, base=600, added=ADDED))


def blocks(writing: Writing, *which: int) -> list:  # type: ignore[type-arg]
    return [writing.block(scene(), ASKED[index], tagged=False) for index in which]


def test_a_reply_is_learned_and_a_question_is_not(writing: Writing) -> None:
    taught = lesson([(writing.facts(scene()), blocks(writing, 0, 5))], pad=writing.vocabulary.pad)
    learned = [writing.vocabulary.text([int(number)]) for number in taught.targets[0] if number >= 0]
    assert "".join(learned) == "Yes.A harbour scene, mostly water, with one ship."
    assert taught.counts["text"] == pytest.approx(sum(len(block.reply) ** 0.5 for block in blocks(writing, 0, 5)))


def test_each_target_is_the_next_token_of_its_own_question(writing: Writing) -> None:
    taught = lesson([(writing.facts(scene()), blocks(writing, 0, 1, 5))], pad=writing.vocabulary.pad)
    ids, targets, block = taught.ids[0], taught.targets[0], taught.block[0]
    for place in torch.nonzero(targets >= 0)[:, 0].tolist():
        assert targets[place] == ids[place + 1]
        assert block[place] == block[place + 1]


def test_grounding_points_at_the_object_that_overlaps_and_counting_selects_its_class(writing: Writing) -> None:
    ground, absent, count = blocks(writing, 2, 3, 1)
    assert ground.pointed == 0
    assert absent.pointed is None
    assert count.selected == (True, False)
    taught = lesson([(writing.facts(scene()), [ground, count])], pad=writing.vocabulary.pad)
    assert int(taught.kind[0, taught.pointed[0]]) == KINDS.index("object")
    assert taught.counts["pointer"] == 1
    assert taught.counts["select"] == 2


def test_the_token_that_points_is_the_last_of_the_question(writing: Writing) -> None:
    taught = lesson([(writing.facts(scene()), blocks(writing, 0, 2))], pad=writing.vocabulary.pad)
    assert {int(taught.ids[row, place]) for row, place in taught.asked} == {writing.vocabulary.reply}


def test_a_question_sees_the_facts_and_itself_alone(writing: Writing) -> None:
    """Its states are the same beside other questions, other scenes and filling."""
    torch.manual_seed(0)
    model = EvidenceWriter(shape(len(writing.vocabulary), quick=True))
    facts = writing.facts(scene())
    pad = writing.vocabulary.pad
    fewer = replace(scene(), objects=scene().objects[:1])
    alone = lesson([(facts, blocks(writing, 1))], pad=pad)
    among = lesson([(facts, blocks(writing, 0, 1, 5)), (writing.facts(fewer), blocks(writing, 4))], pad=pad)
    with torch.no_grad():
        one, other = model.states(alone), model.states(among)
    start = facts.kind.size
    before = len(blocks(writing, 0)[0].ids)
    torch.testing.assert_close(one[0, start:], other[0, start + before : start + before + one.shape[1] - start])


def test_what_comes_later_in_a_reply_is_not_seen(writing: Writing) -> None:
    torch.manual_seed(0)
    model = EvidenceWriter(shape(len(writing.vocabulary), quick=True))
    whole = lesson([(writing.facts(scene()), blocks(writing, 5))], pad=writing.vocabulary.pad)
    ids = whole.ids.clone()
    ids[0, -1] = writing.vocabulary.ask
    with torch.no_grad():
        one, other = model.states(whole), model.states(replace(whole, ids=ids))
    torch.testing.assert_close(one[0, :-1], other[0, :-1])


def test_one_batch_is_learned_by_heart(writing: Writing) -> None:
    torch.manual_seed(0)
    model = EvidenceWriter(shape(len(writing.vocabulary), quick=True))
    rows = [(writing.facts(scene()), blocks(writing, 0, 1, 2, 4))]
    taught = lesson(rows, pad=writing.vocabulary.pad)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(40):
        optimiser.zero_grad()
        losses = model(taught)
        torch.stack([losses[name] / taught.counts[name] for name in losses]).sum().backward()
        optimiser.step()
    with torch.no_grad():
        hidden = model.states(taught)
    learned = taught.targets[0] >= 0
    said = model.logits(hidden[0, taught.kind.shape[1] :][learned]).argmax(dim=-1)
    assert (said == taught.targets[0][learned]).float().mean() > 0.95
    pointing, _ = model.chosen(hidden, taught)
    assert int(pointing[2].argmax()) == int(taught.pointed[2])


def test_rows_are_pure_functions_of_their_number(writing: Writing) -> None:
    recipe = nano_ar(quick=True)
    scenes = [scene(str(index)) for index in range(5)]
    one, other = (EvidenceFeed(recipe, {"seen": scenes}, writing) for _ in range(2))
    other.lesson(0, 6, 8)
    a, b = one.lesson(0, 2, 4), other.lesson(0, 2, 4)
    assert all(torch.equal(getattr(a, field.name), getattr(b, field.name)) for field in fields(a))


def test_questions_of_a_row_go_round_the_kinds_that_are_taught() -> None:
    area = Asked("area", "area", "How much is water?", "3 ha", "3", (), ())
    drawn = chosen((*ASKED, area), np.random.default_rng(0))
    assert area not in drawn
    assert len({one.kind for one in drawn[:5]}) == 5


def test_places_become_words_of_thousandths() -> None:
    assert corners((0.0, 64.0, 128.0, 128.0), (128, 128)) == ["<0>", "<500>", "<999>", "<999>"]
    assert written("In <r0>?", ((0.0, 0.0, 64.0, 64.0),), (128, 128)) == "In <0><0><500><500>?"


def test_names_are_found_in_questions_by_the_longest_that_fits() -> None:
    assert label_in("How many storage tanks are there?") == "storage tank"
    assert label_in("Is there any lorry?") == "truck"
    assert label_in("Is there any forest?") is None


def test_overlap_is_intersection_over_union() -> None:
    assert overlap((0, 0, 2, 2), (1, 1, 3, 3)) == pytest.approx(1 / 7)
    assert overlap((0, 0, 1, 1), (1, 0, 2, 1)) == 0
