"""Whatever a grammar lets through is read by the task's strict parser, however foolish the writer."""

from __future__ import annotations

import re
from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geoglot.errors import InputError, ModelError, UnknownName
from geoglot.models.autoregressive.grammar import Guide, place, regular, reply
from geoglot.models.autoregressive.grammar.expression import (
    EMPTY,
    EVERYTHING,
    NOTHING,
    Expression,
    either,
    text,
    then,
)
from geoglot.models.autoregressive.grammar.guide import State
from geoglot.models.autoregressive.grammar.logic import both, unlike
from geoglot.models.autoregressive.grammar.numbers import number
from geoglot.models.autoregressive.vocabulary import Vocabulary
from geoglot.regions import codecs
from geoglot.tasks import TaskName, all_tasks, get
from tests.regions import test_codecs

SIZE = (640, 480)
FORMS = ("geoglot", "geoglot-tokens", "earth-onevision", "ringmo-agent")
EVERY_PLACE = [(form, kind) for form in FORMS for kind in codecs.get(form).kinds]
PATTERNS = [r"a|bc*", r"(?:ab)+c?", r"[a-c]{2,3}", r"[^a]b{0,2}", r"\d+(?:\.\d+)?", r"x(?: \w+){1,2}\.?", r"[\s\S]*a"]


def keeps_to(grammar: Expression, written: str) -> bool:
    return grammar.after_all(written).nullable


def rambled(guide: Guide, grammar: Expression, seed: int, most: int) -> list[int]:
    """Tokens drawn blindly among the allowed ones, then brought to an end."""
    rng = np.random.default_rng(seed)
    state = State(grammar)
    out: list[int] = []
    while len(out) < most:
        allowed = guide.allowed(state)
        if state.may_end and (not len(allowed) or rng.random() < 0.15):
            return out
        out.append(int(rng.choice(allowed)))
        state = guide.after(state, out[-1])
    return [*out, *guide.closing(state)]


def in_geoglots_form(written: str, form: str) -> str:
    """As `prompting` does it before a task's parser sees a reply."""
    if form == "geoglot":
        return written
    marked, found = codecs.marked(written, codecs.get(form), SIZE)
    for index, region in enumerate(found):
        label = f"{region.label}: " if region.label else ""
        marked = marked.replace(f"<r{index}>", label + codecs.get("geoglot").write(region, SIZE))
    return marked


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(deadline=None, max_examples=80)
@given(written=st.text(alphabet="abcxX .0123é", max_size=7))
@example(written="")
def test_a_pattern_means_what_it_means_to_re(pattern: str, written: str) -> None:
    assert keeps_to(regular(pattern), written) == bool(re.fullmatch(pattern, written, re.IGNORECASE))


@pytest.mark.parametrize("task", list(TaskName))
@settings(deadline=None, max_examples=8)
@given(data=st.data())
def test_a_tasks_grammar_is_never_wider_than_its_own_pattern(task: TaskName, data: st.DataObject) -> None:
    pattern = get(task).grammar
    grammar = reply(task, "geoglot")
    written = data.draw(st.from_regex(re.compile(pattern, re.IGNORECASE), fullmatch=True).filter(lambda t: len(t) < 80))
    if keeps_to(grammar, written):
        get(task).parse(written, SIZE)


@pytest.mark.parametrize("pattern", ["(?=a)", "a*?", "a++", "(a", "[a", "a{x}", r"\b", "^a", "a)", "\\", "(?P<n>a)"])
def test_patterns_that_are_not_known_are_refused_not_guessed(pattern: str) -> None:
    with pytest.raises(InputError):
        regular(pattern)


def test_equal_expressions_are_one() -> None:
    assert regular("a|b|a") is regular("b|a")
    assert both(regular("a*"), EVERYTHING) is regular("a*")
    assert unlike(unlike(regular("ab"))) is regular("ab")
    assert then(NOTHING, text("a")) is NOTHING
    assert either(NOTHING, EMPTY) is EMPTY
    assert both(text("a"), NOTHING) is NOTHING
    assert unlike(EVERYTHING) is NOTHING


