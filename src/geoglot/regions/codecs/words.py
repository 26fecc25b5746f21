"""Words by which a token model writes places: one token for each coordinate, tag and run of the text forms.

Training (`nets.tokens`) and the runtime (`models.autoregressive`) both take the words from here, so that a text is cut
into the same tokens in both.
"""

from __future__ import annotations

from geoglot.regions.codecs.earth_onevision import GeoglotTokens

COORDINATES = tuple(f"<{place}>" for place in range(1000))
"""One token for each thousandth of a frame's width or height. Source: Earth-OneVision, section on SLIS."""

SEGMENT = ("<seg>", "</seg>")
"""The tags of a mask."""


def runs(cells: int) -> tuple[str, ...]:
    """Give the words for runs of 1 to `cells` cells.

    Written as the text form prints them, " *4", so that the words are cut out of the codec's own text. The paper names
    a token a run without saying how it is spelled.
    """
    return tuple(f" *{count}" for count in range(1, cells + 1))


def spatial(cells: int = GeoglotTokens.cells) -> tuple[str, ...]:
    """Give all of them for masks of `cells` cells a side: coordinates, tags, runs."""
    return (*COORDINATES, *SEGMENT, *runs(cells))
