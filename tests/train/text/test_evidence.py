"""What a writer reads of the eye's evidence: facts as words, questions as blocks that do not see each other."""

from __future__ import annotations

from dataclasses import asdict, fields, replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("numba")  # the names of things are the simulator's

from geoglot.models.autoregressive.facts import KINDS, POINTERS  # noqa: E402
from geoglot.models.autoregressive.told import Change, Thing, Told  # noqa: E402
from geoglot.train.recipes.nano_ar import nano_ar, shape  # noqa: E402
from geoglot.train.text.asking import Asked, Marked  # noqa: E402
from geoglot.train.text.evidence_feed import EvidenceFeed, chosen, lesson, nothing  # noqa: E402
from geoglot.train.text.evidence_writer import EvidenceWriter  # noqa: E402
from geoglot.train.text.facts import ADDED, NOTHING, Writing, label_in, pointed_in, replied  # noqa: E402
from geoglot.train.text.imagined import imagined  # noqa: E402
from geoglot.train.text.seen import Seen, from_json  # noqa: E402
from geoglot.train.text.vocabulary import Vocabulary  # noqa: E402

SHIP, FAR = (20.0, 20.0, 60.0, 40.0), (100.0, 100.0, 110.0, 110.0)
NEAR_SHIP = (21.0, 20.0, 60.0, 41.0)
ASKED = (
    Asked("presence", "presence", "Are there any ships?", "Yes."),
    Asked("count", "count", "How many ships are there?", "1"),
    Asked("ground", "ground", "Where is the ship?", "ship <r0>", boxes=(NEAR_SHIP,)),
    Asked("ground", "ground", "Where is the bus?", "none"),
    Asked("describe-region", "describe region", "What is in <r0>?", "A ship.", shown=(SHIP,)),
    Asked("caption", "caption", "Describe it.", "A harbour scene, mostly water, with one ship."),
)


def scene(name: str = "a", source: str = "optical") -> Seen:
    """A harbour with a ship that the eye sees, and a car that is not there."""
    told = Told(
        "rgb", 1, (128, 128), 0.5, objects=(Thing("ship", 0.9, SHIP), Thing("car", 0.3, FAR)),
        covers=((0, "water", 0.8), (0, "urban", 0.2)), scenes=(("harbor", 0.7),),
    )  # fmt: skip
    return Seen(name, source, told, (Marked("ship", NEAR_SHIP),), ASKED)


@pytest.fixture(scope="module")
def writing() -> Writing:
    texts = [text for asked in ASKED for text in (asked.question, asked.reply)]
    return Writing(Vocabulary.learned(texts, base=600, added=ADDED))


def row(writing: Writing, *which: int, seen: Seen | None = None):  # type: ignore[no-untyped-def]
    one = seen or scene()
    pointed = pointed_in(one.told)
    blocks = [writing.block(one, ASKED[index], pointed, tagged=False) for index in which]
    return writing.facts(one.told, pointed), blocks


def untaught(writing: Writing) -> EvidenceWriter:
    torch.manual_seed(0)
    return EvidenceWriter(shape(len(writing.vocabulary), quick=True)).eval()


def test_a_reply_is_learned_and_a_question_is_not(writing: Writing) -> None:
    taught = lesson([row(writing, 0, 5)], pad=writing.vocabulary.pad)
    learned = [writing.vocabulary.text([int(number)]) for number in taught.targets[0] if number >= 0]
    assert "".join(learned) == "Yes.A harbour scene, mostly water, with one ship."
    assert taught.counts["text"] == pytest.approx(sum(len(block.reply) ** 0.5 for block in row(writing, 0, 5)[1]))


def test_each_target_is_the_next_token_of_its_own_question(writing: Writing) -> None:
    taught = lesson([row(writing, 0, 1, 5)], pad=writing.vocabulary.pad)
    ids, targets, block = taught.ids[0], taught.targets[0], taught.block[0]
    for place in torch.nonzero(targets >= 0)[:, 0].tolist():
        assert targets[place] == ids[place + 1]
        assert block[place] == block[place + 1]


