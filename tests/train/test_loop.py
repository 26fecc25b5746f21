"""The loop: it learns, it resumes where it stopped, and what it exports is what it trained."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from geoglot.errors import ModelError, WorkError  # noqa: E402
from geoglot.train import checkpoint  # noqa: E402
from geoglot.train.export import Runtime, difference, trained, write_manifest, write_onnx  # noqa: E402
from geoglot.train.loop import log_rows, train  # noqa: E402
from geoglot.train.muon import Muon, orthogonal  # noqa: E402
from geoglot.train.recipe import Ingredient, Recipe  # noqa: E402
from geoglot.train.recipes.nano_eye import REAL, nano_eye  # noqa: E402

QUICK = Recipe(
    "squares", (Ingredient("squares", 1.0, (0.9, 1.1)),), steps=6, width=8, size_px=32, small_px=32, views=2, warmup=2
)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    last = checkpoint.newest(folder)
    assert last is not None
    return checkpoint.load(last)


def test_a_run_that_stops_and_resumes_ends_like_one_that_does_not(shards: Path, tmp_path: Path) -> None:
    train(QUICK, shards=shards, out=tmp_path / "whole")
    half = replace(QUICK, steps=3)
    # The rate depends on the length of the run: give the half the whole's schedule by an endless landing.
    train(replace(half, landing=1e-9), shards=shards, out=tmp_path / "parts")
    train(replace(QUICK, landing=1e-9), shards=shards, out=tmp_path / "parts")
    train(replace(QUICK, landing=1e-9), shards=shards, out=tmp_path / "straight")
    one, other = weights(tmp_path / "parts"), weights(tmp_path / "straight")
    assert one.keys() == other.keys()
    for name in one:
        torch.testing.assert_close(one[name], other[name], msg=name)


def test_it_learns_to_find_red_squares(shards: Path, tmp_path: Path) -> None:
    recipe = replace(QUICK, steps=100, views=8, size_px=64, small_px=64, warmup=5)
    train(recipe, shards=shards, out=tmp_path / "run")
    heat = [row["heat"] for row in log_rows(tmp_path / "run")]
    assert heat[-1] < 0.5 * heat[0]


def test_a_changed_checkpoint_is_refused(shards: Path, tmp_path: Path) -> None:
    folder = train(QUICK, shards=shards, out=tmp_path / "run")
    with (folder / "tensors.safetensors").open("r+b") as stream:
        stream.seek(-1, 2)
        stream.write(b"\x7f")
    last = checkpoint.newest(tmp_path / "run")
    assert last is not None
    with pytest.raises(ModelError, match="changed"):
        checkpoint.load(last)


def test_a_draft_without_manifest_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "step-000007").mkdir()
    assert checkpoint.newest(tmp_path) is None
    with pytest.raises(WorkError, match=r"(?i)no checkpoint"):
        trained(tmp_path)


def test_the_exported_graph_says_what_torch_says(shards: Path, tmp_path: Path) -> None:
    train(QUICK, shards=shards, out=tmp_path / "run")
    eye = trained(tmp_path / "run")
    write_onnx(eye, tmp_path / "eye.onnx")
    assert difference(Runtime(eye), tmp_path / "eye.onnx", size_px=(64, 128)) < 1e-3
    path = write_manifest(tmp_path, name="test", calibration={}, taught={"rgb": ["car"]})
    assert set(json.loads(path.read_text())["files"]) == {"eye.onnx"}


def test_orthogonal_matrices_have_singular_values_near_one() -> None:
    torch.manual_seed(0)
    for shape in ((24, 216), (64, 16)):
        values = torch.linalg.svdvals(orthogonal(torch.randn(shape)))
        assert float(values.min()) > 0.5
        assert float(values.max()) < 1.3


def test_muon_descends() -> None:
    torch.manual_seed(0)
    matrix = torch.nn.Parameter(torch.randn(16, 16))
    optimiser = Muon([matrix], lr=0.05, weight_decay=0.0)
    first = float(matrix.detach().square().sum())
    for _ in range(120):
        optimiser.zero_grad()
        matrix.square().sum().backward()
        optimiser.step()
    assert float(matrix.detach().square().sum()) < 0.3 * first


def test_the_rate_rises_stays_and_lands() -> None:
    recipe = replace(QUICK, steps=1000, warmup=100, landing=0.4)
    rates = [recipe.rate(step) for step in (0, 99, 500, 800, 999)]
    assert np.allclose(rates, [0.03, 1, 1, 0.5, 0.03], atol=0.01)


def test_the_recipe_of_shipped_weights_uses_no_research_set() -> None:
    from geoglot.data.readers import reader

    names = {ingredient.shard.removesuffix("-s1").removesuffix("-s2") for ingredient in REAL}
    assert all(reader(name).card.redistributable for name in names)
    assert nano_eye(quick=True).steps < 10
