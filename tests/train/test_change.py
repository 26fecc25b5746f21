"""The change head: it learns from pairs, is calibrated on worlds kept aside, and runs the same without torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch

from geoglot.data.readers import Labelled
from geoglot.sensors import Unit
from geoglot.train import change, pairs
from geoglot.train.change import Compared


def toy(count: int, seed: int) -> Compared:
    """Features that differ by one where something changed, under another light at the second date."""
    torch.manual_seed(seed)
    before = torch.randn(count, 64, 12, 12)
    share = torch.zeros(count, 1, 12, 12)
    for index in range(count):
        row, column = torch.randint(0, 8, (2,)).tolist()
        share[index, 0, row : row + 4, column : column + 4] = 1.0
    after = before * 1.2 + 0.1 + share * torch.randn(count, 64, 1, 1).abs()
    return Compared(before.half(), after.half(), share, torch.ones_like(share) > 0)


def test_pairs_some_years_apart_mark_what_shows_and_leave_the_rest_open(tmp_path: Path) -> None:
    packed = pairs.pack_years(tmp_path / "pairs-years", count=2, seed=11)
    assert packed.slots == ("blue", "green", "red", "nir", "swir16", "swir22")
    assert packed.change.shape == (2, pairs.YEARS_PX, pairs.YEARS_PX)
    assert set(np.unique(packed.change)) <= {0, 1, pairs.UNKNOWN}
    assert (packed.change == 1).any()
    assert (packed.change == 0).mean() > 0.2


@pytest.fixture(scope="module")
def head() -> change.ChangeHead:
    return change.fit([toy(48, 0)], steps=150)


def test_a_head_finds_changes_that_light_does_not_explain(head: change.ChangeHead) -> None:
    part = toy(16, 1)
    said = change.logits_of(head, part)
    found = change.scores(*said, change.fit_line([said]))
    assert found["F1"] > 0.8
    assert found["F1"] > found["all changed"] + 0.3


def test_cells_that_are_not_known_teach_nothing(head: change.ChangeHead) -> None:
    part = toy(8, 2)
    silent = Compared(part.before, part.after, part.share, torch.zeros_like(part.known))
    head.zero_grad()
    loss = change._loss(head, silent, turns=0, swapped=False)
    loss.backward()  # type: ignore[no-untyped-call]
    assert all(float(p.grad.abs().max()) < 1e-6 for p in head.parameters() if p.grad is not None)


def test_the_graph_says_what_torch_says_at_any_size(head: change.ChangeHead, tmp_path: Path) -> None:
    change.write_onnx(head, tmp_path / "change.onnx")
    session = ort.InferenceSession(tmp_path / "change.onnx", providers=["CPUExecutionProvider"])
    before, after = np.random.default_rng(0).standard_normal((2, 1, 64, 10, 14)).astype(np.float32)
    (said,) = session.run(None, {"before": before, "after": after})
    expected = head(torch.from_numpy(before), torch.from_numpy(after)).detach().numpy()
    assert said == pytest.approx(expected, abs=1e-4)


def test_whole_worlds_are_kept_aside() -> None:
    kinds = ("flood",) * 150
    learnt, aside = change.held_out(pairs.Pairs("x", (), np.zeros(0, np.uint8), np.zeros(0, np.uint8), kinds))
    assert aside == list(range(100, 125))
    assert sorted(learnt + aside) == list(range(150))


def test_landsat_pairs_are_cut_to_squares_that_reach_every_edge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = np.full((300, 400), 255, np.uint8)
    marks[299, 399] = 1
    shape = (6, *marks.shape)
    bands = ("blue", "green", "red", "nir", "swir16", "swir22")
    dates = [
        Labelled("a/t1", "train", bands, np.full(shape, 50, np.uint8), Unit.DN, 30.0),
        Labelled("a/t2", "train", bands, np.full(shape, 60, np.uint8), Unit.DN, 30.0, cover=marks,
                 cover_classes=("unchanged", "changed")),
    ]  # fmt: skip
    source = pairs.reader("landsat_change")
    monkeypatch.setattr(pairs, "reader", lambda _name: type(source)(card=source.card, read=lambda _folder: iter(dates)))
    packed = pairs.pack_landsat(tmp_path / "pairs", tmp_path, split="train")
    assert packed.levels.shape == (6, 2, 6, 256, 256)
    assert packed.change[-1, 255, 255] == 1
    assert (packed.change[0] == 255).all()
    assert pairs.read(tmp_path / "pairs").slots == bands