def test_a_reply_names_the_told_object_that_overlaps_the_true_one() -> None:
    pointed = pointed_in(scene().told, 7)
    assert replied(ASKED[2], pointed) == POINTERS[7]
    assert replied(ASKED[3], pointed) == NOTHING
    assert replied(replace(ASKED[2], boxes=((90.0, 0.0, 100.0, 10.0),)), pointed) == NOTHING
    every = Asked("detect", "detect", "Detect all ships.", "", boxes=(NEAR_SHIP, FAR))
    assert replied(every, pointed) == f"{POINTERS[7]}{POINTERS[8]}"


def test_changes_are_named_that_lie_in_true_ones() -> None:
    there, elsewhere = Change("became", "crop", "bare", 0.6, SHIP), Change("appeared", "car", "", 0.9, FAR)
    pointed = pointed_in(replace(scene().told, objects=(), frames=2, changes=(there, elsewhere)))
    asked = Asked("change-mask", "change mask", "Outline all changes.", "", boxes=((10.0, 10.0, 70.0, 70.0),))
    assert replied(asked, pointed) == POINTERS[1]  # the surer one comes first, and is not there
    assert replied(replace(asked, boxes=((0.0, 90.0, 9.0, 99.0),)), pointed) == POINTERS[0]  # something has changed
    assert replied(replace(asked, boxes=()), pointed) == NOTHING


def test_counting_selects_the_objects_that_are_there(writing: Writing) -> None:
    (block,) = row(writing, 1)[1]
    assert block.selected == (True, False)
    taught = lesson([row(writing, 1)], pad=writing.vocabulary.pad)
    assert int(taught.kind[0, 1]) == KINDS.index("object")
    assert taught.counts["select"] == 2


def test_what_places_answer_selects_things_changes_and_covers_in_the_order_of_their_facts(writing: Writing) -> None:
    changed = Change("appeared", "ship", "", 0.9, SHIP)
    seen = replace(scene(), told=replace(scene().told, frames=2, changes=(changed,)))
    pointed = pointed_in(seen.told)

    def selected(asked: Asked) -> tuple[bool, ...] | None:
        return writing.block(seen, asked, pointed, tagged=False).selected

    ship, car, change, water, urban = (tuple(here == there for here in range(5)) for there in range(5))
    assert selected(ASKED[2]) == ship
    assert selected(ASKED[3]) == (False,) * 5
    assert selected(Asked("detect", "detect", "Detect all cars.", "", boxes=(FAR,))) == car
    assert selected(Asked("segment", "segment", "Segment the ships.", "", boxes=(NEAR_SHIP,))) == ship
    assert selected(Asked("change-mask", "change mask", "Outline all changes.", "", boxes=(SHIP,))) == change
    assert selected(Asked("segment", "segment cover", "Segment the water.", "", label="water")) == water
    assert selected(Asked("segment", "segment cover", "Segment the built-up land.", "", label="urban")) == urban
    kinds = [KINDS[number] for number in writing.facts(seen.told, pointed).kind[:6]]
    assert kinds == ["frame", "object", "object", "change", "cover", "cover"]


def test_a_question_sees_the_facts_and_itself_alone(writing: Writing) -> None:
    """Its states are the same beside other questions, other scenes and filling."""
    model, pad = untaught(writing), writing.vocabulary.pad
    fewer = replace(scene(), told=replace(scene().told, objects=()))
    alone = lesson([row(writing, 1)], pad=pad)
    among = lesson([row(writing, 0, 1, 5), row(writing, 4, seen=fewer)], pad=pad)
    with torch.no_grad():
        one, other = model.states(alone), model.states(among)
    start = alone.kind.shape[1]
    before = len(row(writing, 0)[1][0].ids)
    torch.testing.assert_close(one[0, start:], other[0, start + before : start + before + one.shape[1] - start])
    small = lesson([row(writing, 4, seen=fewer)], pad=pad)
    with torch.no_grad():
        third = model.states(small)
    behind = small.kind.shape[1]
    torch.testing.assert_close(third[0, behind:], other[1, start : start + third.shape[1] - behind])


def test_rows_read_as_the_runtime_reads_them_one_token_after_another(writing: Writing) -> None:
    """Facts and question as one plain causal row, which is what the graph computes, give the same states."""
    model = untaught(writing)
    taught = lesson([row(writing, 0)], pad=writing.vocabulary.pad)
    facts = model.reader(
        model.writer.words.weight, taught.kind[0], taught.words[0], taught.places[0], taught.numbers[0]
    )
    plain = torch.cat([facts, model.writer.embed(taught.ids[0])])[None]
    with torch.no_grad():
        states = model.writer(plain, positions=torch.arange(plain.shape[1])[None])[0]
        torch.testing.assert_close(model.states(taught), states)


