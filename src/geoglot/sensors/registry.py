"""The table of sensors: `get`, `names`, `all_sensors`; `load` and `find` for a table of the user's own."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

from geoglot.errors import InputError, ReadError, UnknownName
from geoglot.sensors.parse import parse_table
from geoglot.sensors.sensor import Sensor

_LARGEST_TABLE_BYTES = 1_000_000  # a table is written by hand; the longest here has a few hundred bands


@cache
def _table() -> dict[str, Sensor]:
    """Every sensor that comes with geoglot, by name, in order of family and place in the file."""
    folder = resources.files("geoglot.sensors") / "table"
    found: dict[str, Sensor] = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            family = entry.name.removesuffix(".toml")
            for sensor in parse_table(entry.read_text("utf-8"), family=family):
                found[sensor.name] = sensor
    return found


def get(name: str) -> Sensor:
    """Give the sensor of that name; upper case is as good as lower.

    Raises UnknownName, offering the nearest names.
    """
    sensor = _table().get(name.casefold())
    if sensor is None:
        hint = "see: geoglot sensors; or describe it in a TOML file (docs/sensors.md)"
        raise UnknownName("sensor", name, _table(), hint=hint)
    return sensor


def find(word: str) -> Sensor:
    """Give the sensor of a name, or of the user's own TOML file: "mine.toml", "mine.toml#my-camera".

    It reads the file, so it is for local callers only; a service takes names, by `get`.
    Raises UnknownName as `get`, ReadError and InputError as `load`, and InputError for a file of several sensors
    without the name of one.
    """
    path, _, name = word.partition("#")
    if not path.casefold().endswith(".toml"):
        return get(word)
    own = {sensor.name: sensor for sensor in load(path)}
    if name in own:
        return own[name]
    if name:
        raise UnknownName("sensor", name, own, hint=f"see the file {path}")
    if len(own) > 1:
        raise InputError("the table holds several sensors", value=path, expected=f"one of {', '.join(own)}",
                         hint=f"name one: {path}#{next(iter(own))}")  # fmt: skip
    return next(iter(own.values()))


def names() -> tuple[str, ...]:
    """Give the name of every sensor in the table."""
    return tuple(_table())


def all_sensors() -> tuple[Sensor, ...]:
    """Give every sensor in the table."""
    return tuple(_table().values())


def load(path: str | Path) -> tuple[Sensor, ...]:
    """Give the sensors of a TOML file of the user's own; its form is told in docs/sensors.md.

    Raises ReadError if it cannot be read, InputError if it is not a table of sensors or takes a name that
    the built-in table uses.
    """
    path = Path(path)
    try:
        if path.stat().st_size > _LARGEST_TABLE_BYTES:
            raise InputError("the sensor table is too large", value=path.name, expected="a TOML file below 1 MB")
        text = path.read_text("utf-8")
    except OSError as error:
        raise ReadError("the sensor table cannot be read", value=str(path), hint=error.strerror or "") from error
    except UnicodeDecodeError as error:
        raise InputError("the sensor table is not UTF-8 text", value=path.name) from error
    sensors = parse_table(text, family=path.stem)
    for sensor in sensors:
        if sensor.name in _table():
            raise InputError("that sensor name is taken by the built-in table", value=sensor.name,
                             expected="a name of its own", hint="see: geoglot sensors")  # fmt: skip
    return sensors
