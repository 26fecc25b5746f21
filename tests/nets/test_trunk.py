"""Trunks against transformers' SigLIP, Qwen3-VL and Swin on the same random weights; any size; metres."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from geoglot.errors import InputError  # noqa: E402
from geoglot.nets import rotary  # noqa: E402
from geoglot.nets.trunk import Trunk, TrunkConfig  # noqa: E402
from tests.nets.published import qwen_vision, siglip_vision, swin_model  # noqa: E402


@torch.no_grad()
def test_features_are_those_of_siglip() -> None:
    theirs, stem, trunk = siglip_vision()
    pixels = torch.randn(2, 3, 42, 42)
    expected = theirs(pixels).last_hidden_state
    torch.testing.assert_close(trunk(stem(pixels)).last.flatten(1, 2), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("size", [(32, 32), (48, 32), (16, 64)])
@torch.no_grad()
def test_features_of_any_size_are_those_of_qwen3_vl(size: tuple[int, int]) -> None:
    theirs, stem, trunk = qwen_vision()
    pixels = torch.randn(1, 3, *size)
    levels = trunk(stem(pixels))
    expected = theirs.features(pixels)
    torch.testing.assert_close(levels.last.flatten(1, 2)[0], expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("size", [(64, 64), (96, 64), (56, 72)])
@torch.no_grad()
def test_every_stage_is_that_of_swin(size: tuple[int, int]) -> None:
    theirs, stem, trunk = swin_model()
    pixels = torch.randn(2, 3, *size)
    levels = trunk(stem(pixels))
    for own, stage in zip(levels.taps, theirs.stages(pixels), strict=True):
        torch.testing.assert_close(own.permute(0, 3, 1, 2), stage, atol=1e-5, rtol=1e-5)


def small(**changes: object) -> Trunk:
    torch.manual_seed(0)
    settings = {"width": 64, "layers": 3, "heads": 2, "mlp": 96, "patch": 8, "taps": (0, 2), "ground": True}
    return Trunk(TrunkConfig(**{**settings, **changes})).eval()  # type: ignore[arg-type]


@torch.no_grad()
def test_frames_of_a_batch_do_not_see_each_other() -> None:
    trunk, patches, gsd_m = small(), torch.randn(3, 4, 6, 64), torch.tensor([0.3, 10.0, 0.0])
    together, alone = trunk(patches, gsd_m), trunk(patches[1:2], gsd_m[1:2])
    torch.testing.assert_close(together.last[1:2], alone.last, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(together.taps[0][1:2], alone.taps[0], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", ["line", "plane", "ground"])
def test_rotated_queries_and_keys_know_steps_alone(kind: str) -> None:
    def turns(rows: torch.Tensor, columns: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if kind == "line":
            return rotary.turns(rows, 16, 100.0)
        if kind == "plane":
            return rotary.waves(rotary.plane_angles(rows, columns, 16, 100.0))
        return rotary.waves(rotary.ground_angles(rows * 3.5, columns * 3.5, 16))

    query, key = torch.randn(2, 1, 16).unbind()
    here, there, shift = torch.tensor([[2, 7]]), torch.tensor([[5, 1]]), torch.tensor([11, 30])

    def product(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        q, k = rotary.turned(query, *turns(*one.unbind(1))), rotary.turned(key, *turns(*other.unbind(1)))
        return (q * k).sum()

    torch.testing.assert_close(product(here, there), product(here + shift, there + shift), atol=1e-4, rtol=1e-4)
    assert not torch.allclose(product(here, there), product(here, there + shift), atol=1e-3)


@torch.no_grad()
def test_the_trunk_sees_which_way_is_down() -> None:
    trunk, patches = small(), torch.randn(1, 4, 4, 64)
    assert not torch.allclose(trunk(patches).last, trunk(patches.flip(1)).last.flip(1), atol=1e-3)
    assert not torch.allclose(trunk(patches).last, trunk(patches.flip(2)).last.flip(2), atol=1e-3)


@torch.no_grad()
def test_the_ground_sampling_distance_is_seen_and_unknown_is_not_a_distance() -> None:
    trunk, patches = small(), torch.randn(1, 4, 4, 64)
    unknown = trunk(patches, torch.zeros(1)).last
    torch.testing.assert_close(trunk(patches).last, unknown)
    torch.testing.assert_close(trunk(patches, torch.tensor([10.0])).last, unknown)  # nothing is learned yet
    torch.nn.init.normal_(trunk.ground)
    assert not torch.allclose(trunk(patches, torch.tensor([10.0])).last, unknown, atol=1e-3)
    assert not torch.allclose(
        trunk(patches, torch.tensor([0.3])).last, trunk(patches, torch.tensor([10.0])).last, atol=1e-3
    )


def test_taps_beyond_the_last_layer_are_refused() -> None:
    with pytest.raises(InputError):
        TrunkConfig(64, 3, 2, 96, taps=(3,))
