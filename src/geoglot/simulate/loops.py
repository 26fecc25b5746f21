"""Compiled loops: how they are compiled and kept, and what is said before that takes a while.

Arithmetic is IEEE's, so that bytes do not depend on the build.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np

from geoglot.errors import MissingExtra

try:
    from numba import njit
    from numba.core import event
    from numba.extending import register_jitable
except ImportError as error:
    raise MissingExtra("the simulator", "simulate") from error

LOG = logging.getLogger(__name__)
# Arrays inside compiled loops; numba checks their types where they meet.
Array = np.ndarray[Any, np.dtype[Any]]
_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}
_F = TypeVar("_F", bound=Callable[..., object])


def kernel(function: _F) -> _F:
    """Compile a loop that Python calls, when it is first called, and keep it on disk."""
    return cast(_F, njit(**_OPTIONS)(function))


def subkernel(function: _F) -> _F:
    """Compile a step that compiled loops call; Python may call it too, uncompiled and slowly.

    A `kernel` would do, but what Python needs to call a function that takes a world's tables costs up to half of its
    compiling, and numba compiles a kernel again for every whole number that a caller writes out: `draw(h, 1)`.
    """
    return cast(_F, register_jitable(no_cfunc_wrapper=True, **_OPTIONS)(function))


def inlined(function: _F) -> _F:
    """Like `kernel`, but written into each caller: for small steps of the innermost loops with many arguments."""
    return cast(_F, njit(inline="always", **_OPTIONS)(function))


class _Compiling(event.Listener):  # type: ignore[misc]
    """Says that loops are being compiled, before the first of a process is; what lies on disk is silent."""

    def __init__(self) -> None:
        self._said = False

    def on_start(self, found: Any) -> None:
        """Called by numba when it begins to compile anything."""
        loop = getattr(found.data.get("dispatcher"), "py_func", None)
        if not self._said and getattr(loop, "__module__", "").startswith("geoglot.simulate"):
            self._said = True
            LOG.warning("compiling the simulator's loops: once, for a minute or two; they are kept for the next time")

    def on_end(self, found: Any) -> None:
        """Called by numba when that is done: nothing to say."""


event.register("numba:compile", _Compiling())