@given(low=st.integers(0, 300), more=st.integers(0, 900), written=st.integers(0, 1300))
@settings(deadline=None)
def test_numbers_are_those_of_their_range(low: int, more: int, written: int) -> None:
    numbers = number(low, low + more, _Ends(), before="<", stop=">")
    assert keeps_to(numbers, f"<{written}>") == (low <= written <= low + more)
    assert not keeps_to(numbers, f"<0{written}>")
    assert numbers.shortest is not None
    assert keeps_to(numbers, numbers.shortest)


class _Ends:
    def __call__(self, found: int, /) -> Expression:
        return EMPTY


@pytest.mark.parametrize(("form", "kind"), EVERY_PLACE)
@settings(deadline=None, max_examples=5)
@given(seed=st.integers(0, 2**32 - 1), most=st.sampled_from([3, 12, 60]))
def test_eo_4_every_guided_place_is_read(form: str, kind: str, seed: int, most: int) -> None:
    guide, vocabulary = _loaded()
    written = vocabulary.decode(rambled(guide, place(form, kind), seed, most))
    codecs.get(form).read(written, SIZE)


ROWS = "; ".join(["lake *4, others *20"] * 24)
TWICE = {
    "segment": (f"<seg>{ROWS}</seg>", f"show: <seg>{ROWS}</seg>"),
    "detect": (
        '{"hbox_2d": [<1>, <2>, <3>, <4>], "label": "a"}',
        'ship {"hbox_2d": [<1>, <2>, <3>, <4>], "label": "a"}',
    ),
}


@pytest.mark.parametrize("task", TWICE)
def test_a_place_has_its_label_before_it_or_in_it_but_not_both(task: str) -> None:
    """Found by chance: "show: " before a mask of lakes was guided, and read as two labels in a row."""
    grammar = reply(TaskName(task), "earth-onevision")
    once, twice = TWICE[task]
    assert keeps_to(grammar, once)
    assert not keeps_to(grammar, twice)
    assert keeps_to(grammar, twice.replace(', "label": "a"', "").replace("lake", "target"))


@pytest.mark.parametrize("form", FORMS)
def test_what_follows_a_yes_holds_no_place(form: str) -> None:
    """Found by chance: the words after a yes were free, half a mask among them, which no codec reads."""
    assert keeps_to(reply(TaskName.PRESENCE, form), "yes, there are two")
    assert not keeps_to(reply(TaskName.PRESENCE, form), "yes, <seg>a *2</seg>")
    assert not keeps_to(reply(TaskName.PRESENCE, form), "yes, <box>1,2</box>")


def test_corners_are_guided_only_where_a_polygon_is_an_answer() -> None:
    """Found by chance: the corners of an oriented box are read as a polygon, which is no answer to `ground`."""
    corners = '{"rbox_2d": [<1>, <2>, <9>, <2>, <9>, <8>, <1>, <8>]}'
    assert keeps_to(reply(TaskName.DETECT, "earth-onevision"), f"ship {corners}")
    assert not keeps_to(reply(TaskName.GROUND, "earth-onevision"), corners)
    assert not keeps_to(reply(TaskName.GROUND, "earth-onevision"), f"ship {corners}")


def test_a_mask_of_nothing_is_no_mask() -> None:
    """Found by chance: 24 rows of background were guided, and read as no region at all."""
    nothing = "; ".join(["others *24"] * 24)
    assert not keeps_to(place("earth-onevision", "mask"), f"<seg>{nothing}</seg>")
    assert keeps_to(place("earth-onevision", "mask"), f"<seg>{nothing[:-2]}23, a *1</seg>")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("task", list(TaskName))
