"""Weights are used only if they are the ones that the manifest names."""

from __future__ import annotations

import hashlib
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from geoglot.errors import ModelError
from geoglot.models.nano.eye import Eye
from geoglot.models.nano.weights import SHIPPED, open_weights
from tests.nano.frames import weights


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a manifest that fits its graph, whatever the graph is."""
    write(tmp_path, b"not really a graph")
    return tmp_path


def write(folder: Path, graph: bytes, **changes: object) -> None:
    (folder / "eye.onnx").write_bytes(graph)
    document: dict[str, object] = {
        "format": "geoglot-nano/1", "name": "n", "files": {"eye.onnx": hashlib.sha256(graph).hexdigest()},
        "slots": ["red"], "stride": 4, "objects": ["car"], "cover": ["water"], "scenes": ["forest"], "tags": ["cars"],
        "quality": ["cloud"], "lengths_m": [[2, 7]], "taught": {"rgb": ["car"]},
        "calibration": {"objects": {"rgb": [1.2, -0.1], "rgb/bus": [0.5, 0.1]}, "scene": 1.5},
    }  # fmt: skip
    (folder / "nano.json").write_text(json.dumps(document | changes))


def test_a_whole_folder_is_read(folder: Path) -> None:
    read = open_weights(folder)
    assert read.calibration.objects_of("rgb", ["car", "bus"]).tolist() == [[1.2, -0.1], [0.5, 0.1]]
    assert read.calibration.objects_of("sar", ["car"]).tolist() == [[1.0, 0.0]]
    assert read.taught_in("rgb") == {"car"}
    assert read.taught_in("sar") == set()


def test_another_calibration_is_another_model_with_the_same_eye(folder: Path) -> None:
    first = open_weights(folder)
    write(folder, b"not really a graph", calibration={"scene": 2.0})
    second = open_weights(folder)
    assert first.sha256 != second.sha256
    assert first.graph_sha256 == second.graph_sha256


def test_tables_of_shares_are_by_modality_and_may_be_missing(folder: Path) -> None:
    assert open_weights(folder).calibration.shares_of("rgb") is None
    write(folder, b"not really a graph", calibration={"shares": {"rgb": [[0.9]]}})
    calibration = open_weights(folder).calibration
    assert calibration.shares_of("rgb") == np.array([[0.9]])
    assert calibration.shares_of("sar") is None


def test_lines_of_water_are_by_modality_and_may_be_missing(folder: Path) -> None:
    assert open_weights(folder).calibration.water_of("sar") == ()
    write(folder, b"not really a graph", calibration={"water": {"sar": [1, -0.1, -0.5, -9]}})
    calibration = open_weights(folder).calibration
    assert calibration.water_of("sar") == (1.0, -0.1, -0.5, -9.0)
    assert calibration.water_of("rgb") == ()


@pytest.mark.parametrize("line", [[1.0, 2.0], [1.0, 2.0, 3.0, float("nan")], "steep", [[1.0], 2.0, 3.0, 4.0]])
def test_a_line_of_water_that_is_none_is_refused(folder: Path, line: object) -> None:
    write(folder, b"not really a graph", calibration={"water": {"sar": line}})
    with pytest.raises(ModelError, match="does not follow its format"):
        open_weights(folder)


def test_a_changed_graph_is_refused(folder: Path) -> None:
    with (folder / "eye.onnx").open("ab") as stream:
        stream.write(b"!")
    with pytest.raises(ModelError, match="has changed"):
        open_weights(folder)


@pytest.mark.parametrize("graph", [pickle.dumps({"a": 1}), b"PK\x03\x04 as torch.save writes"])
def test_pickles_are_refused_even_with_the_right_hash(tmp_path: Path, graph: bytes) -> None:
    write(tmp_path, graph)
    with pytest.raises(ModelError, match="pickle"):
        open_weights(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "other/9"},
        {"objects": None},
        {"calibration": {"scene": -1}},
        {"calibration": {"tags": [1]}},
        {"calibration": {"shares": []}},
        {"calibration": {"shares": {"rgb": [[1.0], [0.0]]}}},
        {"calibration": {"shares": {"rgb": [["much"]]}}},
        {"calibration": {"shares": {"rgb": [[float("nan")]]}}},
        {"files": {}},
    ],
)
def test_a_manifest_that_breaks_its_format_is_an_error(tmp_path: Path, changes: dict[str, object]) -> None:
    write(tmp_path, b"graph", **changes)
    with pytest.raises(ModelError):
        open_weights(tmp_path)


def test_missing_files_are_named(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(ModelError, match=r"nano\.json"):
        open_weights(tmp_path / "nowhere")
    (folder / "eye.onnx").unlink()
    with pytest.raises(ModelError, match="graph is not there"):
        open_weights(folder)


def test_a_graph_that_is_none_is_a_model_error(folder: Path) -> None:
    from geoglot.models.nano import slots

    eye = Eye(weights(graph=folder / "eye.onnx", slots=slots.SLOTS))
    with pytest.raises(ModelError, match=r"(?i)onnxruntime"):
        eye.see(np.zeros((9, 32, 32), np.float32), np.ones(4, np.float32))


def test_weights_for_other_inputs_are_refused() -> None:
    with pytest.raises(ModelError, match="other inputs"):
        Eye(weights(slots=("red",)))


def test_the_shipped_weights_are_whole_and_small() -> None:
    read = open_weights(SHIPPED)
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 40e6
    assert len(read.objects) == len(read.lengths_m)
