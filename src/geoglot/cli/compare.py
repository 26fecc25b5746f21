"""`geoglot compare`: is one result better than another?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from geoglot.cli.options import common, facts, say

if TYPE_CHECKING:
    from rich.console import Console

    from geoglot.evaluate.compare import Comparison
    from geoglot.evaluate.result import Result

SURE_BELOW = 0.05


@click.command("compare")
@click.argument("first", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="A")
@click.argument("second", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="B")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the bootstrap.")
@common
def command(first: Path, second: Path, seed: int, as_json: bool, quiet: bool) -> None:
    """Compare two result folders of one benchmark, sample by sample.

    The difference is B minus A with a paired bootstrap interval; where answers are right or wrong, McNemar's exact
    test says whether it could be chance.
    """
    from geoglot.evaluate.compare import compare

    found = compare(first, second, seed=seed)
    say(found.as_json(), lambda console: _show(console, found), as_json=as_json)


def _show(console: Console, found: Comparison) -> None:
    difference = found.difference
    pairs: list[tuple[str, object]] = [
        ("benchmark", found.first.benchmark),
        ("A", _side(found.first)),
        ("B", _side(found.second)),
        ("judged by", found.measure),
        ("B minus A", f"{difference.value:+.2f} ({difference.low:+.2f} to {difference.high:+.2f}), n {difference.n}"),
        ("p, bootstrap", f"{found.p_bootstrap:.3f}"),
    ]
    if found.p_mcnemar is not None:
        pairs += [
            ("only A right", str(found.only_first)),
            ("only B right", str(found.only_second)),
            ("p, McNemar", f"{found.p_mcnemar:.3g}"),
        ]
    console.print(facts(pairs))
    p = found.p_bootstrap if found.p_mcnemar is None else found.p_mcnemar
    better = "B" if difference.value > 0 else "A"
    console.print(f"{better} is better." if p < SURE_BELOW else "The difference may be chance.")
    if not found.same_setting:
        console.print(f"Not the same setting: A is {found.first.setting}, B is {found.second.setting}.")


def _side(result: Result) -> str:
    main = result.main
    score = f"{result.headline} {main.value:.2f} ({main.low:.2f} to {main.high:.2f})"
    return f"{result.model}, {result.mode}, {result.setting}: {score}"
