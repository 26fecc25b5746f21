"""The table of all protocols: id -> Protocol. A new family is one file and its name in `_FAMILIES`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from geoglot.errors import UnknownName
from geoglot.evaluate.metrics import (
    areas,
    calibration,
    captions,
    change,
    classification,
    coco,
    detection,
    grounding,
    mcq,
    multilabel,
    navigation,
    oriented,
    relation,
    retrieval,
    segmentation,
    selo,
    tracking,
    vqa,
)
from geoglot.evaluate.metrics.protocol import Protocol

_FAMILIES = (
    grounding,
    oriented,
    segmentation,
    detection,
    coco,
    vqa,
    areas,
    mcq,
    classification,
    multilabel,
    captions,
    change,
    relation,
    retrieval,
    navigation,
    tracking,
    selo,
    calibration,
)

PROTOCOLS: Mapping[str, Protocol] = MappingProxyType({p.id: p for family in _FAMILIES for p in family.PROTOCOLS})
"""Every protocol by its id, families in the order of the documentation."""


def protocol(id: str) -> Protocol:
    """Give the protocol of that id. Raises UnknownName, naming near ids."""
    if id not in PROTOCOLS:
        raise UnknownName("protocol", id, PROTOCOLS, hint="docs/metrics.md lists all of them")
    return PROTOCOLS[id]
