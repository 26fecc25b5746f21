"""docs/metrics.md names every protocol with its source and quirks, and every layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from geoglot.errors import UnknownName
from geoglot.evaluate.layouts import LAYOUTS
from geoglot.evaluate.metrics import PROTOCOLS, protocol


@pytest.fixture(scope="module")
def text(repo: Path) -> str:
    """The page, in lower case."""
    return (repo / "docs" / "metrics.md").read_text(encoding="utf-8").lower()


@pytest.mark.parametrize("id", list(PROTOCOLS))
def test_every_protocol_is_documented_with_its_source_and_quirks(id: str, text: str) -> None:
    one = protocol(id)
    assert f"`{id}`" in text
    for words in (one.summary, one.source, *one.quirks):
        assert words.lower() in text


def test_every_layout_is_documented(text: str) -> None:
    assert all(f"`{layout.name}`" in text for layout in LAYOUTS)


def test_an_unknown_protocol_is_told_with_near_ones() -> None:
    with pytest.raises(UnknownName, match="detection/dota"):
        protocol("detection/dota-voc@1")
