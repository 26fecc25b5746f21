"""Simulated scenes as training sets: only what a sensor shows is taught."""

from __future__ import annotations

from pathlib import Path

from geoglot.nets import classes
from geoglot.simulate import scene
from geoglot.train.simulated import UNSEEN, card, labelled, pack_focus


def test_dots_are_neither_taught_nor_punished() -> None:
    seen = scene(20, 0, label="parking lot", size_px=96, gsd_m=2.2)
    packed = labelled(seen, "lot", "train")
    told = {(box.x0, box.y0, box.x1, box.y1) for box in packed.ignore}
    assert len(seen.faint) > 0
    assert {tuple(box) for box in seen.faint.tolist()} <= told


def test_radar_is_not_taught_what_it_does_not_show() -> None:
    views = [scene(20, index, sensor="sar", label="medium residential", size_px=128, gsd_m=1.0) for index in range(3)]
    assert any(thing.label == "swimming pool" for view in views for thing in view.objects)
    taught = {thing.label for view in views for thing in labelled(view, "town", "train").objects}
    assert "house" in taught
    assert not taught & set(UNSEEN["sar"])
    assert not card("simulated-sar", 3, "sar").labelled & set(UNSEEN["sar"])
    assert set(UNSEEN["sar"]) <= card("simulated-optical", 3, "optical").labelled


def test_focus_on_floods_teaches_water_on_fields(tmp_path: Path) -> None:
    packed = pack_focus(tmp_path, "floods-radar", count=4, seed=880_000, size_px=96)
    assert packed.cover is not None
    water = packed.cover_sets.index((classes.COVER.index("water"),))
    assert (packed.cover == water).mean() > 0.02
