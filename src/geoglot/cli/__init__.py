"""The command line. One file a command; nothing here but argument handling."""

from __future__ import annotations

import importlib
import json
import os
import sys

import click

from geoglot import __version__
from geoglot.errors import GeoglotError, UnknownName, WorkError

# Command -> (module, what it does). Modules are imported when their command is called, so that help is instant.
COMMANDS = {
    "ask": ("ask", "Ask one or more images a question."),
    "look": ("look", "Show everything nano sees, before any question."),
    "info": ("info", "Tell what a file is: sensor, bands, place, time, units."),
    "map": ("map", "Find or segment named things over a whole scene."),
    "compare-dates": ("compare_dates", "Tell what changed between two dates."),
    "sensors": ("sensors", "List the sensors, or all that is known about one."),
    "models": ("models", "List the models, or all that is known about one."),
    "tasks": ("tasks", "List the tasks, or all that is known about one."),
    "evaluate": ("evaluate", "Score a model on benchmarks."),
    "score": ("score", "Score anybody's prediction file."),
    "compare": ("compare", "Compare two folders of results, pair by pair."),
    "simulate": ("simulate", "Simulate scenes with exact truth."),
    "train": ("train", "Train a model by the name of its recipe."),
    "demo": ("demo", "Write a report over a scene of every kind."),
}

# What is left of an interrupted job, and how it goes on.
GOES_ON = {
    **dict.fromkeys(("map", "evaluate", "simulate"), ": the same command goes on where it stopped"),
    "train": ": the same command with --resume goes on from the last checkpoint",
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"geoglot.cli.{COMMANDS[name][0]}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            raise UnknownName("command", args[0], COMMANDS, hint="see: geoglot --help")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="geoglot")
def cli() -> None:
    """Ask any Earth-observation image a question, get an answer you can put on a map."""


def main(argv: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 failed while working, 2 wrong use or bad input, 130 interrupted."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        # click gives the code of an Exit, or what the command returned: None
        code = cli.main(args=argv, prog_name="geoglot", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        code = 2
    except (KeyboardInterrupt, click.Abort):
        click.echo(f"interrupted{GOES_ON.get(argv[0], '') if argv else ''}", err=True)
        code = 130
    except GeoglotError as error:
        if "--debug" in argv:
            raise
        _report(error, as_json="--json" in argv)
        code = error.exit_code
    except BrokenPipeError:  # `geoglot … | head`: the reader has gone, which is no failure of ours
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        if "--debug" in argv:
            raise
        if isinstance(error, OSError) and error.filename is not None:  # trouble of the disk, not of ours
            trouble = WorkError("a file or folder cannot be used", value=error.filename, hint=error.strerror or "")
            _report(trouble, as_json="--json" in argv)
        else:
            click.echo(f"geoglot: failed: {type(error).__name__}: {error}", err=True)
            click.echo("This is a fault of geoglot. Run again with --debug and report what it prints.", err=True)
        code = 1
    sys.exit(code)


def _report(error: GeoglotError, *, as_json: bool) -> None:
    click.echo(f"geoglot: {error}", err=True)
    if as_json:
        document = {
            "error": {
                "type": type(error).__name__,
                "what": error.what,
                "value": None if error.value is None else str(error.value),
                "expected": error.expected,
                "next": error.hint,
            }
        }
        click.echo(json.dumps(document, ensure_ascii=False))