@settings(deadline=None, max_examples=5)
@given(seed=st.integers(0, 2**32 - 1), most=st.sampled_from([1, 6, 40]))
@example(seed=261, most=40)
def test_eo_4_every_guided_reply_is_parsed(form: str, task: TaskName, seed: int, most: int) -> None:
    guide, vocabulary = _loaded()
    written = vocabulary.decode(rambled(guide, reply(task, form), seed, most))
    get(task).parse(in_geoglots_form(written, form), SIZE)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("task", list(TaskName))
@settings(deadline=None, max_examples=3)
@given(seed=st.integers(0, 2**32 - 1))
@example(seed=261)
def test_from_wherever_allowed_tokens_lead_a_reply_can_end(form: str, task: TaskName, seed: int) -> None:
    """Found by chance: "… within to path" was guided, though every reply that begins so names two relations."""
    guide, _ = _loaded()
    rng = np.random.default_rng(seed)
    state = State(reply(task, form))
    for _ in range(40):
        ending = (state.begun + guide.ending(state)).decode()
        assert keeps_to(state.rest, ending)
        allowed = guide.allowed(state)
        if not len(allowed):
            break
        state = guide.after(state, int(rng.choice(allowed)))


@pytest.mark.parametrize("dead", ["by of ", "by on x", "near of.", "The ship is by by the"])
def test_a_letter_after_which_every_reply_is_refused_may_not_come(dead: str) -> None:
    relation = reply(TaskName.RELATION, "geoglot")
    assert relation.after_all(dead) is NOTHING
    assert keeps_to(relation, "by office")
    assert keeps_to(relation, "The ship is by bylaws")


