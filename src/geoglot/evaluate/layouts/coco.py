"""COCO results: a JSON list of detections or captions, and the annotation file with the truth.

Detections `{"image_id", "category_id", "bbox": [x, y, width, height], "score"}`, captions
`{"image_id", "caption"}`. The annotation file `{"images", "annotations", …}` is the one named as truth, or the only
other JSON file of the folder.

Source: cocodataset.org, Results Format; cocodataset/cocoapi.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from geoglot.errors import InputError
from geoglot.evaluate.layouts.layout import Layout, Reading, Record, Source, read_json
from geoglot.evaluate.metrics.protocol import Prediction

if TYPE_CHECKING:
    from geoglot.conversation import Json


def _fits(source: Source) -> bool:
    return (
        source.kind == "records"
        and "image_id" in source.keys
        and ("caption" in source.keys or {"category_id", "bbox"} <= source.keys)
    )


def _read(source: Source) -> Reading:
    truth = _annotations(source)
    images = [str(_image(row)["id"]) for row in _rows(truth, "images")]
    found: dict[str, list[Record]] = {image: [] for image in images}
    for row in source.records:
        if str(row["image_id"]) not in found:
            raise InputError("a result names an image that has no truth", value=row["image_id"])
        found[str(row["image_id"])].append(row)
    true: dict[str, list[Record]] = defaultdict(list)
    for annotation in _rows(truth, "annotations"):
        true[str(_image(annotation)["image_id"])].append(_image(annotation))
    if "caption" in source.keys:
        captions = [_caption(image, found[image], true[image]) for image in images if true[image]]
        return Reading("coco-results", tuple(captions), "caption/coco-ptb@1")
    names = {str(_image(c)["id"]): str(_image(c)["name"]) for c in _rows(truth, "categories")}
    boxes = [
        Prediction(image, "detect", [_box(r, names) for r in found[image]], [_box(r, names) for r in true[image]])
        for image in images
    ]
    return Reading("coco-results", tuple(boxes), "detection/coco@1")


def _annotations(source: Source) -> Mapping[str, Json]:
    if source.truth is not None:
        paths = [source.truth]
    else:
        paths = [p for p in sorted(source.path.parent.glob("*.json")) if p != source.path]
    documents = [document for document in map(read_json, paths) if isinstance(document, Mapping)]
    found = [document for document in documents if {"images", "annotations"} <= document.keys()]
    if len(found) != 1:
        raise InputError(
            "the annotations of these results are missing",
            value=str(source.path),
            expected="one file with images and annotations",
            hint="name it as the truth",
        )
    return found[0]


def _rows(document: Mapping[str, Json], key: str) -> Sequence[Json]:
    rows = document.get(key)
    if isinstance(rows, str) or not isinstance(rows, Sequence):
        raise InputError(f"the annotations have no list of {key}", expected="a COCO annotation file")
    return rows


def _image(row: Json) -> Record:
    if not isinstance(row, Mapping):
        raise InputError("an entry of the annotations is no object", value=row)
    return row


def _caption(image: str, found: Sequence[Record], true: Sequence[Record]) -> Prediction:
    if len(found) > 1:
        raise InputError("an image has more than one caption", value=image, expected="one result an image")
    return Prediction(image, "caption", found[0]["caption"] if found else None, [row["caption"] for row in true])


def _box(row: Record, names: Mapping[str, str]) -> dict[str, Json]:
    box = row["bbox"]
    if not isinstance(box, list) or len(box) != 4:
        raise InputError("a result without a box", value=box, expected="[x, y, width, height]")
    x, y, width, height = (float(str(n)) for n in box)
    label = names.get(str(row["category_id"]), str(row["category_id"]))
    form: dict[str, Json] = {"label": label, "box": [x, y, x + width, y + height]}
    if "score" in row:
        form["score"] = row["score"]
    return form | {"difficult": bool(row.get("iscrowd"))}


LAYOUT = Layout("coco-results", "COCO results list with its annotation file", _fits, _read)
