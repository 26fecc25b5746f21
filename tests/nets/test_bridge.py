"""The bridge: attention across scales that begins neutral, merging, injection, tags, DeepSeek-VL2's tiles."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from geoglot.nets import acsa as acsa_module  # noqa: E402
from geoglot.nets.acsa import Acsa  # noqa: E402
from geoglot.nets.bridge import Bridge, BridgeConfig, Merger, frame_tokens, tile_tokens  # noqa: E402
from geoglot.nets.told import FACTS, Told, facts  # noqa: E402
from geoglot.nets.trunk import Levels  # noqa: E402
from geoglot.sensors import Kind  # noqa: E402
from tests.nets.published import copied, qwen_merger, qwen_vision, shaken  # noqa: E402


def levels(h: int = 4, w: int = 6, frames: int = 2, width: int = 16) -> Levels:
    return Levels(tuple(torch.randn(frames, h, w, width) for _ in range(3)), torch.randn(frames, h, w, width))


@torch.no_grad()
def test_eo_7_acsa_begins_neutral() -> None:
    seen = levels()
    assert torch.equal(Acsa(16, 3, rank=4, heads=2)(seen), seen.last)


def test_eo_7_acsa_learns_its_gain_first_and_then_all_else() -> None:
    module, seen, goal = Acsa(16, 3, rank=4, heads=2), levels(), torch.randn(2, 4, 6, 16)
    start = {name: p.detach().clone() for name, p in module.named_parameters()}
    for _ in range(20):
        (module(seen) - goal).square().mean().backward()
        with torch.no_grad():
            for parameter in module.parameters():
                assert parameter.grad is not None
                parameter -= parameter.grad
        module.zero_grad()
    assert bool((module.norm.weight != 0).any())
    assert all(not torch.equal(start[name], p) for name, p in module.named_parameters())
    assert float(torch.softmax(module.weights.detach(), 0).max()) < 0.99


def acsa_by_hand(module: Acsa, seen: Levels) -> torch.Tensor:
    """The published formulas, one query and one head at a time."""
    f, h, w, d = seen.last.shape
    flat = seen.last.reshape(f, h * w, d)
    weights = {name: value for name, value in module.state_dict().items()}
    mixed, size = torch.zeros_like(flat), d // module.heads
    for s, tap in enumerate(seen.taps):
        query = flat @ weights["query.weight"].T + weights["shifts"][s]
        source = tap.reshape(f, h * w, d)
        key = source @ weights[f"keys.{s}.0.weight"].T @ weights[f"keys.{s}.1.weight"].T
        value = source @ weights[f"values.{s}.0.weight"].T @ weights[f"values.{s}.1.weight"].T
        share = weights["weights"].exp()[s] / weights["weights"].exp().sum()
        for frame in range(f):
            for head in range(module.heads):
                part = slice(head * size, (head + 1) * size)
                for place in range(h * w):
                    score = (key[frame, :, part] @ query[frame, place, part]) / size**0.5
                    mixed[frame, place, part] += share * (score.softmax(0) @ value[frame, :, part])
    raw = mixed @ weights["out.weight"].T
    centred = raw - raw.mean(-1, keepdim=True)
    normed = centred / (raw.var(-1, unbiased=False, keepdim=True) + 1e-5).sqrt()
    return (flat + normed * weights["norm.weight"] + weights["norm.bias"]).view(f, h, w, d)


@torch.no_grad()
def test_acsa_is_what_its_formulas_say() -> None:
    module, seen = shaken(Acsa(16, 3, rank=4, heads=2)), levels(3, 2)
    torch.testing.assert_close(module(seen), acsa_by_hand(module, seen), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_large_frames_are_looked_at_window_by_window(monkeypatch: pytest.MonkeyPatch) -> None:
    module, seen = shaken(Acsa(16, 3, rank=4, heads=2)), levels(4, 6)
    monkeypatch.setattr(acsa_module, "WHOLE", 8)
    monkeypatch.setattr(acsa_module, "WINDOW", 4)
    cut = Levels(tuple(tap[:, :, 4:] for tap in seen.taps), seen.last[:, :, 4:])
    torch.testing.assert_close(module(seen)[:, :, 4:], module(cut), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_mergers_are_those_of_qwen3_vl() -> None:
    model, stem, trunk = qwen_vision()
    pixels = torch.randn(1, 3, 48, 32)
    seen = trunk(stem(pixels))
    expected, taps = model.merged(pixels)
    for tap, goal in ((None, expected), (0, taps[0]), (2, taps[2])):
        merger = Merger(32, 128, 48, after=tap is not None)
        copied(merger, qwen_merger(model, tap))
        features = seen.last if tap is None else seen.taps[tap]
        torch.testing.assert_close(merger(features).flatten(0, 2), goal, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_tiles_become_lines_of_one_large_image_after_the_view_of_the_whole() -> None:
    bridge = shaken(Bridge(BridgeConfig(20, norm=False, layout="tiles"), width=16, taps=0, out=8))
    whole, grid = torch.randn(1, 3, 3, 16), torch.randn(2, 3, 3, 3, 16)  # two rows of three tiles of 3 x 3 patches
    frames = torch.cat([whole, grid.reshape(6, 3, 3, 16)])
    tokens = bridge.tiled(Levels((), frames), 2, 3)[0]

    def project(tile: torch.Tensor) -> torch.Tensor:
        """DeepSeek-VL2's projector: fill 3 x 3 up to 4 x 4, unfold 2 x 2 channel by channel, two layers."""
        padded = torch.nn.functional.pad(tile.permute(2, 0, 1), (0, 1, 0, 1))[None]
        columns = torch.nn.functional.unfold(padded, 2, stride=2)[0].T  # (4, 16 * 4), channel by channel
        weight = bridge.merger.up.weight.view(20, 4, 16).transpose(1, 2).reshape(20, 64)
        hidden = torch.nn.functional.gelu(columns @ weight.T + bridge.merger.up.bias)
        return (hidden @ bridge.merger.down.weight.T + bridge.merger.down.bias).view(2, 2, 8)

    lines = [torch.cat([row, bridge.line_end[None]]) for row in project(whole[0])]
    lines.append(bridge.separator[None])
    for tile_row in range(2):
        tiles = [project(grid[tile_row, column]) for column in range(3)]
        lines += [torch.cat([*(tile[line] for tile in tiles), bridge.line_end[None]]) for line in range(2)]
    torch.testing.assert_close(tokens, torch.cat(lines), atol=1e-5, rtol=1e-5)
    assert len(tokens) == tile_tokens(3, 2, 3)


