"""The loop of token models: a run that stops goes on to the bit, and what cannot be learned from is left out."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from geoglot.errors import InputError, ModelError, WorkError  # noqa: E402
from geoglot.train import checkpoint  # noqa: E402
from geoglot.train.text import curves, state  # noqa: E402
from geoglot.train.text.loop import Conduct, train  # noqa: E402
from geoglot.train.text.low_rank import fold  # noqa: E402
from geoglot.train.text.recipe import LowRank, TokenRecipe, Trained  # noqa: E402
from tests.train.text.conftest import Tiny, TinyFeed  # noqa: E402

PLAIN = Conduct(told_every=1, exact=True)


def fresh(drop: float = 0.1) -> Tiny:
    torch.manual_seed(3)
    model = Tiny()
    model.drop.p = drop
    return model


def weights(out: Path) -> dict[str, torch.Tensor]:
    last = checkpoint.newest(out)
    assert last is not None
    return state.weights(last)


def losses(out: Path) -> list[float]:
    return [float(str(row["text"])) for row in curves.rows(out)]


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("half", [3, 4, 5])
def test_ten_steps_are_five_and_five_to_the_bit(recipe: TokenRecipe, tmp_path: Path, workers: int, half: int) -> None:
    """Also where the first part ends just before, at or after the change of stages."""
    feed = TinyFeed(recipe)
    train(recipe, fresh(), feed, out=tmp_path / "whole", conduct=PLAIN)
    part = replace(PLAIN, workers=workers)
    train(recipe, fresh(), feed, out=tmp_path / "parts", conduct=replace(part, until=half))
    ended = train(recipe, fresh(), feed, out=tmp_path / "parts", conduct=replace(part, resume=True))
    assert ended.finished
    one, other = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert losses(tmp_path / "whole") == losses(tmp_path / "parts")


def test_a_run_is_not_overwritten_unasked(recipe: TokenRecipe, tiny: Tiny, tmp_path: Path) -> None:
    train(recipe, tiny, TinyFeed(recipe), out=tmp_path, conduct=replace(PLAIN, until=1))
    with pytest.raises(InputError, match="--resume"):
        train(recipe, tiny, TinyFeed(recipe), out=tmp_path, conduct=PLAIN)


def test_a_step_in_parts_moves_like_one_in_a_piece(recipe: TokenRecipe, tmp_path: Path) -> None:
    feed = TinyFeed(recipe)
    train(recipe, fresh(0), feed, out=tmp_path / "one", conduct=PLAIN)
    train(replace(recipe, parts=2), fresh(0), feed, out=tmp_path / "two", conduct=PLAIN)
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-4)


def test_a_frozen_part_does_not_move(recipe: TokenRecipe, tiny: Tiny, tmp_path: Path) -> None:
    before = {name: value.clone() for name, value in tiny.state_dict().items()}
    train(recipe, tiny, TinyFeed(recipe), out=tmp_path, conduct=replace(PLAIN, until=4))
    after = weights(tmp_path)
    moved = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert moved == {"words", "stems", "output"}


def test_steps_without_a_finite_gradient_are_left_out_and_counted(recipe: TokenRecipe, tmp_path: Path) -> None:
    ended = train(recipe, fresh(), TinyFeed(recipe, poison=(6,)), out=tmp_path, conduct=PLAIN)
    assert ended.skipped == 2  # row 6 comes in both stages
    assert all(torch.isfinite(value).all() for value in weights(tmp_path).values())
    assert [row["text"] is None for row in curves.rows(tmp_path)].count(True) == 2


def test_a_run_that_only_loses_gives_up(recipe: TokenRecipe, tmp_path: Path) -> None:
    feed = TinyFeed(recipe, poison=tuple(range(8, 40)))
    with pytest.raises(WorkError, match=r"(?i)diverged"):
        train(replace(recipe, patience=3), fresh(), feed, out=tmp_path, conduct=PLAIN)


def test_a_run_asked_to_end_saves_and_leaves(recipe: TokenRecipe, tiny: Tiny, tmp_path: Path) -> None:
    class Interrupted(TinyFeed):
        def lesson(self, stage: int, first: int, last: int):  # type: ignore[no-untyped-def]
            if (stage, first) == (1, 4):
                os.kill(os.getpid(), signal.SIGTERM)
            return super().lesson(stage, first, last)

    ended = train(recipe, tiny, Interrupted(recipe), out=tmp_path, conduct=PLAIN)
    assert not ended.finished
    last = checkpoint.newest(tmp_path)
    assert last is not None
    assert last.step == ended.step == 6


def test_low_rank_updates_train_alone_and_fold_into_the_plain_model(recipe: TokenRecipe, tmp_path: Path) -> None:
    stage = replace(recipe.stages[1], trained=(Trained("*.low_*", 0.05),))
    model = fresh(0)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    train(replace(recipe, stages=(stage,), low_rank=(LowRank(4, ("layers.*",)),)), model, TinyFeed(recipe),
          out=tmp_path, conduct=PLAIN)  # fmt: skip
    lesson = TinyFeed(replace(recipe, stages=(stage,))).lesson(0, 0, 4)
    with torch.no_grad():
        adapted = float(model(lesson)["text"])
        fold(model)
        assert float(model(lesson)["text"]) == pytest.approx(adapted, rel=1e-5)
    after = model.state_dict()
    assert after.keys() == before.keys()
    moved = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert moved == {"layers"}


def test_the_checkpoint_of_another_model_is_refused(recipe: TokenRecipe, tiny: Tiny, tmp_path: Path) -> None:
    train(recipe, tiny, TinyFeed(recipe), out=tmp_path, conduct=replace(PLAIN, until=5))
    other = fresh()
    other.further = torch.nn.Linear(2, 2)
    with pytest.raises(ModelError, match="another model"):
        train(recipe, other, TinyFeed(recipe), out=tmp_path, conduct=replace(PLAIN, resume=True))


def test_the_log_is_drawn_and_a_resumed_run_writes_no_line_twice(recipe: TokenRecipe, tmp_path: Path) -> None:
    train(recipe, fresh(), TinyFeed(recipe), out=tmp_path, conduct=replace(PLAIN, until=5))
    torn = tmp_path / curves.LOG
    torn.write_text(torn.read_text() + json.dumps({"step": 7, "text": 1.0}) + "\n" + '{"step": 8, "te')
    train(recipe, fresh(), TinyFeed(recipe), out=tmp_path, conduct=replace(PLAIN, resume=True))
    assert [row["step"] for row in curves.rows(tmp_path)] == list(range(1, 11))
    assert (tmp_path / curves.DRAWING).read_text().count("<polyline") >= 4


def test_a_pattern_that_fits_nothing_is_told(recipe: TokenRecipe, tiny: Tiny, tmp_path: Path) -> None:
    stage = replace(recipe.stages[0], trained=(Trained("writer.*", 0.1),))
    with pytest.raises(InputError, match="writer"):
        train(replace(recipe, stages=(stage,)), tiny, TinyFeed(recipe), out=tmp_path, conduct=PLAIN)
