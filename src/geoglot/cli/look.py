"""`geoglot look`: everything nano sees, before any question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from geoglot.cli.options import common, place, place_options, say, sensor_option, table, warn, wrote

if TYPE_CHECKING:
    from rich.console import Console

    from geoglot.models.nano.evidence import Evidence

OBJECTS_SHOWN = 20
GUESSES_SHOWN = 8


@click.command("look")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@sensor_option
@place_options
@click.option("--tile", is_flag=True, help="Look at a large scene tile by tile, at full resolution.")
@click.option("--out", "outs", multiple=True, metavar="PATH", help=".json .geojson .gpkg .png .html .tif; repeatable.")
@common
def command(
    files: tuple[str, ...],
    sensor: str | None,
    region: str | None,
    bounds: str | None,
    tile: bool,
    outs: tuple[str, ...],
    as_json: bool,
    quiet: bool,
) -> None:
    """Show what nano sees in FILE: objects, land cover, scene, tags, changes and quality, with probabilities."""
    from geoglot import read
    from geoglot.answers import check_outputs
    from geoglot.models.nano import Nano
    from geoglot.models.nano.card import as_json as evidence_json
    from geoglot.models.nano.show import save
    from geoglot.scenes.write import writing_all

    check_outputs(outs)
    scene = read(list(files) if len(files) > 1 else files[0], sensor=sensor)
    check_outputs(outs, scene=scene)
    evidence = Nano(tile=tile).look(scene, region=place(scene, region=region, bounds=bounds))
    with writing_all(outs) as drafts:
        for draft in drafts:
            save(evidence, scene, draft)
    written = list(outs)
    document = {**evidence_json(evidence), **({"written": written} if written else {})}
    say(document, lambda console: _show(console, evidence, written), as_json=as_json)


def _show(console: Console, evidence: Evidence, written: list[str]) -> None:
    for kind, guesses in (("scene", evidence.scenes), ("tags", evidence.tags), ("quality", evidence.quality)):
        if guesses:
            surest = sorted(guesses, key=lambda guess: (guess.frame, -guess.probability))[:GUESSES_SHOWN]
            said = ", ".join(f"{guess.name} {guess.probability:.2f}" for guess in surest)
            console.print(f"[bold]{kind}[/bold]  {said}")
    for cover in evidence.cover:
        shares = sorted(cover.shares().items(), key=lambda item: -item[1])
        said = ", ".join(f"{name} {share:.0%}" for name, share in shares if share >= 0.01)
        console.print(f"[bold]cover[/bold]  {said or 'nothing'}")
    if evidence.objects:
        best = sorted(evidence.objects, key=lambda seen: -seen.score)[:OBJECTS_SHOWN]
        rows = [(o.id, o.label, f"{o.score:.2f}", o.region.frame, _box(o.region.bounds), _attributes(o)) for o in best]
        title = (
            f"the {len(best)} surest of {len(evidence.objects)} objects" if len(evidence.objects) > len(best) else None
        )
        console.print(table("id", "label", ">score", ">frame", "pixels", "attributes", rows=rows, title=title))
    else:
        console.print("[bold]objects[/bold]  none")
    for change in evidence.changes[:OBJECTS_SHOWN]:
        became = f" became {change.became}" if change.became else ""
        console.print(f"[bold]change[/bold]  {change.id} {change.what}{became} {change.kind} {change.score:.2f}")
    warn(console, evidence.warnings)
    wrote(console, written)


def _box(box: object) -> str:
    return " ".join(f"{getattr(box, side):.0f}" for side in ("x0", "y0", "x1", "y1"))


def _attributes(seen: object) -> str:
    return ", ".join(f"{value} ({probability:.2f})" for _, value, probability in getattr(seen, "attributes", ()))
