"""Options that commands share, and how they show what they have to say."""

from __future__ import annotations

import json
import logging
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from geoglot.errors import InputError, PlaceError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from geoglot.regions import Box
    from geoglot.scenes import Scene

F = TypeVar("F", bound=Callable[..., Any])


def common(function: F) -> F:
    """Add --json, --quiet, --verbose and --debug; the command takes `as_json` and `quiet`."""
    function = click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")(
        function
    )
    function = click.option(
        "--verbose", "-v", is_flag=True, expose_value=False, callback=_verbosity, help="Say more on stderr."
    )(function)
    function = click.option("--quiet", "-q", is_flag=True, help="Show no progress.")(function)
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")(function)


def sensor_option(function: F) -> F:
    """Add --sensor."""
    return click.option("--sensor", metavar="NAME", help="What measured it, where the file does not tell.")(function)


def place_options(function: F) -> F:
    """Add --region and --bounds; give both to `place`."""
    function = click.option("--bounds", metavar="W,S,E,N", help="Only this part: degrees of longitude, latitude.")(
        function
    )
    return click.option("--region", metavar="X0,Y0,X1,Y1", help="Only this part: pixels from the upper left corner.")(
        function
    )


def _verbosity(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO if value else logging.ERROR, format="%(name)s: %(message)s"
    )
    logging.getLogger("geoglot").setLevel(logging.DEBUG if value else logging.WARNING)


def place(scene: Scene, *, region: str | None, bounds: str | None) -> Box | None:
    """Give the box that --region or --bounds ask for, in pixels of the first frame, or None for the whole."""
    from geoglot.regions import Box

    if region and bounds:
        raise InputError("--region and --bounds exclude each other", hint="give one of them")
    if region:
        x0, y0, x1, y1 = four_numbers(region, "--region")
        return Box(x0, y0, x1, y1)
    return _pixels_of(bounds, scene) if bounds else None


def _pixels_of(bounds: str, scene: Scene) -> Box:
    """The pixels of a part given in degrees. Raises PlaceError, with the image's own degrees, for one elsewhere."""
    from geoglot.regions import Box

    west, south, east, north = four_numbers(bounds, "--bounds")
    corners = [(west, south), (west, north), (east, north), (east, south)]
    try:
        points = scene.grid.from_lonlat(corners)
    except PlaceError:
        if not scene.grid.located:
            raise
    else:
        box = Box(points[:, 0].min(), points[:, 1].min(), points[:, 0].max(), points[:, 1].max())
        if box.clipped(*scene.size) is not None:
            return box
    lon, lat = scene.grid.footprint_lonlat().T
    here = f"{lon.min():.5f},{lat.min():.5f},{lon.max():.5f},{lat.max():.5f}"
    raise PlaceError("--bounds lies outside the image", value=bounds, expected=f"a part of {here}")


def four_numbers(text: str, option: str) -> tuple[float, float, float, float]:
    """Read four numbers parted by commas, in rising order of x and of y."""
    try:
        a, b, c, d = numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if not (numbers and all(map(math.isfinite, numbers))):
        raise InputError(f"{option} takes four numbers", value=text, expected="for instance 10,20,200,240")
    if not (a < c and b < d):
        raise InputError(f"{option} encloses nothing", value=text, expected="first two numbers below the last two")
    return a, b, c, d


def say(document: Mapping[str, Any] | Sequence[Any], human: Callable[[Console], None], *, as_json: bool) -> None:
    """Print the document as JSON, or let `human` draw it on the terminal."""
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False, allow_nan=False))
        return
    human(console())


def console(*, err: bool = False) -> Console:
    """Give a console that wraps nothing away when it is not a terminal, and takes no ":ship:" for a picture of one."""
    from rich.console import Console

    stream = sys.stderr if err else sys.stdout
    return Console(stderr=err, width=None if stream.isatty() else 100, highlight=False, emoji=False)


def table(*columns: str, rows: Sequence[Sequence[object]], title: str | None = None) -> RenderableType:
    """Give a plain table; a column whose name starts with > is set right. Cells are shown as they are."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False, show_edge=False)
    for column in columns:
        drawn.add_column(
            column.removeprefix(">"), justify="right" if column.startswith(">") else "left", overflow="fold"
        )
    for row in rows:
        drawn.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    return drawn


def facts(pairs: Sequence[tuple[str, object]]) -> RenderableType:
    """Give a two-column list of facts, shown as they are; empty ones are left out."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table.grid(padding=(0, 2))
    drawn.add_column(style="bold")
    drawn.add_column(overflow="fold")
    for name, value in pairs:
        if value not in (None, "", ()):
            drawn.add_row(name, Text(str(value)))
    return drawn


def warn(console: Console, warnings: Iterable[str]) -> None:
    """Draw each warning on a line of its own, as it is."""
    for warning in warnings:
        console.print("[yellow]warning[/yellow]", end=" ")
        console.print(warning, markup=False)


def wrote(console: Console, paths: Iterable[str]) -> None:
    """Name each file that was written, on one line however long its path is, so that it can be copied."""
    for path in paths:
        console.print(f"wrote {path}", markup=False, soft_wrap=True)
