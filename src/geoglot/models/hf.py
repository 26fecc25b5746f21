"""Any image-text-to-text folder of transformers, run here with torch."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from geoglot.conversation import Answer, Conversation
from geoglot.errors import MissingExtra, ModelError
from geoglot.models import folder as model_folder
from geoglot.models.prompting import Prompt, answer_from, convention_for, prompt_for
from geoglot.models.protocol import Model
from geoglot.tasks import TaskName

# Families whose processor insists on torchvision for video, which we never send; see `_PlainQwen`.
_QWEN = {"qwen2_vl", "qwen2_5_vl", "qwen3_vl"}


class Transformers(Model):
    """A model folder. Nothing is fetched, no code of the folder is run, weights are safetensors only.

    The network is built at the first question. Confidence is the geometric mean of the reply's token probabilities;
    it is not calibrated. Raises ModelError for a folder that is not whole, MissingExtra without transformers.
    """

    def __init__(self, folder: Path, *, max_tokens: int = 512) -> None:
        config = model_folder.checked(folder, kind="transformers")
        self._folder = folder
        self._max_tokens = max_tokens
        self.name = f"hf:{folder.name}"
        self.model_type = str(config.get("model_type", ""))
        limits = _pixel_limits(folder)
        self.convention = convention_for(self.model_type, min_pixels=limits[0], max_pixels=limits[1])
        self._network: Any = None
        self._processor: Any = None

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        """Generate greedily; the seed changes nothing. Raises ModelError if the folder cannot be loaded."""
        started = time.perf_counter()
        prompt = prompt_for(conversation, task=task, convention=self.convention)
        reply, probability = self._generate(prompt)
        answer = answer_from(reply, conversation, prompt, convention=self.convention, probability=probability)
        seconds = {"answer": time.perf_counter() - started}
        return replace(answer, model=self.name, model_sha256=self.sha256, seconds=seconds)

    def _generate(self, prompt: Prompt) -> tuple[str, float]:
        import torch

        self._build()
        inputs = self._processor(prompt)
        with torch.inference_mode():
            done = self._network.generate(
                **inputs,
                max_new_tokens=self._max_tokens,
                do_sample=False,
                output_scores=True,
                return_dict_in_generate=True,
            )
        new = done.sequences[0, inputs["input_ids"].shape[1] :]  # (L,)
        logs = self._network.compute_transition_scores(done.sequences, done.scores, normalize_logits=True)[0]  # (L,)
        return self._processor.text(new), float(logs.float().mean().exp())

    def _build(self) -> None:
        if self._network is not None:
            return
        try:
            import transformers
        except ImportError:
            raise MissingExtra("a transformers model", "hf") from None
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        try:
            network = transformers.AutoModelForImageTextToText.from_pretrained(
                self._folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype="auto"
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelError("the model cannot be built", value=str(self._folder), hint=str(error)[:300]) from error
        self._network = network.eval()
        self._processor = _processor(self._folder, self.model_type)
        self.sha256 = model_folder.sha256(model_folder.weights(self._folder))


def load(folder: str | Path, *, max_tokens: int = 512) -> Transformers:
    """Give the model in a folder: see `Transformers`."""
    return Transformers(Path(folder), max_tokens=max_tokens)


def _pixel_limits(folder: Path) -> tuple[int | None, int | None]:
    """The processor's least and most pixels, where its file names them under the old or the new key."""
    path = folder / "preprocessor_config.json"
    if not path.is_file():
        return None, None
    found = model_folder.read_json(path)
    size = found.get("size")
    size = size if isinstance(size, Mapping) else {}
    least = found.get("min_pixels") or size.get("shortest_edge")
    most = found.get("max_pixels") or size.get("longest_edge")
    return (int(least) if isinstance(least, int) else None, int(most) if isinstance(most, int) else None)


def _processor(folder: Path, model_type: str) -> _Auto | _PlainQwen:
    import transformers

    try:
        return _Auto(transformers.AutoProcessor.from_pretrained(folder, local_files_only=True, trust_remote_code=False))
    except ImportError as error:
        if model_type not in _QWEN:
            raise ModelError("the model's processor needs more than is installed", value=str(folder),
                             hint=str(error).strip().splitlines()[0]) from error  # fmt: skip
        return _PlainQwen(folder)
    except (OSError, ValueError) as error:
        raise ModelError("the model's processor cannot be read", value=str(folder), hint=str(error)[:300]) from error


def _messages(prompt: Prompt) -> list[dict[str, object]]:
    images: list[dict[str, object]] = [{"type": "image", "image": picture} for picture in prompt.pictures]
    return [
        {"role": "system", "content": [{"type": "text", "text": prompt.system}]},
        {"role": "user", "content": [*images, {"type": "text", "text": prompt.text}]},
    ]


class _Auto:
    """transformers' own processor."""

    def __init__(self, processor: Any) -> None:
        self._inner = processor

    def __call__(self, prompt: Prompt) -> Mapping[str, Any]:
        inputs: Mapping[str, Any] = self._inner.apply_chat_template(
            _messages(prompt), add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
        )
        return inputs

    def text(self, tokens: Any) -> str:
        return str(self._inner.decode(tokens, skip_special_tokens=True))


class _PlainQwen:
    """Qwen-VL's image processor and tokenizer joined by hand, without the video part.

    Each picture stands in the text as one pad token per merged patch. Source: Qwen2_5_VLProcessor of transformers 5.
    """

    def __init__(self, folder: Path) -> None:
        import transformers

        self._images = transformers.AutoImageProcessor.from_pretrained(folder, local_files_only=True, backend="pil")
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        config = model_folder.read_json(folder / "config.json")
        self._pad = int(config["image_token_id"])  # type: ignore[call-overload]

    def __call__(self, prompt: Prompt) -> Mapping[str, Any]:
        import torch

        words = self._tokenizer.apply_chat_template(_messages(prompt), add_generation_prompt=True, tokenize=False)
        tokens = self._tokenizer(words, add_special_tokens=False)["input_ids"]
        inputs: dict[str, Any] = {}
        if prompt.pictures:
            inputs = dict(self._images(images=list(prompt.pictures), return_tensors="pt"))
            merged = inputs["image_grid_thw"].prod(dim=1) // self._images.merge_size**2  # (pictures,)
            tokens = self._expanded(tokens, merged.tolist())
        ids = torch.tensor([tokens])  # (1, L)
        kinds = (ids == self._pad).int()  # 1 where a picture stands
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "mm_token_type_ids": kinds, **inputs}

    def _expanded(self, tokens: Sequence[int], counts: Sequence[int]) -> list[int]:
        left = list(counts)
        out: list[int] = []
        for token in tokens:
            out += [token] * (left.pop(0) if token == self._pad else 1)
        if left:
            raise ModelError("the folder's chat template leaves out pictures", value=len(left))
        return out

    def text(self, tokens: Any) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True))
