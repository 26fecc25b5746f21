"""The writer against transformers' Llama and Qwen3 on the same random weights; caches, batches, injection, experts."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from geoglot.errors import InputError, ModelError  # noqa: E402
from geoglot.nets.experts import Experts, ExpertsConfig  # noqa: E402
from geoglot.nets.pretrained import save_writer, writer_config, writer_from_folder  # noqa: E402
from geoglot.nets.writer import Writer, WriterConfig, visible  # noqa: E402

SHAPE = {"vocab_size": 97, "hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 6, "intermediate_size": 80}
KINDS = {
    "llama": lambda tied: transformers.LlamaForCausalLM(
        transformers.LlamaConfig(**SHAPE, num_key_value_heads=2, rms_norm_eps=1e-5, tie_word_embeddings=tied)
    ),
    "qwen3": lambda tied: transformers.Qwen3ForCausalLM(
        transformers.Qwen3Config(**SHAPE, num_key_value_heads=3, head_dim=16, tie_word_embeddings=tied)
    ),
}


def shaken(model: torch.nn.Module, seed: int = 0) -> torch.nn.Module:
    """Every weight random, norms and biases too: at their first values of 1 and 0 they would hide mistakes."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)
    return model.eval()


@pytest.fixture(scope="module", params=[(kind, tied) for kind in KINDS for tied in (True, False)], ids=str)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[torch.nn.Module, Writer]:
    kind, tied = request.param
    folder = tmp_path_factory.mktemp(kind)
    theirs = shaken(KINDS[kind](tied))
    theirs.save_pretrained(folder)
    return theirs, writer_from_folder(folder)


def ids(batch: int = 2, length: int = 11) -> torch.Tensor:
    return torch.randint(0, 97, (batch, length), generator=torch.Generator().manual_seed(3))


def straight(writer: Writer, words: torch.Tensor) -> torch.Tensor:
    positions = torch.arange(words.shape[1]).expand(words.shape)
    return writer.logits(writer(writer.embed(words), positions=positions)[0])


