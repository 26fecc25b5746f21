"""A child process for files of strangers: limited in memory, time, files and network, and expendable.

`run` names a function, which the child imports and calls: `function(request: dict[str, str]) -> bytes`. Whatever
happens in there, a crash of a decoder included, is one typed error here.
"""

from __future__ import annotations

import importlib
import json
import os
import site
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from geoglot.errors import GeoglotError, ReadError, Refused, WorkError
from geoglot.scenes import landlock

_SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/dev/null", "/dev/urandom",
           "/proc/self", "/proc/meminfo", "/proc/cpuinfo", "/sys/devices/system/cpu")  # fmt: skip
_TYPED = 3  # exit code of a child that met a GeoglotError


@dataclass(frozen=True, slots=True)
class Limits:
    """What the child may take. memory_bytes: address space, shared libraries included (about 700 MB)."""

    memory_bytes: int = 2 << 30
    cpu_s: int = 30
    wall_s: float = 60.0
    output_bytes: int = 256 << 20


def active() -> tuple[str, ...]:
    """Tell which walls this machine gives to the child, for the start-up log of a service."""
    walls = ["limits of memory and time"] if os.name == "posix" else ["limit of time"]
    version = landlock.version()
    if version:
        walls.append(f"Landlock {version} (files{' and TCP' if version >= 4 else ''})")
    return tuple(walls)


def run(
    function: str,
    request: Mapping[str, str],
    *,
    readable: Sequence[Path] = (),
    writable: Sequence[Path] = (),
    limits: Limits | None = None,
) -> bytes:
    """Call `function` ("package.module:name") with `request` in a confined child and give what it returns.

    readable, writable: files and folders it may use besides Python's own. Without Landlock the child is limited
    only in memory and time: see `active`.
    Raises ReadError or Refused as the function does (any other GeoglotError as ReadError), ReadError if the child
    crashes or takes too long over its input, WorkError if it cannot be started.
    """
    limits = limits or Limits()
    order = {"function": function, "request": dict(request), "limits": asdict(limits),
             "readable": [str(path) for path in readable], "writable": [str(path) for path in writable]}  # fmt: skip
    try:
        done = subprocess.run(
            [sys.executable, "-m", "geoglot.scenes.sandbox"],
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=limits.wall_s,
            check=False,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    except subprocess.TimeoutExpired as error:
        raise ReadError("decoding takes too long", value=function, expected=f"at most {limits.wall_s:.0f} s") from error
    except OSError as error:
        raise WorkError("the decoder process cannot be started", hint=error.strerror or "") from error
    return _outcome(done.returncode, done.stdout, done.stderr, limits)


def _outcome(code: int, output: bytes, complaint: bytes, limits: Limits) -> bytes:
    if len(output) > limits.output_bytes:
        raise Refused("the decoder gave too much", value=f"{len(output):,} bytes")
    if code == 0:
        return output
    if code == _TYPED:
        kind, what = json.loads(output)
        raise (Refused if kind == "Refused" else ReadError)(what)
    last = complaint.decode("utf-8", "replace").strip().splitlines()[-1:]
    reason = f"signal {-code}" if code < 0 else "".join(last)
    raise ReadError("the decoder failed on this file", value=reason, hint="it is damaged, or made to do harm")


def _main() -> int:
    """The child: confine, then call. Its standard output carries only the answer."""
    order = json.loads(sys.stdin.buffer.read())
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with the answer
    module, _, name = order["function"].partition(":")
    _limit(Limits(**order["limits"]))
    landlock.restrict([*_own_folders(), *map(Path, order["readable"])], map(Path, order["writable"]))
    try:
        result = getattr(importlib.import_module(module), name)(order["request"])
    except GeoglotError as error:
        result = json.dumps([type(error).__name__, str(error)]).encode()
        answer.write(result)
        answer.close()
        return _TYPED
    answer.write(result)
    answer.close()
    return 0


def _limit(limits: Limits) -> None:
    if os.name != "posix":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _own_folders() -> list[Path]:
    """Where Python, its libraries and the system's shared libraries live."""
    folders = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values(), *sys.path, *_SYSTEM}
    folders |= {site.getuserbase()} if site.ENABLE_USER_SITE else set()
    return [Path(folder).resolve() for folder in sorted(folders) if folder]


if __name__ == "__main__":
    sys.exit(_main())
