"""Tokens chosen one by one: the likeliest or drawn, streamed, many rows at once, under a grammar."""

from __future__ import annotations

import numpy as np
import pytest

from geoglot.errors import InputError
from geoglot.models.autoregressive.decoder import Decoder, Prompt
from geoglot.models.autoregressive.grammar import Guide, regular, reply
from geoglot.models.autoregressive.grammar.expression import EMPTY
from geoglot.models.autoregressive.grammar.numbers import number
from geoglot.models.autoregressive.vocabulary import Vocabulary
from geoglot.models.autoregressive.writing import (
    Choice,
    Guided,
    Reply,
    Writing,
    mean_probability,
    score_of,
    written,
)
from geoglot.regions import codecs
from geoglot.tasks import TaskName, get

QUESTIONS = ("How many ships are there?", "Detect all cars.", "Is it so? Tell me more of it.", "Trees?")
DRAWN = Choice(temperature=0.9, top_p=0.9, seed=4)


@pytest.fixture(scope="module")
def prompts(vocabulary: Vocabulary) -> list[Prompt]:
    return [Prompt(np.array(vocabulary.encode(question))) for question in QUESTIONS]


@pytest.mark.parametrize("choice", [Choice(), DRAWN])
def test_rows_are_written_as_if_they_were_alone(
    choice: Choice, decoder: Decoder, vocabulary: Vocabulary, prompts: list[Prompt]
) -> None:
    together = written(decoder, vocabulary, prompts, most=20, choice=choice)
    alone = [written(decoder, vocabulary, [prompt], most=20, choice=choice)[0] for prompt in prompts]
    assert [one.tokens for one in together] == [one.tokens for one in alone]
    assert np.allclose(together[0].logs, alone[0].logs, atol=1e-4)


def test_the_likeliest_token_is_that_of_the_logits(
    decoder: Decoder, vocabulary: Vocabulary, prompts: list[Prompt]
) -> None:
    (found,) = written(decoder, vocabulary, prompts[:1], most=4)
    rows = decoder.start(prompts[:1], room=4)
    for token, log in zip(found.tokens, found.logs, strict=True):
        logits = rows.next.logits[0].astype(np.float64)
        logits[vocabulary.id_of("<image>")] = -np.inf
        assert token == logits.argmax()
        assert log == pytest.approx(logits.max() - np.log(np.exp(logits).sum()), abs=1e-4)
        rows.step(np.array([token]))


def test_the_seed_decides_what_is_drawn(decoder: Decoder, vocabulary: Vocabulary, prompts: list[Prompt]) -> None:
    def drawn(seed: int) -> tuple[int, ...]:
        hot = Choice(temperature=1.5, seed=seed)
        return written(decoder, vocabulary, prompts[:1], most=20, choice=hot)[0].tokens

    assert drawn(1) == drawn(1)
    assert len({drawn(seed) for seed in range(4)}) > 1


def test_a_small_top_p_leaves_the_likeliest(decoder: Decoder, vocabulary: Vocabulary, prompts: list[Prompt]) -> None:
    narrow = written(decoder, vocabulary, prompts, most=12, choice=Choice(temperature=1.0, top_p=1e-6, seed=1))
    assert [one.tokens for one in narrow] == [one.tokens for one in written(decoder, vocabulary, prompts, most=12)]


def test_drawing_follows_the_probabilities(decoder: Decoder, vocabulary: Vocabulary, prompts: list[Prompt]) -> None:
    """First tokens of many seeds against the softmax, over the likeliest five."""
    logits = decoder.start(prompts[:1], room=1).next.logits[0].astype(np.float64)
    logits[vocabulary.id_of("<image>")] = -np.inf
    likely = np.exp(logits / 2 - logits.max() / 2)
    likely /= likely.sum()
    drawn = [
        written(decoder, vocabulary, prompts[:1], most=1, choice=Choice(temperature=2.0, seed=seed))[0].tokens
        for seed in range(300)
    ]
    for token in np.argsort(-likely)[:5]:
        share = sum(one == (token,) for one in drawn) / len(drawn)
        assert share == pytest.approx(likely[token], abs=4 * (likely[token] / 300) ** 0.5)


def test_what_is_streamed_is_the_whole(decoder: Decoder, vocabulary: Vocabulary, prompts: list[Prompt]) -> None:
    writing = Writing(decoder, vocabulary, prompts, most=15, choice=DRAWN)
    streamed: list[list[int]] = [[] for _ in prompts]
    for said in writing:
        streamed[said.row].append(said.token)
    assert [tuple(row) for row in streamed] == [one.tokens for one in writing.replies]
    assert writing.replies == written(decoder, vocabulary, prompts, most=15, choice=DRAWN)


def test_a_reply_ends_at_its_end_token_and_the_others_go_on(
    decoder: Decoder, vocabulary: Vocabulary, prompts: list[Prompt], tmp_path: object
) -> None:
    free = written(decoder, vocabulary, prompts, most=10)
    ends = free[0].tokens[3]

    class Early(Vocabulary):
        def __init__(self) -> None:
            self._inner = vocabulary._inner
            self.end = frozenset([ends])
            self.hidden = vocabulary.hidden | self.end

    replies = written(decoder, Early(), prompts, most=10)
    assert replies[0].tokens == free[0].tokens[: free[0].tokens.index(ends)]
    assert not replies[0].cut
    for one, other in zip(replies, free, strict=True):
        if ends not in other.tokens:
            assert one.cut
            assert one.tokens == other.tokens


