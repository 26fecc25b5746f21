"""Where clouds are is fitted from clouds drawn over training images."""

from __future__ import annotations

import numpy as np
import pytest

from geoglot.models.nano.eye import Sight
from geoglot.train import clouds
from geoglot.train.augment import overcast
from geoglot.train.recipe import Ingredient
from geoglot.train.shard import Shard


class Bright:
    """An eye whose first dense feature is the brightness of a cell; the others are noise."""

    def see(self, image: np.ndarray, _present: np.ndarray, *, dense: bool) -> Sight:
        assert dense
        grey = image[:3].mean(axis=0)
        cells = grey.reshape(grey.shape[0] // 4, 4, grey.shape[1] // 4, 4).mean(axis=(1, 3))
        noise = np.random.default_rng(0).standard_normal((3, *cells.shape))
        nothing = np.zeros(0, np.float32)
        return Sight(*[nothing] * 6, dense=np.stack([cells, *noise]).astype(np.float32))


def test_weights_and_a_bias_follow_what_tells_clouds(squares: Shard) -> None:
    mixture = (Ingredient("squares", 1.0, (0.8, 1.2)), Ingredient("gone", 1.0, (1, 1)))
    *weights, _ = clouds.fit(Bright(), mixture, {"squares": squares}, views=40)  # type: ignore[arg-type]
    assert len(weights) == 4
    assert weights[0] > 5 * max(abs(weight) for weight in weights[1:])


def test_without_pictures_there_is_nothing_to_draw_clouds_over() -> None:
    with pytest.raises(ValueError, match="no shard of pictures"):
        clouds.fit(Bright(), (), {})  # type: ignore[arg-type]


def test_a_line_between_two_heaps_is_found() -> None:
    rng = np.random.default_rng(1)
    right = rng.random(4000) < 0.5
    features = np.column_stack([np.where(right, 2.0, -1.0) + rng.standard_normal(4000), rng.standard_normal(4000)])
    first, second, bias = clouds.logistic(features, right)
    assert first == pytest.approx(3.0, abs=0.4)  # of two normal heaps: distance of the means over the variance
    assert second == pytest.approx(0.0, abs=0.2)
    assert bias == pytest.approx(-1.5, abs=0.4)


def test_opaque_cloud_hides_the_ground_in_every_band() -> None:
    planes = {"red": np.zeros((64, 64), np.float32), "nir": np.ones((64, 64), np.float32)}
    thick = overcast(planes, np.random.default_rng(2))
    assert (thick > 0.99).any()
    hidden = thick > 0.999
    assert np.ptp(planes["red"][hidden]) < 0.02
    assert np.ptp(planes["nir"][hidden]) < 0.02
