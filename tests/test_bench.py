"""`python -m tests.bench`: it knows all of its modules, and those that train or write work at small sizes."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.bench.__main__ import MODULES, purpose


def test_every_module_of_the_bench_is_listed_and_says_in_a_line_what_it_measures(repo: Path) -> None:
    assert set(MODULES) == {path.stem for path in (repo / "tests" / "bench").glob("bench_*.py")}
    for name in MODULES:
        assert purpose(name).endswith("."), name


@pytest.mark.slow
def test_masks_as_runs_are_measured_at_small_sizes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from tests.bench import bench_codecs

    monkeypatch.setattr(bench_codecs, "SIDES_PX", (32,))
    rows = list(bench_codecs.rows(tmp_path))
    assert len(rows) == 2 * len(bench_codecs.GRIDS)
    assert all(0 < row.value <= 1 for row in rows)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_writing_is_measured_at_small_sizes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from tests.bench import bench_generate

    monkeypatch.setattr(bench_generate, "SIZES", (bench_generate.Size("tiny", 32, 2, 2, 1, 16, 48),))
    for name, number in (("VOCAB", 300), ("PROMPT", 4), ("REPLY", 4), ("ROUNDS", 1), ("TOKENS_GUIDED", 4)):
        monkeypatch.setattr(bench_generate, name, number)
    rows = list(bench_generate.rows(tmp_path))
    assert len(rows) == 2 + 2 * 3
    assert all(math.isfinite(row.value) for row in rows)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_training_is_measured_at_small_sizes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from tests.bench import bench_train

    shape = {"width": 32, "layers": 1, "heads": 2, "kv_heads": 1, "head_dim": 16, "mlp": 48}
    for name, value in (("SHAPE", shape), ("LENGTH", 128), ("ROWS", 2), ("STEPS", 2), ("TURNS", 1), ("BATCH", 4)):
        monkeypatch.setattr(bench_train, name, value)
    rows = list(bench_train.rows(tmp_path))
    assert len(rows) == 4
    assert all(row.value > 0 for row in rows)
