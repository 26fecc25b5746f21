"""The graph gives what torch gives: whole or token by token, alone or among others, with pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from geoglot.errors import InputError, ModelError
from geoglot.models.autoregressive.decoder import Decoder, Prompt
from geoglot.models.autoregressive.vocabulary import Vocabulary

from .conftest import LENGTH, opened

if TYPE_CHECKING:
    from geoglot.nets.writer import Writer

Ids = NDArray[np.int64]
CLOSE = 1e-4


def drawn(vocabulary: Vocabulary, *lengths: int) -> list[Ids]:
    rng = np.random.default_rng(3)
    return [rng.integers(0, len(vocabulary) - 2, length) for length in lengths]


def by_torch(writer: Writer, ids: Ids) -> NDArray[np.float32]:
    """Logits (N, V) without a cache."""
    import torch

    with torch.inference_mode():
        hidden, _ = writer(writer.embed(torch.from_numpy(ids)[None]), positions=torch.arange(len(ids))[None])
        logits: NDArray[np.float32] = writer.logits(hidden)[0].numpy()
    return logits


def step_by_step(decoder: Decoder, rows: Sequence[Ids], given: int) -> NDArray[np.float32]:
    """Logits (steps, B, V): the first `given` tokens at once, then the others one by one."""
    prompts = [Prompt(row[: len(row) - given]) for row in rows]
    writing = decoder.start(prompts, room=given)
    out = [writing.next.logits]
    for index in range(given):
        tokens = np.array([row[len(row) - given + index] for row in rows])
        out.append(writing.step(tokens).logits)
    return np.stack(out)


def test_a_cache_changes_nothing(writer: Writer, decoder: Decoder, vocabulary: Vocabulary) -> None:
    (ids,) = drawn(vocabulary, 20)
    wanted = by_torch(writer, ids)
    assert np.abs(step_by_step(decoder, [ids], 12)[:, 0] - wanted[7:]).max() < CLOSE
    assert np.abs(step_by_step(decoder, [ids], 0)[0, 0] - wanted[-1]).max() < CLOSE


def test_rows_of_a_batch_are_what_they_are_alone(writer: Writer, decoder: Decoder, vocabulary: Vocabulary) -> None:
    rows = drawn(vocabulary, 9, 21, 10, 14)
    together = step_by_step(decoder, rows, 8)
    for index, row in enumerate(rows):
        assert np.abs(together[:, index] - by_torch(writer, row)[len(row) - 9 :]).max() < CLOSE
        assert np.abs(together[:, index] - step_by_step(decoder, [row], 8)[:, 0]).max() < CLOSE


@pytest.mark.parametrize(("qk_norm", "tied"), [(False, True), (False, False), (True, False)])
def test_every_kind_of_writer_is_exported_as_it_is(
    qk_norm: bool, tied: bool, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch")
    from geoglot.nets.writer import Writer, WriterConfig

    torch.manual_seed(1)
    config = WriterConfig(
        vocab=len(vocabulary), width=24, layers=1, heads=3, kv_heads=1, head_dim=16, mlp=40, qk_norm=qk_norm, tied=tied
    )
    writer = Writer(config).eval()
    (ids,) = drawn(vocabulary, 6)
    decoder = opened(writer, vocabulary.id_of("<image>"), tmp_path / "writer.onnx")
    assert np.abs(step_by_step(decoder, [ids], 3)[:, 0] - by_torch(writer, ids)[2:]).max() < CLOSE


def test_pictures_stand_where_their_token_is_and_are_added_to_the_first_layers(
    writer: Writer, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    import torch

    image = vocabulary.id_of("<image>")
    decoder = opened(writer, image, tmp_path / "writer.onnx", injected=2)
    ids = drawn(vocabulary, 9)[0]
    ids[2:6] = image
    rng = np.random.default_rng(0)
    pictured = rng.normal(size=(4, 32)).astype(np.float32)
    injected = rng.normal(size=(2, 4, 32)).astype(np.float32)
    embeds = writer.embed(torch.from_numpy(ids)[None]).detach().clone()
    embeds[0, 2:6] = torch.from_numpy(pictured)
    added = {layer + 1: torch.zeros(1, 9, 32) for layer in range(2)}
    for layer in range(2):
        added[layer + 1][0, 2:6] = torch.from_numpy(injected[layer])
    with torch.inference_mode():
        hidden, _ = writer(embeds, positions=torch.arange(9)[None], injected=added)
    rows = decoder.start([Prompt(ids[:3]), Prompt(ids, pictured, injected)][1:], room=1)
    assert np.abs(rows.next.state[0] - hidden[0, -1].numpy()).max() < CLOSE


def test_pictures_without_a_place_and_places_without_a_picture_are_refused(
    decoder: Decoder, vocabulary: Vocabulary
) -> None:
    image = vocabulary.id_of("<image>")
    with pytest.raises(InputError, match="do not fit"):
        decoder.start([Prompt(np.array([1, image, 2]))], room=1)
    with pytest.raises(InputError, match="do not fit"):
        decoder.start([Prompt(np.array([1, 2]), np.zeros((1, 32), np.float32))], room=1)


def test_too_long_and_empty_prompts_are_refused(decoder: Decoder) -> None:
    with pytest.raises(InputError, match="too long"):
        decoder.start([Prompt(np.zeros(LENGTH, np.int64))], room=1)
    with pytest.raises(InputError, match="empty"):
        decoder.start([Prompt(np.zeros(0, np.int64))], room=1)


def test_a_file_that_is_no_graph_is_an_error_of_the_model(decoder: Decoder, tmp_path: Path) -> None:
    (tmp_path / "writer.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelError):
        Decoder(tmp_path / "writer.onnx", decoder.shape, picture=1).start([Prompt(np.array([1]))], room=1)


def test_a_mixture_of_experts_is_exported_as_it_is(vocabulary: Vocabulary, tmp_path: Path) -> None:
    """Whole and token by token, where most experts are asked by nobody."""
    torch = pytest.importorskip("torch")
    from geoglot.nets.experts import ExpertsConfig
    from geoglot.nets.writer import Writer, WriterConfig

    torch.manual_seed(1)
    experts = ExpertsConfig(routed=4, active=2, shared=1, mlp=8)
    config = WriterConfig(
        vocab=len(vocabulary), width=32, layers=2, heads=2, kv_heads=2, head_dim=16, mlp=16, experts=experts, tied=False
    )
    writer = Writer(config).eval()
    (ids,) = drawn(vocabulary, 12)
    decoder = opened(writer, vocabulary.id_of("<image>"), tmp_path / "writer.onnx")
    assert np.abs(step_by_step(decoder, [ids], 6)[:, 0] - by_torch(writer, ids)[5:]).max() < CLOSE


def test_the_states_of_a_prompt_are_those_of_torch(writer: Writer, decoder: Decoder, vocabulary: Vocabulary) -> None:
    torch = pytest.importorskip("torch")
    rows = drawn(vocabulary, 9, 14)
    found = decoder.states([Prompt(row) for row in rows])
    for row, states in zip(rows, found, strict=True):
        with torch.inference_mode():
            hidden, _ = writer(writer.embed(torch.from_numpy(row)[None]), positions=torch.arange(len(row))[None])
        assert np.abs(states - hidden[0].numpy()).max() < CLOSE


def test_heads_that_onnxruntime_does_not_have_are_refused_by_size(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from geoglot.errors import WorkError
    from geoglot.nets.writer import Writer, WriterConfig
    from geoglot.train.export_writer import write_onnx

    config = WriterConfig(vocab=50, width=16, layers=1, heads=2, kv_heads=2, head_dim=8, mlp=16)
    with pytest.raises(WorkError, match="16"):
        write_onnx(Writer(config), tmp_path / "writer.onnx", length=16)
