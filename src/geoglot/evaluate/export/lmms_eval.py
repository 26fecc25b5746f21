"""lmms-eval: for each benchmark a YAML, the functions that it names, JSON Lines of questions, and PNG files.

Layout after EvolvingLMMs-Lab/lmms-eval, docs/guides/task_guide.md: `--include_path` finds the YAML, the builder `json`
reads the questions beside it, `!function file.name` names functions of a file in the same folder.
"""

from __future__ import annotations

import json
from pathlib import Path

from geoglot.evaluate.benchmarks import Benchmark
from geoglot.evaluate.export.items import Item, filled, name_of, png
from geoglot.scenes.write.atomic import writing


def write(benchmark: Benchmark, items: tuple[Item, ...], folder: Path) -> None:
    """Write the pictures, the questions, the YAML with its functions, and the README."""
    name = name_of(benchmark)
    pictures = folder / f"{name}_images"
    pictures.mkdir(exist_ok=True)
    first: dict[int, list[str]] = {}
    lines = []
    for index, item in enumerate(items):
        scene = id(item.sample.conversation.scene)
        if scene not in first:
            first[scene] = [f"{pictures.name}/{index}_{place}.png" for place in range(len(item.pictures))]
            for file, picture in zip(first[scene], item.pictures, strict=True):
                (folder / file).write_bytes(png(picture))
        row = {"id": item.sample.id, "category": item.sample.type, "question": item.question, "answer": item.answer}
        lines.append(json.dumps({**row, "pictures": first[scene]}, ensure_ascii=False))
    texts = {
        f"{name}.jsonl": "".join(f"{line}\n" for line in lines),
        f"{name}.yaml": filled("lmms_eval_yaml.txt", benchmark),
        f"{name}_task.py": filled("lmms_eval_task.txt", benchmark),
        "README.md": filled("lmms_eval_readme.txt", benchmark),
    }
    for file, text in texts.items():
        with writing(folder / file) as path:
            path.write_text(text, encoding="utf-8", newline="\n")
