"""The reader's network: what it takes from MiniLM, and that its graph says what torch says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch

from geoglot.train.reader.export import Whole, write_graph
from geoglot.train.reader.fit import Settings, States, Wanted, fit_heads
from geoglot.train.reader.network import Encoder, Heads

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's exporter warns of its own successor


@pytest.fixture(scope="module")
def whole() -> Whole:
    torch.manual_seed(0)
    return Whole(Encoder(1, pieces=50), Heads(3)).eval()


def test_the_graph_says_what_torch_says(whole: Whole, tmp_path: Path) -> None:
    graph = tmp_path / "reader.onnx"
    write_graph(whole, graph, outputs=("whole", "tags", "near"), timed=("tags",))
    ids = np.arange(1, 15).reshape(2, 7)
    mask = np.ones_like(ids)
    mask[1, 5:] = 0
    session = ort.InferenceSession(graph, providers=["CPUExecutionProvider"])
    found = session.run(None, {"ids": ids, "mask": mask})
    with torch.no_grad():
        expected = whole(torch.from_numpy(ids), torch.from_numpy(mask))
    for one, other in zip(found, expected, strict=True):
        scale = float(other.abs().max())
        assert np.abs(one - other.numpy()).max() < 0.08 * scale  # 8-bit weights and activations


def test_pieces_that_are_not_there_change_nothing(whole: Whole) -> None:
    ids, mask = torch.tensor([[5, 6, 7, 0, 0]]), torch.tensor([[1, 1, 1, 0, 0]])
    with torch.no_grad():
        padded, bare = whole(ids, mask), whole(ids[:, :3], mask[:, :3])
    assert torch.allclose(padded[0], bare[0], atol=1e-4)
    assert torch.allclose(padded[1][:, :3], bare[1], atol=1e-4)


def test_heads_learn_two_questions_apart() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    states = States(rng.standard_normal((8, 384)).astype(np.float16), np.array([0, 4, 8]))
    wanted = Wanted(torch.zeros(2, 7, dtype=torch.long), (((1, 0), (2, 1)), ((1, 0), (2, 1))))
    wanted.whole[1, 0] = 1
    heads = Heads(3)
    nouns = (states, torch.tensor([0, 1]))
    fit_heads(heads, (states, wanted), nouns, Settings(rounds=60, batch=2, minutes=1))
    inputs, mask = states.batch([0, 1])
    with torch.no_grad():
        heard = heads.eval()(inputs, mask)
    assert heard.whole[:, :2].argmax(1).tolist() == [0, 1]
    assert heard.tags[:, 1:3].argmax(2).tolist() == [[0, 1], [0, 1]]
