"""Fabricated detections: many boxes near true ones, and the same in COCO's layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geoglot.evaluate.metrics import Prediction

if TYPE_CHECKING:
    from geoglot.conversation import Json


def random_images(count: int, objects: int = 15) -> list[Prediction]:
    """Give images with ships and planes, each found a few pixels off and with any score."""
    rng = np.random.default_rng(5)
    samples = []
    for index in range(count):
        corner, size = rng.uniform(0, 400, (objects, 2)), rng.uniform(8, 80, (objects, 2))
        boxes = np.hstack([corner, corner + size])
        moved = boxes + np.tile(rng.normal(0, 4, (objects, 2)), 2)
        labels = rng.choice(["ship", "plane"], objects).tolist()
        scores = rng.uniform(0, 1, objects).tolist()
        true: list[Json] = [{"label": name, "box": box} for name, box in zip(labels, boxes.tolist(), strict=True)]
        found: list[Json] = [
            {"label": name, "box": box, "score": score}
            for name, box, score in zip(labels, moved.tolist(), scores, strict=True)
        ]
        samples.append(Prediction(str(index), "detect", found, true))
    return samples


def as_coco(samples: list[Prediction]) -> tuple[dict[str, object], list[dict[str, object]]]:
    """Give the same as COCO's truth and results, for its own evaluator."""
    category = {"plane": 1, "ship": 2}
    rows: list[list[dict[str, object]]] = [[], []]
    for image, sample in enumerate(samples):
        for part, objects in zip(rows, (sample.truth, sample.prediction), strict=True):
            assert isinstance(objects, list)
            for item in objects:
                x0, y0, x1, y1 = item["box"]
                box = [x0, y0, x1 - x0, y1 - y0]
                entry = {"id": len(part) + 1, "image_id": image, "category_id": category[item["label"]], "bbox": box}
                entry |= {"area": box[2] * box[3], "iscrowd": 0, "score": item.get("score", 1.0)}
                part.append(entry)
    categories = [{"id": number, "name": name} for name, number in category.items()]
    truth = {"images": [{"id": i} for i in range(len(samples))], "annotations": rows[0], "categories": categories}
    return truth, rows[1]
