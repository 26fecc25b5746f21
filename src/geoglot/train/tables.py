"""Scores as the tables of docs/nano.md and the model card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

Numbers = Mapping[str, float]


def markdown(scores: Mapping[str, object]) -> str:
    """Give one table of whole-image heads and cover, and one of objects."""
    heads = ["| set (validation part) | head | score | always the majority | n |", "| --- | --- | --- | --- | --- |"]
    objects = [
        "| set (validation part) | class | best F1@0.5 | at score | F1 at 0.5 | count error | objects in images |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, told in scores.items():
        row = cast(Mapping[str, Mapping[str, object]], told)
        if "images" not in row:
            continue
        heads += [line for head in ("scene", "tags", "cover") if head in row for line in [_head(name, head, row[head])]]
        for label, numbers in sorted(row.get("objects", {}).items()):
            objects.append(_object(name, label, cast(Numbers, numbers), str(row["images"])))
    return "\n".join([*heads, "", *objects, ""])


def _head(name: str, head: str, numbers: Mapping[str, object]) -> str:
    score, majority, count = (cast(float, number) for number in numbers.values())
    measure = {"scene": "scene class, accuracy", "tags": "multi-label, micro F1", "cover": "land cover, cells right"}
    return f"| {name} | {measure[head]} | {score:.3f} | {majority:.3f} | {count:,.0f} |"


def _object(name: str, label: str, numbers: Numbers, images: str) -> str:
    return (
        f"| {name} | {label} | {numbers['best F1']:.2f} | {numbers['at']:.2f} | {numbers['F1 at 0.5']:.2f} "
        f"| {numbers['mean count error']:.1f} | {numbers['objects']:.0f} in {images} |"
    )
