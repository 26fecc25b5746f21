"""The child process for files of strangers: what it cannot do, and that its end is not ours."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from geoglot.errors import ReadError, Refused
from geoglot.scenes import landlock, sandbox
from geoglot.scenes.sandbox import Limits

from .fabricate import SECRET, raw_vrt, secret_file

HERE = f"{__package__}.sandboxed"
QUICK = Limits(cpu_s=20, wall_s=20)

needs_landlock = pytest.mark.skipif(landlock.version() == 0, reason="this kernel has no Landlock")


def test_the_answer_comes_back_without_what_libraries_print() -> None:
    assert sandbox.run(f"{HERE}:echo", {"text": "grüße"}, limits=QUICK).decode() == "grüße"


def test_a_typed_error_of_the_child_is_the_same_here() -> None:
    with pytest.raises(Refused, match="Not this one"):
        sandbox.run(f"{HERE}:refuse", {"text": "x"}, limits=QUICK)


def test_a_crash_is_a_typed_error() -> None:
    with pytest.raises(ReadError, match="signal 11"):
        sandbox.run(f"{HERE}:crash", {}, limits=QUICK)


def test_too_much_memory_is_a_typed_error() -> None:
    with pytest.raises(ReadError, match="MemoryError"):
        sandbox.run(f"{HERE}:devour", {}, limits=QUICK)


def test_too_long_is_a_typed_error() -> None:
    with pytest.raises(ReadError, match="too long"):
        sandbox.run(f"{HERE}:spin", {}, limits=Limits(wall_s=1.5))


@needs_landlock
def test_it_reads_what_it_was_given_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "a").write_bytes(b"mine")
    (tmp_path / "secret").write_bytes(b"theirs")
    path = {"path": str(tmp_path / "given" / "a")}
    assert sandbox.run(f"{HERE}:slurp", path, readable=[tmp_path / "given"], limits=QUICK) == b"mine"
    for other in (tmp_path / "secret", Path("/etc/passwd")):
        with pytest.raises(ReadError, match="PermissionError"):
            sandbox.run(f"{HERE}:slurp", {"path": str(other)}, readable=[tmp_path / "given"], limits=QUICK)


@needs_landlock
def test_it_writes_only_where_it_may(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert sandbox.run(f"{HERE}:scribble", {"path": str(tmp_path / "out" / "x")}, writable=[tmp_path / "out"],
                       limits=QUICK) == b"written"  # fmt: skip
    with pytest.raises(ReadError, match="PermissionError"):
        sandbox.run(f"{HERE}:scribble", {"path": str(tmp_path / "x")}, readable=[tmp_path], limits=QUICK)
    assert not (tmp_path / "x").exists()


@needs_landlock
def test_15_even_a_vrt_past_the_gate_shows_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "upload").mkdir()
    evil = tmp_path / "upload" / "evil.tif"
    evil.write_text(raw_vrt(secret_file(tmp_path)))
    path = {"path": str(evil)}
    try:
        shown = sandbox.run(f"{HERE}:without_the_gate", path, readable=[tmp_path], limits=QUICK)
    except ReadError:
        pytest.skip("this GDAL refuses raw bands of other folders by itself")
    assert shown == SECRET  # the attack works where the child may read the secret
    with pytest.raises(ReadError):
        sandbox.run(f"{HERE}:without_the_gate", path, readable=[tmp_path / "upload"], limits=QUICK)


@pytest.mark.skipif(landlock.version() < 4, reason="this kernel's Landlock does not know TCP")
def test_it_connects_to_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = {"port": str(server.getsockname()[1])}
        with pytest.raises(ReadError, match="PermissionError"):
            sandbox.run(f"{HERE}:connect", port, limits=QUICK)


def test_what_is_active_can_be_told() -> None:
    assert any("memory" in wall for wall in sandbox.active())
