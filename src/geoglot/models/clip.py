"""Contrastive image-text models: an open_clip folder, or one in transformers' CLIP layout.

They classify by comparing a picture with words, and rank pictures by words; they cannot count or point.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from geoglot.conversation import Answer, Conversation
from geoglot.errors import InputError, MissingExtra, ModelError
from geoglot.models import folder as model_folder
from geoglot.models.protocol import Model
from geoglot.tasks import TaskName

if TYPE_CHECKING:
    from PIL.Image import Image

TEMPLATE = "a satellite photo of {}."
"""Words around a class name. Source: the remote-sensing prompts of open_clip's zero-shot sets, shortened."""

Vectors = NDArray[np.float32]


class Towers(Protocol):
    """The two encoders. Both give (N, D) rows of length 1; scale multiplies their cosine before a softmax."""

    scale: float

    def images(self, pictures: Sequence[Image]) -> Vectors: ...

    def texts(self, words: Sequence[str]) -> Vectors: ...


class Clip(Model):
    """Zero-shot answers: classify and multiple choice among given names, presence against its absence.

    classes: what `classify` chooses from when the question names no choices; nano's scene classes if None.
    Raises ModelError for a folder that is not whole or brings pickles; MissingExtra without torch.
    """

    def __init__(self, folder: Path, *, classes: Sequence[str] | None = None, towers: Towers | None = None) -> None:
        self.name = f"clip:{folder.name}"
        self._towers = towers or _towers(folder)
        self.sha256 = model_folder.sha256(model_folder.weights(folder)) if towers is None else ""
        self._classes = tuple(classes) if classes else None

    def embed_image(self, pictures: Sequence[Image]) -> Vectors:
        """Give one vector of length 1 a picture, (N, D)."""
        return self._towers.images(pictures)

    def embed_text(self, words: Sequence[str]) -> Vectors:
        """Give one vector of length 1 a text, (N, D)."""
        return self._towers.texts(words)

    def rank(self, text: str, pictures: Sequence[Image]) -> list[tuple[int, float]]:
        """Give pictures by how well they fit the text: (index, cosine), best first."""
        fit = (self.embed_image(pictures) @ self.embed_text([text])[0]).tolist()
        return sorted(enumerate(fit), key=lambda pair: (-pair[1], pair[0]))

    def choose(self, picture: Image, names: Sequence[str]) -> list[tuple[str, float]]:
        """Give names with the probability that each fits the picture best, best first."""
        words = self.embed_text([TEMPLATE.format(name) for name in names])  # (K, D)
        logits = self._towers.scale * (words @ self.embed_image([picture])[0])  # (K,)
        weights = np.exp(logits - logits.max())
        return sorted(zip(names, (weights / weights.sum()).tolist(), strict=True), key=lambda pair: -pair[1])

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        """Answer by comparing the first frame with words; anything else is unsure, and says so."""
        from geoglot.models.nano.trained import open_reader

        started = time.perf_counter()
        if conversation.scene is None:
            raise InputError("an image is needed", expected="a question about a scene")
        query = open_reader().read(conversation, task=task)
        task = task or query.task
        picture = conversation.scene.picture().convert("RGB")
        value: bool | str | None = None
        warnings: tuple[str, ...] = ()
        text, confidence = "I can only classify and tell presence.", 0.0
        if task in (TaskName.CLASSIFY, TaskName.MCQ):
            best, confidence = self.choose(picture, query.choices or self._classes or _scene_classes())[0]
            value, text = best, best
        elif task is TaskName.PRESENCE and query.asked_as:
            ranked = dict(self.choose(picture, [query.asked_as, f"a place without {query.asked_as}"]))
            value = ranked[query.asked_as] >= 0.5
            text, confidence = ("Yes." if value else "No."), max(ranked.values())
        else:
            warnings = (f"a contrastive model cannot answer a question of kind {task}",)
        return Answer(
            text=text,
            task=task,
            model=self.name,
            model_sha256=self.sha256,
            value=value,
            query=query.as_json(),
            confidence=confidence,
            unsure=bool(warnings) or confidence < 0.5,
            warnings=warnings,
            seconds={"answer": time.perf_counter() - started},
            question=conversation.question.text,
            scene=conversation.scene,
        )


def load(folder: str | Path, *, classes: Sequence[str] | None = None) -> Clip:
    """Give the model in a folder: see `Clip`."""
    return Clip(Path(folder), classes=classes)


def _scene_classes() -> tuple[str, ...]:
    from geoglot.models.nano.things import all_things

    return tuple(thing.name for thing in all_things() if "scene" in thing.kinds)


def _towers(folder: Path) -> Towers:
    if (folder / "open_clip_config.json").is_file():
        model_folder.weights(folder)
        return _OpenClip(folder)
    model_folder.checked(folder, kind="open_clip or CLIP")
    return _TransformersClip(folder)


def _unit(rows: Any) -> Vectors:
    vectors: Vectors = rows.float().numpy()
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


class _OpenClip:
    """open_clip_config.json with its weights beside it."""

    def __init__(self, folder: Path) -> None:
        try:
            import open_clip
        except (ImportError, RuntimeError):  # torchvision without operators for this torch raises RuntimeError
            raise MissingExtra("an open_clip model", "clip") from None
        config = model_folder.read_json(folder / "open_clip_config.json").get("model_cfg")
        if not isinstance(config, dict):
            raise ModelError("the folder's configuration names no model", value=str(folder))
        self._network, _, self._preprocess = open_clip.create_model_and_transforms(f"local-dir:{folder}")
        self._network.eval()
        self._tokens = open_clip.get_tokenizer(f"local-dir:{folder}")
        self.scale = float(self._network.logit_scale.exp())

    def images(self, pictures: Sequence[Image]) -> Vectors:
        import torch

        with torch.inference_mode():
            return _unit(self._network.encode_image(torch.stack([self._preprocess(picture) for picture in pictures])))

    def texts(self, words: Sequence[str]) -> Vectors:
        import torch

        with torch.inference_mode():
            return _unit(self._network.encode_text(self._tokens(list(words))))


class _TransformersClip:
    """A folder in transformers' layout: CLIP, SigLIP and their kin."""

    def __init__(self, folder: Path) -> None:
        try:
            import transformers
        except ImportError:
            raise MissingExtra("a CLIP model", "hf") from None
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        try:
            self._network = transformers.AutoModel.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, use_safetensors=True
            ).eval()
            self._pictures = transformers.AutoImageProcessor.from_pretrained(
                folder, local_files_only=True, backend="pil"
            )
            self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
            self.scale = float(self._network.logit_scale.exp())
        except (OSError, ValueError, AttributeError) as error:
            raise ModelError("the model cannot be built", value=str(folder), hint=str(error)[:300]) from error

    def images(self, pictures: Sequence[Image]) -> Vectors:
        import torch

        with torch.inference_mode():
            inputs = self._pictures(images=list(pictures), return_tensors="pt")
            return _unit(_features(self._network.get_image_features(**inputs)))

    def texts(self, words: Sequence[str]) -> Vectors:
        import torch

        with torch.inference_mode():
            tokens = self._tokenizer(list(words), padding=True, truncation=True, return_tensors="pt")
            return _unit(_features(self._network.get_text_features(**tokens)))


def _features(found: Any) -> Any:
    """transformers 5 wraps the vectors in an output object; earlier versions gave them bare."""
    return getattr(found, "pooler_output", found)
