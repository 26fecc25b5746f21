"""`python -m tests.bench.trials NAME --shards runs/shards`: run one trial on one thread, write and print its table."""

from __future__ import annotations

import argparse
import importlib
import json
import time
from pathlib import Path

import torch

NAMES = ("stems", "bands", "masking", "levels")


def main() -> None:
    """Read the arguments and run a trial."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.trials", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--shards", type=Path, default=Path("runs/shards"))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--seeds", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--crops", type=int, help="of each sensor and step")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    module = importlib.import_module(f"tests.bench.trials.{chosen.name}")
    changes = {key: getattr(chosen, key) for key in ("seeds", "steps", "crops") if getattr(chosen, key)}
    start = time.process_time()
    table = module.run(chosen.shards, module.Size(**changes))
    table["size"] = str(module.Size(**changes))
    table["CPU seconds"] = round(time.process_time() - start)
    text = json.dumps(table, indent=2)
    print(text)
    if chosen.out:
        chosen.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
