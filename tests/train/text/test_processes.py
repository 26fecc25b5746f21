"""Two processes learn what one does, whatever their batches hold, and one goes on where two have stopped."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from torch.multiprocessing.spawn import spawn  # noqa: E402

from geoglot.train.text import curves  # noqa: E402
from geoglot.train.text.lessons import places  # noqa: E402
from geoglot.train.text.loop import Conduct, train  # noqa: E402
from geoglot.train.text.recipe import TokenRecipe  # noqa: E402
from tests.train.text.conftest import Tiny, TinyFeed  # noqa: E402

CONDUCT = Conduct(told_every=1, exact=True)


def fresh() -> Tiny:
    torch.manual_seed(3)
    return Tiny()


def one_of_two(rank: int, recipe: TokenRecipe, port: int, out: Path) -> None:
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2"}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.set_num_threads(1)
    train(recipe, fresh(), TinyFeed(recipe), out=out, conduct=replace(CONDUCT, until=7))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def losses(out: Path) -> list[float]:
    return [float(str(row["text"])) for row in curves.rows(out)]


def test_processes_and_parts_read_the_same_rows_of_a_step(recipe: TokenRecipe) -> None:
    alone = list(places(recipe, start=0, stop=10, rank=0, count=1))
    shared = [list(places(replace(recipe, parts=2), start=0, stop=10, rank=rank, count=2)) for rank in (0, 1)]
    for step, (stage, first, last) in enumerate(alone):
        rows = [
            row for mine in shared for s, a, b in mine[2 * step : 2 * step + 2] for row in range(a, b) if s == stage
        ]
        assert sorted(rows) == list(range(first, last))


@pytest.mark.slow
def test_two_processes_lose_what_one_loses_and_one_goes_on_from_their_checkpoint(
    recipe: TokenRecipe, tmp_path: Path
) -> None:
    """In the second stage a process of the two often has pictures of one sensor alone: nobody may wait for it."""
    feed = TinyFeed(recipe)
    sensors = [set(feed.lesson(*place).pictures) for place in places(recipe, start=4, stop=7, rank=0, count=2)]
    assert any(len(seen) == 1 for seen in sensors)
    train(recipe, fresh(), feed, out=tmp_path / "one", conduct=CONDUCT)
    spawn(one_of_two, (recipe, free_port(), tmp_path / "two"), nprocs=2)  # type: ignore[no-untyped-call]
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one")[:7], rel=1e-4)
    ended = train(recipe, fresh(), feed, out=tmp_path / "two", conduct=replace(CONDUCT, resume=True))
    assert ended.finished
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-4)