def test_token_counts_are_the_published_ones() -> None:
    assert tile_tokens(27, 1, 1) == 421
    assert tile_tokens(27, 3, 3) == 2017
    assert frame_tokens(BridgeConfig(8), 32, 32) == 256
    assert frame_tokens(BridgeConfig(8, tags=True), 16, 16) == 65
    assert frame_tokens(BridgeConfig(8, tags=True, pool=2), 16, 16) == 17


@torch.no_grad()
def test_a_tag_stands_before_each_frame_and_nothing_is_injected_there() -> None:
    bridge = shaken(
        Bridge(BridgeConfig(20, inject=True, tags=True, acsa_rank=4, acsa_heads=2), width=16, taps=3, out=8)
    )
    seen = levels()
    known = facts((Told(gsd_m=10.0, day=8000.0), Told()))
    given, other = bridge(seen, known), bridge(seen, torch.zeros(2, FACTS))
    assert given.tokens.shape == (2, 1 + 6, 8)
    assert not torch.allclose(given.tokens[0, 0], other.tokens[0, 0])
    torch.testing.assert_close(given.tokens[:, 1:], other.tokens[:, 1:])
    assert [one.shape for one in given.injected] == [(2, 7, 8)] * 3
    assert all(not one[:, 0].any() and bool(one[:, 1:].any()) for one in given.injected)


@torch.no_grad()
def test_pooled_tokens_are_means_of_neighbours() -> None:
    torch.manual_seed(0)
    plain = Bridge(BridgeConfig(20), width=16, taps=0, out=8)
    pooled = Bridge(BridgeConfig(20, pool=2), width=16, taps=0, out=8)
    copied(pooled, plain.state_dict())
    seen = Levels((), torch.randn(1, 4, 8, 16))
    grid = plain(seen, torch.zeros(1, FACTS)).tokens.view(1, 2, 4, 8)
    expected = torch.stack([grid[0, :, :2].mean((0, 1)), grid[0, :, 2:].mean((0, 1))])
    torch.testing.assert_close(pooled(seen, torch.zeros(1, FACTS)).tokens[0], expected, atol=1e-6, rtol=1e-5)


def test_what_is_told_is_told_apart_from_what_is_not_known() -> None:
    described = facts(
        (
            Told(gsd_m=1.0, day=0.0, look_deg=0.0),
            Told(),
            Told(polarisations=("VH",)),
            Told(order=2),
            Told(kind=Kind.SAR),
        )
    )
    assert described.shape == (5, FACTS)
    assert all(not torch.equal(described[1], described[row]) for row in (0, 2, 3, 4))
    assert bool(described.isfinite().all())