@torch.no_grad()
def test_logits_are_those_of_transformers(pair: tuple[torch.nn.Module, Writer]) -> None:
    theirs, writer = pair
    torch.testing.assert_close(straight(writer, ids()), theirs(ids()).logits, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_rows_padded_on_the_left_are_those_of_transformers(pair: tuple[torch.nn.Module, Writer]) -> None:
    theirs, writer = pair
    present = torch.ones(2, 11, dtype=torch.bool)
    present[1, :4] = False
    positions = (present.cumsum(1) - 1).clamp(min=0)
    expected = theirs(ids(), attention_mask=present.long(), position_ids=positions).logits
    got = writer.logits(writer(writer.embed(ids()), positions=positions, mask=visible(present, new=11))[0])
    torch.testing.assert_close(got[present], expected[present], atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_reading_with_a_cache_equals_reading_at_once(pair: tuple[torch.nn.Module, Writer]) -> None:
    _, writer = pair
    words = ids()
    cache, parts = None, []
    for start, stop in ((0, 5), (5, 6), (6, 11)):
        positions = torch.arange(start, stop).expand(2, -1)
        hidden, cache = writer(writer.embed(words[:, start:stop]), positions=positions, cache=cache)
        parts.append(writer.logits(hidden))
    torch.testing.assert_close(torch.cat(parts, 1), straight(writer, words), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_a_batch_with_cache_and_padding_equals_each_row_alone(pair: tuple[torch.nn.Module, Writer]) -> None:
    _, writer = pair
    words, lengths = ids(), (11, 7)
    present = torch.stack([torch.arange(11) >= 11 - length for length in lengths])
    positions = (present.cumsum(1) - 1).clamp(min=0)
    whole = writer.embed(words)
    _, cache = writer(whole[:, :9], positions=positions[:, :9], mask=visible(present[:, :9], new=9))
    hidden, _ = writer(whole[:, 9:], positions=positions[:, 9:], mask=visible(present, new=2), cache=cache)
    for row, length in enumerate(lengths):
        alone = straight(writer, words[row : row + 1, 11 - length :])[:, -2:]
        torch.testing.assert_close(writer.logits(hidden[row : row + 1]), alone, atol=1e-5, rtol=1e-5)


def test_the_folder_that_is_saved_loads_in_transformers(pair: tuple[torch.nn.Module, Writer], tmp_path: Path) -> None:
    theirs, writer = pair
    save_writer(writer, tmp_path)
    again = transformers.AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        torch.testing.assert_close(again(ids()).logits, theirs(ids()).logits, atol=1e-5, rtol=1e-5)


def config(**changes: object) -> WriterConfig:
    shape = {"vocab": 50, "width": 32, "layers": 3, "heads": 4, "kv_heads": 2, "head_dim": 8, "mlp": 48}
    return WriterConfig(**{**shape, **changes})  # type: ignore[arg-type]


@torch.no_grad()
def test_injected_states_are_added_after_that_many_layers() -> None:
    writer = shaken(Writer(config()))
    x, positions = torch.randn(1, 6, 32), torch.arange(6)[None]
    extra = {layer: torch.randn(1, 6, 32) for layer in (1, 3)}
    mask = torch.ones(6, 6, dtype=torch.bool).tril()[None]
    state = x
    for index, layer in enumerate(writer.layers):
        alone = Writer(config(layers=1))
        alone.layers[0].load_state_dict(layer.state_dict())
        alone.norm = torch.nn.Identity()
        state = alone(state, positions=positions, mask=mask)[0] + extra.get(index + 1, 0)
    got, _ = writer(x, positions=positions, injected=extra)
    torch.testing.assert_close(got, writer.norm(state), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_experts_add_what_the_asked_ones_say_by_their_odds() -> None:
    experts = shaken(Experts(16, ExpertsConfig(routed=6, active=2, shared=1, mlp=8)))
    x = torch.randn(2, 5, 16)
    expected = torch.zeros_like(x)
    for b in range(2):
        for n in range(5):
            token = x[b, n]
            odds = torch.softmax(experts.router.weight @ token, dim=0)
            for index in odds.argsort(descending=True)[:2].tolist():
                one = experts.experts[index]
                gated = torch.nn.functional.silu(one.gate.weight @ token) * (one.up.weight @ token)
                expected[b, n] += odds[index] * (one.down.weight @ gated)
            expected[b, n] += experts.shared(token)
    torch.testing.assert_close(experts(x), expected, atol=1e-5, rtol=1e-5)


def test_the_balance_loss_is_one_for_even_work_and_more_for_uneven() -> None:
    even = Experts(4, ExpertsConfig(routed=4, active=1, shared=0, mlp=4))
    with torch.no_grad():
        even.router.weight.copy_(torch.eye(4) * 9)
        even(torch.eye(4)[None])
        assert float(even.balance) == pytest.approx(1.0, abs=1e-3)
        even(torch.eye(4)[None, :1].expand(1, 4, 4))
        assert float(even.balance) > 3


def test_a_writer_with_experts_learns_in_every_part() -> None:
    writer = Writer(config(experts=ExpertsConfig(routed=4, active=2, shared=1, mlp=8)))
    hidden, _ = writer(torch.randn(2, 20, 32), positions=torch.arange(20).expand(2, -1))
    (writer.logits(hidden).square().mean() + 0.01 * writer.balance()).backward()
    assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in writer.parameters())


@pytest.mark.parametrize(
    "change",
    [
        {"model_type": "gpt2"},
        {"attention_bias": True},
        {"rope_scaling": {"rope_type": "llama3", "factor": 8.0}},
        {"hidden_act": "gelu"},
        {"hidden_size": "many"},
    ],
    ids=str,
)
def test_a_writer_that_cannot_be_repeated_exactly_is_refused(change: dict[str, object]) -> None:
    values = {**SHAPE, "num_key_value_heads": 2, "model_type": "llama"}
    assert writer_config(values).head_dim == 8
    with pytest.raises(ModelError):
        writer_config({**values, **change})


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    save_writer(Writer(config()), tmp_path)
    text = (tmp_path / "config.json").read_text().replace('"num_hidden_layers": 3', '"num_hidden_layers": 4')
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ModelError, match="missing"):
        writer_from_folder(tmp_path)


def test_heads_that_cannot_be_shared_out_are_refused() -> None:
    with pytest.raises(InputError):
        config(kv_heads=3)
