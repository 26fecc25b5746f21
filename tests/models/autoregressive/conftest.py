"""A writer of a few thousand random weights, its graph, and a small vocabulary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from geoglot.models.autoregressive.decoder import Decoder, Shape
from geoglot.models.autoregressive.grammar import Guide
from geoglot.models.autoregressive.vocabulary import Vocabulary, build
from geoglot.regions.codecs.words import spatial
from geoglot.tasks import all_tasks

if TYPE_CHECKING:
    from geoglot.nets.writer import Writer

LENGTH = 420


@pytest.fixture(scope="session")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    """Byte pairs of the tasks' own wordings, places as tokens."""
    path = tmp_path_factory.mktemp("words") / "tokenizer.json"
    texts = [wording for task in all_tasks() for wording in task.wordings]
    build(texts, path, size=900, spoken=spatial(), silent=("<image>", "<end>"))
    plain = Vocabulary(path)
    return Vocabulary(path, end=[plain.id_of("<end>")], hidden=[plain.id_of("<image>")])


@pytest.fixture(scope="session")
def guide(vocabulary: Vocabulary) -> Guide:
    return Guide(vocabulary)


@pytest.fixture(scope="session")
def writer(vocabulary: Vocabulary) -> Writer:
    """Random, but sharp: large output weights, so that the likeliest token is likely."""
    torch = pytest.importorskip("torch")
    from geoglot.nets.writer import Writer, WriterConfig

    torch.manual_seed(0)
    config = WriterConfig(
        vocab=len(vocabulary), width=32, layers=2, heads=4, kv_heads=2, head_dim=16, mlp=64, qk_norm=True
    )
    made = Writer(config).eval()
    with torch.no_grad():
        for weight in made.parameters():
            if weight.ndim > 1:
                weight.mul_(8.0)
    return made


@pytest.fixture(scope="session")
def decoder(writer: Writer, vocabulary: Vocabulary, tmp_path_factory: pytest.TempPathFactory) -> Decoder:
    return opened(writer, vocabulary.id_of("<image>"), tmp_path_factory.mktemp("graph") / "writer.onnx")


def opened(writer: Writer, picture: int, path: Path, injected: int = 0) -> Decoder:
    """The writer as the runtime sees it."""
    from geoglot.train.export_writer import write_onnx

    write_onnx(writer, path, length=LENGTH, picture=picture, injected=injected)
    config = writer.config
    shape = Shape(
        config.vocab, config.width, config.layers, config.kv_heads, config.head_dim, length=LENGTH, injected=injected
    )
    return Decoder(path, shape, picture=picture)