def test_what_comes_later_in_a_reply_is_not_seen(writing: Writing) -> None:
    model = untaught(writing)
    whole = lesson([row(writing, 5)], pad=writing.vocabulary.pad)
    ids = whole.ids.clone()
    ids[0, -1] = writing.vocabulary.ask
    with torch.no_grad():
        one, other = model.states(whole), model.states(replace(whole, ids=ids))
    torch.testing.assert_close(one[0, :-1], other[0, :-1])


def test_one_batch_is_learned_by_heart(writing: Writing) -> None:
    model = untaught(writing).train()
    taught = lesson([row(writing, 0, 1, 2, 4)], pad=writing.vocabulary.pad)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(40):
        optimiser.zero_grad()
        losses = model(taught)
        torch.stack([losses[name] / taught.counts[name] for name in losses]).sum().backward()
        optimiser.step()
    with torch.no_grad():
        hidden = model.states(taught)
    learned = taught.targets[0] >= 0
    said = model.writer.logits(hidden[0, taught.kind.shape[1] :][learned]).argmax(dim=-1)
    assert (said == taught.targets[0][learned]).float().mean() > 0.95


def test_ordered_words_begin_the_nearer_the_closer_they_are(writing: Writing) -> None:
    model = untaught(writing)
    ids = [writing.vocabulary[f"<{place}>"] for place in range(1000)]
    model.line_up(ids)
    found = model.writer.words.weight[torch.tensor(ids)]
    near, far = (torch.nn.functional.cosine_similarity(found[500], found[place], dim=0) for place in (501, 900))
    assert near > 0.5 > far


def test_rows_are_pure_functions_of_their_number(writing: Writing) -> None:
    recipe = nano_ar(quick=True)
    sources = {name: [scene(str(index)) for index in range(5)] for name in ("scenes", "pairs", "real")}
    one, other = (EvidenceFeed(recipe, sources, writing) for _ in range(2))
    other.lesson(0, 6, 8)
    a, b = one.lesson(1, 2, 6), other.lesson(1, 2, 6)
    assert all(torch.equal(getattr(a, field.name), getattr(b, field.name)) for field in fields(a))


def test_who_has_seen_nothing_is_taught_too(writing: Writing) -> None:
    blind = [writing.block(scene(), ASKED[index], None, tagged=True) for index in (1, 2, 4)]
    taught = lesson([(nothing(), blind)], pad=writing.vocabulary.pad)
    assert float(taught.counts["select"]) == 0
    assert int((taught.kind >= 0).sum()) == 0
    assert "<o" not in writing.vocabulary.text(taught.ids[0].tolist())
    assert torch.isfinite(untaught(writing)(taught)["text"])


def test_questions_of_a_row_go_round_the_kinds() -> None:
    drawn = chosen((*ASKED, *ASKED, *ASKED), np.random.default_rng(0))
    assert {one.kind for one in drawn[:5]} == {one.kind for one in ASKED}
    assert len(drawn) == 12


def test_names_are_found_in_questions_by_the_longest_that_fits() -> None:
    assert label_in("How many storage tanks are there?") == "storage tank"
    assert label_in("Is there any lorry?") == "truck"
    assert label_in("Is there any forest?") is None


def test_what_was_seen_comes_back_from_its_file() -> None:
    assert from_json(asdict(scene())) == scene()


def test_of_imagined_scenes_the_facts_alone_tell_every_answer() -> None:
    for number in range(20):
        seen = imagined(str(number), np.random.default_rng(number))
        pointed = pointed_in(seen.told)
        counts = {label: sum(one.label == label for one in seen.told.objects) for label in
                  {one.label for one in seen.asked}}  # fmt: skip
        for one in seen.asked:
            if one.kind == "count":
                assert one.reply == str(counts[one.label])
            elif one.kind == "presence":
                assert one.reply == ("Yes." if counts[one.label] else "No.")
            elif one.kind == "ground" and one.boxes and pointed.at(one.boxes[0]):
                assert pointed.things[replied(one, pointed)].label == one.label
