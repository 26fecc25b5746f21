"""The eye: shapes, gradients, modalities that do not disturb each other, folding that changes nothing."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from geoglot.nets import classes  # noqa: E402
from geoglot.nets.eye import GEOMETRY, STRIDE, Eye  # noqa: E402
from geoglot.nets.fold import folded  # noqa: E402


@pytest.fixture(scope="module")
def eye() -> Eye:
    torch.manual_seed(0)
    eye = Eye(width=8)
    for module in eye.modules():
        if isinstance(module, torch.nn.BatchNorm2d):  # as after training: statistics that are not 0 and 1
            torch.nn.init.uniform_(module.running_mean, -0.3, 0.3)
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
    torch.nn.init.normal_(eye.modality)
    return eye.eval()


def inputs(batch: int = 2, height: int = 64, width: int = 96) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(batch, 9, height, width, generator=generator), torch.ones(batch, 4)


def test_heads_give_a_cell_for_every_four_pixels(eye: Eye) -> None:
    sight = eye(*inputs())
    assert sight.heat.shape == (2, len(classes.OBJECTS), 64 // STRIDE, 96 // STRIDE)
    assert sight.geometry.shape[1] == GEOMETRY
    assert sight.cover.shape[1:] == (len(classes.COVER), 16, 24)
    assert sight.scene.shape == (2, len(classes.SCENES))


def test_every_parameter_learns() -> None:
    eye = Eye(width=8)
    sight = eye(*inputs())
    sum(getattr(sight, name).square().sum() for name in sight.__slots__).backward()
    assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in eye.parameters())


def test_images_of_a_batch_do_not_see_each_other(eye: Eye) -> None:
    image, present = inputs(3)
    with torch.no_grad():
        together = eye(image, present)
        alone = eye(image[1:2], present[1:2])
    torch.testing.assert_close(together.heat[1:2], alone.heat, atol=1e-4, rtol=1e-4)


def test_the_eye_is_told_which_modalities_are_there(eye: Eye) -> None:
    image, present = inputs()
    with torch.no_grad():
        assert not torch.allclose(eye(image, present).scene, eye(image, present * 0).scene)


def test_folding_changes_no_number(eye: Eye) -> None:
    image, present = inputs()
    flat = folded(eye)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in flat.modules())
    with torch.no_grad():
        before, after = eye(image, present), flat(image, present)
    for name in before.__slots__:
        torch.testing.assert_close(getattr(before, name), getattr(after, name), atol=1e-4, rtol=1e-4)


def test_shapes_of_the_full_size() -> None:
    assert sum(p.numel() for p in Eye().parameters()) < 6_000_000
