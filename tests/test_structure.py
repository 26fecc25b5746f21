"""The plan of the house: imports go downhill, heavy libraries stay where they belong."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src" / "geoglot"

# Lowest first. Rooms on one line may not import each other.
ORDER = (
    ("errors", "ledger", "processes"),
    ("sensors",),
    ("regions",),
    ("scenes",),
    ("tasks",),
    ("conversation", "answers"),
    ("models", "nets", "simulate", "data"),
    ("train", "evaluate"),
    ("scale", "serve"),
    ("demo",),
    ("cli",),
    ("__main__",),
)
LEVEL = {room: level for level, rooms in enumerate(ORDER) for room in rooms}
# Rooms of one level that may still see each other, each with its reason.
NEIGHBOURS = {
    ("ledger", "errors"),
    ("answers", "conversation"),  # an Answer's files are written by answers/
    ("conversation", "answers"),  # Answer.save and friends, at call time
    ("data", "simulate"),  # simulated scenes are packed like any other data
}
TORCH_ROOMS = {"nets", "train", "models/hf.py", "models/clip.py"}  # the two adapters run other people's torch models


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Every module a file imports, and whether at the top of the file."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module, id(node) in top


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


FILES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_downhill(path: Path) -> None:
    room = room_of(path)
    assert room in LEVEL, f"{room} is not a room of the house; give it a place in ORDER"
    for module, _ in imports(path):
        if not module.startswith("geoglot."):
            continue
        other = module.split(".")[1]
        if other == room or (room, other) in NEIGHBOURS:
            continue
        assert LEVEL[other] < LEVEL[room], f"{path.relative_to(SOURCE)} imports {module}, which lies higher"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_torch_stays_in_its_rooms(path: Path) -> None:
    relative = str(path.relative_to(SOURCE))
    if not any(relative.startswith(room) for room in TORCH_ROOMS):
        assert not any(module.split(".")[0] in {"torch", "transformers", "open_clip"} for module, _ in imports(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_the_gate_opens_files_for_reading(path: Path) -> None:
    if path == SOURCE / "scenes" / "gate.py" or path.is_relative_to(SOURCE / "scenes" / "gate"):
        return
    for line in path.read_text().splitlines():
        if re.search(r"\b(rasterio\.open|Image\.open|av\.open|h5py\.File)\(", line):
            assert re.search(r"""["']w["']|mode="w""", line), f"{path.name}: {line.strip()} belongs into scenes/gate.py"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_file_is_too_long_to_read(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 500


def test_import_is_quick_and_light() -> None:
    """`import geoglot` and `geoglot --help` load no native library."""
    code = (
        "import sys, geoglot, geoglot.cli\n"
        "heavy = {'rasterio', 'onnxruntime', 'torch', 'pyproj', 'shapely', 'av', 'h5py', 'numpy', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_public_name_can_be_imported() -> None:
    import geoglot

    for name in geoglot.__all__:
        assert getattr(geoglot, name) is not None


def test_every_extra_that_an_error_names_can_be_installed(repo: Path) -> None:
    extras = tomllib.loads((repo / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = {match for path in FILES for match in re.findall(r'MissingExtra\([^)]*, "(\w+)"\)', path.read_text())}
    assert named
    assert named <= extras.keys()
