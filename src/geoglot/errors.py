"""Everything geoglot can complain about, as one tree.

    GeoglotError
    ├── InputError (ValueError)        the caller asked for something that cannot be
    │   ├── UnknownName (LookupError)  no sensor, task, model, band … of that name
    │   ├── BandError (LookupError)    a band is missing, doubled or ambiguous
    │   ├── UnitError                  dB against linear, K against °C, DN against reflectance, µm against nm
    │   ├── PlaceError                 no CRS where one is needed, a region outside the image, no shared ground
    │   └── SensorUnknown              the sensor could not be told from the file: name it
    ├── ReadError (OSError)            the file is missing, cut off, corrupt or empty
    │   ├── Refused (PermissionError)  the gate does not open this: driver, size, reference to other files
    │   └── NoData                     nothing but nodata in it
    ├── ModelError (RuntimeError)      weights missing, changed, pickled, or a reply that breaks the contract
    ├── MissingExtra (ImportError)     an optional part of geoglot is not installed
    └── WorkError (RuntimeError)       failed while working: exit code 1, all others 2

Every message says what, which value, what was expected, and what to do next.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class GeoglotError(Exception):
    """The root of all errors that geoglot raises on purpose.

    what: the problem in one sentence. value: what came. expected: what would have been right.
    hint: what to do next. All four are in `str(error)`; `exit_code` is what the command line returns.
    """

    exit_code = 2

    def __init__(self, what: str, *, value: object = None, expected: str = "", hint: str = "") -> None:
        self.what = what
        self.value = value
        self.expected = expected
        self.hint = hint
        super().__init__(what)

    def __str__(self) -> str:
        parts = [self.what.rstrip(".")]
        if self.value is not None:
            parts.append(f"got {_shorten(self.value) or 'nothing'}")
        if self.expected:
            parts.append(f"expected {self.expected.rstrip('.')}")
        if self.hint:
            parts.append(self.hint.rstrip("."))
        return ". ".join(part[0].upper() + part[1:] if part else part for part in parts) + "."


class InputError(GeoglotError, ValueError):
    """The request itself cannot be met, whatever the files hold."""


class UnknownName(InputError, LookupError):
    """A name that is not in a table; the message offers the nearest ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, hint: str = "") -> None:
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        expected = f"one like {', '.join(near)}" if near else f"one of {', '.join(names[:12])}"
        super().__init__(f"no {kind} is called that", value=name, expected=expected, hint=hint)


class BandError(InputError, LookupError):
    """A band is missing, doubled, or fits more than one name."""


class UnitError(InputError):
    """Two units that must not be mixed met each other."""


class PlaceError(InputError):
    """A place on Earth was needed and is not known, or lies outside the image."""


class SensorUnknown(InputError):
    """The sensor cannot be told from the file; the caller has to name it."""


class ReadError(GeoglotError, OSError):
    """A file is missing, truncated, corrupt, or not what its name says."""


class Refused(ReadError, PermissionError):
    """The gate does not open this file: its driver, its size, or what it points to."""


class NoData(ReadError):
    """The image holds nothing but nodata."""


class ModelError(GeoglotError, RuntimeError):
    """Weights are missing, changed or in a refused format, or a model broke its contract."""


class MissingExtra(GeoglotError, ImportError):
    """An optional dependency is needed; the message names the extra to install."""

    def __init__(self, need: str, extra: str) -> None:
        super().__init__(
            f"{need} needs a part of geoglot that is not installed",
            hint=f'install it with: pip install "geoglot[{extra}]"',
        )


class WorkError(GeoglotError, RuntimeError):
    """Something failed while working, not because of what was asked."""

    exit_code = 1


def _shorten(value: object, limit: int = 200) -> str:
    text = value if isinstance(value, str) else repr(value)
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