def test_a_grammar_that_allows_the_likeliest_reply_changes_nothing(
    decoder: Decoder, vocabulary: Vocabulary, guide: Guide, prompts: list[Prompt]
) -> None:
    free = written(decoder, vocabulary, prompts, most=12)
    guided = Guided(guide, [regular(r"[\s\S]*")] * len(prompts))
    kept = written(decoder, vocabulary, prompts, most=12, guided=guided)
    whole = [one for one, other in zip(kept, free, strict=True) if "\ufffd" not in vocabulary.decode(other.tokens)]
    assert whole
    for one, other in zip(kept, free, strict=True):
        if one in whole:
            assert one.tokens == other.tokens


@pytest.mark.parametrize("form", ["geoglot", "geoglot-tokens"])
@pytest.mark.parametrize("task", list(TaskName))
def test_eo_4_an_untrained_writer_gives_replies_that_are_all_parsed(
    task: TaskName, form: str, decoder: Decoder, vocabulary: Vocabulary, guide: Guide, prompts: list[Prompt]
) -> None:
    from .test_grammar import SIZE, in_geoglots_form

    guided = Guided(guide, [reply(task, form)] * len(prompts))
    for choice in (Choice(), Choice(temperature=2.0, seed=1)):
        for one in written(decoder, vocabulary, prompts, most=24, choice=choice, guided=guided):
            assert len(one.tokens) <= 24
            get(task).parse(in_geoglots_form(vocabulary.decode(one.tokens), form), SIZE)


def test_eo_4_masks_of_an_untrained_writer_fill_their_grid(
    decoder: Decoder, vocabulary: Vocabulary, guide: Guide, prompts: list[Prompt]
) -> None:
    from geoglot.models.autoregressive.grammar import place

    guided = Guided(guide, [place("earth-onevision", "mask")] * 2)
    for one in written(decoder, vocabulary, prompts[:2], most=200, guided=guided):
        codecs.get("earth-onevision").read(vocabulary.decode(one.tokens), (480, 480))


def test_rows_with_and_without_a_grammar_go_together(
    decoder: Decoder, vocabulary: Vocabulary, guide: Guide, prompts: list[Prompt]
) -> None:
    guided = Guided(guide, [regular("yes|no"), None, regular("yes|no"), None])
    mixed = written(decoder, vocabulary, prompts, most=8, guided=guided)
    free = written(decoder, vocabulary, prompts, most=8)
    assert {vocabulary.decode(mixed[row].tokens).casefold() for row in (0, 2)} <= {"yes", "no"}
    assert [mixed[row].tokens for row in (1, 3)] == [free[row].tokens for row in (1, 3)]


def test_a_reply_that_cannot_be_short_enough_is_refused_at_once(
    decoder: Decoder, vocabulary: Vocabulary, guide: Guide, prompts: list[Prompt]
) -> None:
    with pytest.raises(InputError, match="shortest reply"):
        written(decoder, vocabulary, prompts[:1], most=2, guided=Guided(guide, [regular("z{9}")]))
    with pytest.raises(InputError):
        written(decoder, vocabulary, prompts[:1], most=0)


@pytest.mark.parametrize(("temperature", "top_p"), [(-1.0, 1.0), (1.0, 0.0), (1.0, 1.1)])
def test_ways_to_choose_that_are_none_are_refused(temperature: float, top_p: float) -> None:
    with pytest.raises(InputError):
        Choice(temperature, top_p)


def test_u_7_a_region_is_scored_by_the_tokens_of_its_label_and_its_place(vocabulary: Vocabulary) -> None:
    """Scores of one reply can be ranked: detections have average precision without a head."""
    said = "ship <box>1,2,3,4</box>; car <box>5,6,7,8</box>"
    tokens = tuple(vocabulary.encode(said))
    logs = tuple(-0.1 * index for index in range(len(tokens)))
    found = Reply(tokens, logs, False)
    middle = said.index(";")
    ends = np.cumsum([len(vocabulary.spelled[token]) for token in tokens])
    first = int(np.searchsorted(ends, middle))
    assert score_of(found, vocabulary, 0, middle) == pytest.approx(np.exp(sum(logs[: first + 1])))
    assert score_of(found, vocabulary, 0, len(said)) == pytest.approx(np.exp(sum(logs)))
    assert score_of(found, vocabulary, middle, len(said)) < 1
    assert mean_probability(found) == pytest.approx(np.exp(np.mean(logs)))
    assert mean_probability(Reply((), (), True)) == 0


def test_u_7_what_the_grammar_prescribes_costs_nothing(
    decoder: Decoder, vocabulary: Vocabulary, guide: Guide, prompts: list[Prompt]
) -> None:
    only = number(417, 417, lambda found, /: EMPTY, before="<", stop=">")
    (one,) = written(decoder, vocabulary, prompts[:1], most=9, guided=Guided(guide, [only]))
    assert vocabulary.decode(one.tokens) == "<417>"
    assert one.logs == (0.0,)
