"""Contrastive models: choosing and ranking with a known pair of towers, and a real folder of random weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geoglot.errors import ModelError
from geoglot.models import clip
from geoglot.models.clip import Clip, Vectors
from geoglot.tasks import TaskName
from tests.models.scenes import plain_scene


class Brightness:
    """Towers whose first direction is bright, the second dark: words and pictures are both easily told apart."""

    scale = 20.0

    def images(self, pictures: Sequence[Image.Image]) -> Vectors:
        means = np.array([np.asarray(picture.convert("L")).mean() / 255 for picture in pictures])
        return self._unit(np.stack([means, 1 - means], axis=1))

    def texts(self, words: Sequence[str]) -> Vectors:
        rows = [[1.0, 0.0] if "bright" in text else [0.0, 1.0] if "dark" in text else [1.0, 1.0] for text in words]
        return self._unit(np.array(rows))

    @staticmethod
    def _unit(rows: np.ndarray) -> Vectors:
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def model() -> Clip:
    return Clip(Path("brightness"), classes=("bright field", "dark forest"), towers=Brightness())


def test_it_chooses_the_name_that_fits_best() -> None:
    answer = model().ask(plain_scene(), "What kind of place is this?", task="classify")
    assert answer.value == "dark forest"
    assert answer.confidence > 0.5


def test_it_ranks_pictures_by_words() -> None:
    pictures = [Image.new("RGB", (8, 8), (level,) * 3) for level in (10, 250, 128)]
    assert [index for index, _ in model().rank("a bright place", pictures)] == [1, 2, 0]


def test_what_it_cannot_answer_is_unsure() -> None:
    answer = model().ask(plain_scene(), "How many ships are there?")
    assert answer.unsure
    assert answer.value is None
    assert "count" in answer.warnings[0]


def test_words_that_no_rule_reads_are_read_by_the_trained_reader() -> None:
    answer = model().ask(plain_scene(), "Got any bright spots?")
    assert answer.task is TaskName.PRESENCE
    assert isinstance(answer.value, bool)


def test_probabilities_sum_to_one() -> None:
    chosen = model().choose(Image.new("RGB", (8, 8)), ["bright", "dark", "other"])
    assert sum(probability for _, probability in chosen) == pytest.approx(1.0)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_a_folder_of_transformers_gives_unit_vectors(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from tests.models.tiny import clip_folder

    loaded = clip.load(clip_folder(tmp_path / "tiny"))
    vectors = loaded.embed_image([Image.new("RGB", (40, 30)), Image.new("RGB", (30, 40), (255, 0, 0))])
    words = loaded.embed_text(["a ship", "a much longer text about a ship"])
    assert vectors.shape[1] == words.shape[1]
    np.testing.assert_allclose(np.linalg.norm(np.concatenate([vectors, words]), axis=1), 1, atol=1e-5)


def test_a_folder_of_open_clip_needs_its_library_or_works(tmp_path: Path) -> None:
    """Where open_clip cannot be imported the error names the extra."""
    from geoglot.errors import MissingExtra

    (tmp_path / "open_clip_config.json").write_text('{"model_cfg": {}}')
    (tmp_path / "open_clip_model.safetensors").write_bytes(b"\0" * 16)
    with pytest.raises((MissingExtra, ModelError, RuntimeError)):
        clip.load(tmp_path)
