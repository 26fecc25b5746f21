"""`python -m geoglot.train.reader fit | export`: train nano's reader and write its graph; see docs/nano.md."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path


def main() -> None:
    """Read the arguments and run one step."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(prog="python -m geoglot.train.reader", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    fit = steps.add_parser("fit", help="train from all-MiniLM-L6-v2")
    fit.add_argument("--encoder", type=Path, required=True, help="folder of all-MiniLM-L6-v2, as published")
    fit.add_argument("--out", type=Path, default=Path("runs/reader"))
    fit.add_argument("--layers", type=int, default=4)
    fit.add_argument("--pieces", type=int, default=8500)
    fit.add_argument("--questions", type=int, default=24_000)
    fit.add_argument("--rounds", type=int, default=10)
    fit.add_argument("--minutes", type=float, default=25.0)
    export = steps.add_parser("export", help="write reader.onnx and its word list")
    export.add_argument("--out", type=Path, default=Path("runs/reader"))
    export.add_argument("--folder", type=Path, required=True)
    chosen = parser.parse_args()
    if chosen.step == "fit":
        from geoglot.train.reader.fit import Settings, train

        settings = Settings(
            layers=chosen.layers,
            pieces=chosen.pieces,
            questions=chosen.questions,
            rounds=chosen.rounds,
            minutes=chosen.minutes,
        )
        train(chosen.encoder, chosen.out, settings)
    else:
        from geoglot.train.reader.export import write

        write(chosen.out / "reader.pt", chosen.folder)


if __name__ == "__main__":
    main()
