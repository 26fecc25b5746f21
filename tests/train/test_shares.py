"""How much ground each cover takes up is put right by a table that is fitted on simulated images."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoglot.models.nano import slots
from geoglot.models.nano.eye import Eye
from geoglot.nets import classes
from geoglot.train import shares, validate
from geoglot.train.manifest import recalibrate
from geoglot.train.shard import Shard, Truth
from geoglot.train.shares import Told
from tests.nano.frames import weights

COVERS = len(classes.COVER)


def drawn(seed: int, images: int) -> np.ndarray:
    """(images, covers) shares that add up to one."""
    return np.random.default_rng(seed).dirichlet(np.full(COVERS, 0.5), images)


def test_what_is_always_taken_for_something_else_is_put_right() -> None:
    true = drawn(0, 200)
    confused = np.eye(COVERS)
    confused[3, 3], confused[3, 5] = 0.6, 0.4  # two fifths of the grass is taken for bare ground
    found = shares.table([Told(true @ confused, true)])
    assert np.abs(true @ confused @ found - true).max() < 0.01


def test_an_eye_that_errs_nowhere_keeps_its_shares_and_so_does_one_nobody_measured() -> None:
    true = drawn(1, 30)
    assert shares.table([Told(true, true)]) == pytest.approx(np.eye(COVERS), abs=1e-9)
    rare = np.zeros((20, COVERS))
    rare[:, 0] = 1.0  # nothing but water was seen
    assert shares.table([Told(rare, rare)])[1:] == pytest.approx(np.eye(COVERS)[1:])


@given(st.integers(0, 1000), st.integers(1, 60))
def test_no_ground_is_made_or_lost(seed: int, images: int) -> None:
    found = shares.table([Told(drawn(seed, images), drawn(seed + 1, images))])
    assert found.sum(axis=1) == pytest.approx(1.0)


def test_each_shard_counts_the_same() -> None:
    many, few = drawn(2, 300), drawn(3, 30)
    swapped = few[:, ::-1]
    pooled = shares.table([Told(np.concatenate([many, few]), np.concatenate([many, swapped]))])
    apart = shares.table([Told(many, many), Told(few, swapped)])
    assert np.abs(few @ apart - swapped).mean() < np.abs(few @ pooled - swapped).mean()


def fields(*, covers: tuple[tuple[int, ...], ...] = ((1,), (0,))) -> Shard:
    """Images of four bands; the shard calls forest 0 and water 1, and the last image is not of the validation part."""
    truths = tuple(
        Truth(f"i{n}", "val" if n < 2 else "train", (64, 64), None, ((0, (0.0,) * 8, False),), (), 1, None)
        for n in range(3)
    )
    cover = np.zeros((3, 64, 64), np.uint8)
    cover[0, :, 32:] = 1
    cover[1, :, :] = 255
    levels = np.full((3, 4, 64, 64), 100, np.uint8)
    return Shard("simulated-optical", ("red", "green", "blue", "nir"), levels, cover, covers, truths, np.zeros(1))


def test_pictures_are_seen_without_infrared_and_only_known_cells_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, ...]] = []

    def measure(_eye: object, one: Shard, images: range) -> validate.Measured:
        asked.append(one.slots)
        assert [truth.id for truth in one.truth] == ["i0", "i1"]
        assert all(truth.objects is None and truth.scene is None for truth in one.truth)
        assert one.levels.shape == (2, len(one.slots), 64, 64)
        probability = np.full((COVERS, 4), 0.1 / (COVERS - 1), np.float32)
        probability[0] = 0.9
        told = [(np.array([0, 0, 0, 1], np.uint8), probability), (np.zeros(0, np.uint8), probability[:, :0])]
        return validate.Measured(cover=told[: len(images)])

    monkeypatch.setattr(validate, "measure", measure)
    eye = Eye(weights(cover=classes.COVER, slots=slots.SLOTS))
    seen = shares.shares(eye, fields(), "rgb")
    shares.shares(eye, fields(), "multispectral")
    assert asked == [("red", "green", "blue"), ("red", "green", "blue", "nir")]
    assert seen.true.tolist() == [[0.25, 0.75, *[0.0] * (COVERS - 2)]]
    assert seen.expected[0, 0] == pytest.approx(0.9, abs=1e-3)
    told = shares.tables(eye, {"simulated-optical": fields(), "other": fields()})
    assert sorted(told) == ["multispectral", "rgb"]
    assert np.array(told["rgb"]).shape == (COVERS, COVERS)


def test_a_shard_that_does_not_part_the_covers_is_refused() -> None:
    with pytest.raises(ValueError, match="simulated-optical"):
        shares.shares(Eye(weights(cover=classes.COVER, slots=slots.SLOTS)), fields(covers=((1, 2), (0,))), "rgb")


def test_only_one_thing_changes_in_the_manifest(tmp_path: Path) -> None:
    before = {"name": "nano", "calibration": {"scene": 1.5, "shares": {}}}
    (tmp_path / "nano.json").write_text(json.dumps(before))
    recalibrate(tmp_path, "shares", {"sar": [[1.0]]})
    after = json.loads((tmp_path / "nano.json").read_text())
    assert after == before | {"calibration": {"scene": 1.5, "shares": {"sar": [[1.0]]}}}
    assert [path.name for path in tmp_path.iterdir()] == ["nano.json"]
