"""Functions that the tests run inside the sandbox."""

from __future__ import annotations

import ctypes
import os
import socket
import time
from pathlib import Path

from geoglot.errors import GeoglotError, Refused
from geoglot.scenes import gate
from geoglot.scenes.opening import read


def echo(request: dict[str, str]) -> bytes:
    print("noise of a library")  # noqa: T201
    return request["text"].encode()


def slurp(request: dict[str, str]) -> bytes:
    return Path(request["path"]).read_bytes()


def scribble(request: dict[str, str]) -> bytes:
    Path(request["path"]).write_bytes(b"x")
    return b"written"


def connect(request: dict[str, str]) -> bytes:
    with socket.create_connection(("127.0.0.1", int(request["port"])), timeout=2):
        return b"connected"


def devour(request: dict[str, str]) -> bytes:
    return bytes(len(bytearray(8 << 30)))


def spin(request: dict[str, str]) -> bytes:
    while True:
        time.sleep(0.01)


def crash(request: dict[str, str]) -> bytes:
    return ctypes.string_at(0)


def refuse(request: dict[str, str]) -> bytes:
    raise Refused("not this one", value=request["text"])


def without_the_gate(request: dict[str, str]) -> bytes:
    """Open a file with plain rasterio and all of GDAL's drivers."""
    os.environ.pop("GDAL_SKIP", None)
    import rasterio

    with rasterio.open(request["path"]) as file:
        return bytes(file.read(1).tobytes())


def read_all(request: dict[str, str]) -> bytes:
    """Read every file of a folder from the one numbered `start` on; one line an input goes to `log` before and
    after, so that the parent knows where a crash happened."""
    paths = sorted(Path(request["folder"]).iterdir())[int(request["start"]) :]
    with Path(request["log"]).open("a", buffering=1) as log:
        for path in paths:
            log.write(f"{path.name} ")
            log.write(_outcome(path) + "\n")
            gate.forget()
    return b"done"


def _outcome(path: Path) -> str:
    try:
        scene = read(path, sensor=None)
        frame = scene.frame
        width, height = frame.size
        frame.bands(size=(min(width, 32), min(height, 32)))
        frame.picture(size=(8, 8))
    except GeoglotError as error:
        return type(error).__name__
    except Exception as error:
        return f"UNTYPED {type(error).__name__}: {str(error)[:200]!r} {os.path.basename(__file__)}"
    return "read"