_SMALL = st.recursive(
    st.sampled_from(["a", "b", "[ab]", r"[\s\S]*"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        inner.map(lambda one: f"(?:{one})*"),
        inner.map(lambda one: f"(?:{one})?"),
    ),
    max_leaves=5,
)
"""Patterns over a and b."""


@settings(deadline=None, max_examples=150)
@given(one=_SMALL, other=_SMALL, refused=_SMALL, begun=st.text(alphabet="ab", max_size=2))
@example(one="a", other="b", refused="ab", begun="")
@example(one="a(?:b)*", other=r"[\s\S]*", refused=r"a(?:b(?:b)*)?", begun="a")
@example(one="a", other="a", refused=r"[\s\S]*(?:a)?", begun="")
def test_an_intersection_is_nothing_exactly_where_it_has_no_text(
    one: str, other: str, refused: str, begun: str
) -> None:
    left = both(regular(one), regular(other), unlike(regular(refused))).after_all(begun)
    tried = ["".join(letters) for size in range(6) for letters in product("ab", repeat=size)]
    inside = [
        end
        for end in tried
        if re.fullmatch(one, begun + end)
        and re.fullmatch(other, begun + end)
        and not re.fullmatch(refused, begun + end)
    ]
    if left is NOTHING:
        assert not inside
        return
    ending = left.shortest
    assert ending is not None
    assert all(re.fullmatch(pattern, begun + ending, re.IGNORECASE) for pattern in (one, other))
    assert not re.fullmatch(refused, begun + ending, re.IGNORECASE)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_what_codecs_write_is_allowed(data: st.DataObject) -> None:
    """A grammar that keeps good answers out would be worse than none."""
    form, kind = data.draw(st.sampled_from(EVERY_PLACE))
    region, size = data.draw(test_codecs.regions(form, kind))
    written = test_codecs.written(codecs.get(form), region, size)
    if kind not in ("polygon", "oriented-box"):  # whose corners may fall together
        assert keeps_to(place(form, kind), written)


@pytest.mark.parametrize(
    ("task", "good"),
    [("presence", "Yes, no doubt about it."), ("presence", "Yes, there are two ships."), ("count", "Twelve ships."),
     ("count", "There are about 1,200 cars."), ("relation", "The ship is to the left of the bridge."),
     ("area", "About 37 % of the image (12.4 ha) is water."), ("mcq", "B. harbour"), ("multilabel", "Water, trees"),
     ("detect", "ship <box>1,2,30,40</box>; ship <box>5,6,7,8</box>"), ("detect", "No ships."), ("area", "12.4 m²"),
     ("ground", "the red car: <point>5,5</point>"), ("navigate", "<path>0,0,500,500,999,0</path>"),
     ("caption", "A harbour with <ref>two ships</ref> <box>1,2,3,4</box> at the quay."), ("vqa", "très bien: 港")],
)  # fmt: skip
def test_replies_as_people_give_them_are_allowed(task: str, good: str) -> None:
    get(task).parse(good, SIZE)
    assert keeps_to(reply(TaskName(task), "geoglot"), good)


@pytest.mark.parametrize(
    ("task", "bad"),
    [("presence", "Yes, no."), ("count", "two hundred"), ("count", "two or three"), ("relation", "left of from"),
     ("detect", "ship <box>9,2,3,4</box>"), ("detect", "<box>1,2,3</box>"), ("caption", "a ship <box>1,2,3,4"),
     ("segment", "<mask>0,0,9,9;2,2;1,2</mask>"), ("caption", "<box>1,2,3,4</box>"), ("presence", "maybe")],
)  # fmt: skip
def test_replies_that_the_parser_refuses_are_not_allowed(task: str, bad: str) -> None:
    assert not keeps_to(reply(TaskName(task), "geoglot"), bad)


def test_every_task_can_be_brought_to_an_end_from_its_beginning() -> None:
    for task in all_tasks():
        for form in FORMS:
            ending = reply(task.name, form).shortest
            assert ending is not None
            task.parse(in_geoglots_form(ending, form), SIZE)


def test_places_that_cannot_be_guided_are_named() -> None:
    with pytest.raises(UnknownName):
        place("geochat", "box")


def test_eo_2_a_coordinate_is_one_token_and_one_for_each_digit_without(guide: Guide, vocabulary: Vocabulary) -> None:
    written = '{"hbox_2d": [<456>, <68>, <566>, <110>], "label": "ship"}'
    tokens = [vocabulary.spelled[token] for token in vocabulary.encode(written)]
    assert [token for token in tokens if token.startswith(b"<")] == [b"<456>", b"<68>", b"<566>", b"<110>"]
    assert sum(len(vocabulary.encode(str(place))) for place in range(1000)) >= 2.85 * 1000  # 2.89 digits on average
    begun = State(place("geoglot-tokens", "box").after_all('{"hbox_2d": ['))
    assert [vocabulary.spelled[token] for token in guide.allowed(begun)] == [b"<%d>" % one for one in range(1000)]
    second = State(begun.rest.after_all("<990>, <68>, "))
    assert len(guide.allowed(second)) == 10


def test_letters_of_several_bytes_are_allowed_byte_by_byte(guide: Guide, vocabulary: Vocabulary) -> None:
    state = State(reply(TaskName.AREA, "geoglot").after_all("12 m"))
    first, second = vocabulary.encode("²")
    assert first in guide.allowed(state)
    half = guide.after(state, first)
    assert not half.may_end
    assert second in guide.allowed(half)
    assert guide.after(half, second).may_end
    assert vocabulary.decode([first, *guide.closing(half)]) == "²"


def test_a_vocabulary_without_the_letters_is_an_error(guide: Guide) -> None:
    class Poor:
        spelled = (b"a", b"b")

    with pytest.raises(ModelError, match="spell"):
        Guide(Poor()).closing(State(text("abc")))  # type: ignore[arg-type]


_KEPT: list[tuple[Guide, Vocabulary]] = []


@pytest.fixture(autouse=True)
def _shared(guide: Guide, vocabulary: Vocabulary) -> None:
    """Hypothesis runs a test often: it may not ask for fixtures of a function's scope."""
    _KEPT[:] = [(guide, vocabulary)]


def _loaded() -> tuple[Guide, Vocabulary]:
    return _KEPT[0]
