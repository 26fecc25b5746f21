"""A graph gets its name only where it gives what torch gives; what was there before stays otherwise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402

from geoglot.errors import WorkError  # noqa: E402
from geoglot.train.export_graph import Graph, write_graph  # noqa: E402

TWICE = Graph("doubling", ("numbers",), ("twice",), {"numbers": {0: "count"}, "twice": {0: "count"}})


class Twice(nn.Module):
    """Numbers (N,) doubled."""

    def forward(self, numbers: Tensor) -> tuple[Tensor]:
        """Give (N,) for (N,)."""
        return (2 * numbers,)


def examples() -> list[tuple[Tensor]]:
    return [(torch.arange(1.0, count),) for count in (3, 6)]


def test_a_graph_that_gives_what_torch_gives_is_written_and_takes_any_count(tmp_path: Path) -> None:
    path = tmp_path / "twice.onnx"
    write_graph(Twice(), TWICE, path, examples())
    assert [one.name for one in tmp_path.iterdir()] == ["twice.onnx"]
    (given,) = ort.InferenceSession(path).run(["twice"], {"numbers": np.ones(9, np.float32)})
    assert given.tolist() == [2.0] * 9


@pytest.mark.parametrize(
    "expected",
    [lambda numbers: (2 * numbers + (numbers.shape[0] == 2),), lambda numbers: (2 * numbers * torch.nan,)],
    ids=["another number in one example", "not a number"],
)
def test_one_that_gives_something_else_is_refused_and_the_old_one_stays(
    expected: Callable[..., tuple[Tensor, ...]], tmp_path: Path
) -> None:
    path = tmp_path / "twice.onnx"
    path.write_bytes(b"old")
    with pytest.raises(WorkError, match="graph of doubling differs"):
        write_graph(Twice(), TWICE, path, examples(), expected=expected)
    assert [one.name for one in tmp_path.iterdir()] == ["twice.onnx"]
    assert path.read_bytes() == b"old"
