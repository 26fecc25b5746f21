"""Any server that speaks the OpenAI chat protocol: vLLM, SGLang, llama.cpp, a hosted service."""

from __future__ import annotations

import base64
import io
import json
import math
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from geoglot.conversation import Answer, Conversation
from geoglot.errors import InputError, ModelError
from geoglot.models.prompting import Convention, Prompt, answer_from, convention_for, prompt_for
from geoglot.models.protocol import Model
from geoglot.tasks import TaskName

if TYPE_CHECKING:
    from PIL.Image import Image

TIMEOUT_S = 120.0
TRIES = 3
LONGEST_WAIT_S = 20.0
LARGEST_REPLY_BYTES = 4 << 20

# What a model's name tells of its family, most specific first. Served models do not tell their config.
_FAMILIES = (("qwen3-vl", "qwen3_vl"), ("qwen2.5-vl", "qwen2_5_vl"), ("qwen2-vl", "qwen2_vl"), ("internvl", "internvl"),
             ("deepseek-vl2", "deepseek_vl_v2"))  # fmt: skip


class Endpoint(Model):
    """A model behind an address. The address was named by the user; nothing else is contacted.

    url: ends in /v1. model: its name there; the first of /v1/models if None. key: bearer token.
    Raises InputError for an address that is no http(s) URL.
    """

    def __init__(self, url: str, *, model: str | None = None, key: str | None = None, max_tokens: int = 512) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError("this is no address of a server", value=url, expected="http://host:port/v1")
        self._url = url.rstrip("/")
        self._key = key
        self._max_tokens = max_tokens
        self._model = model or self._first_model()
        self.name = f"{self._model} at {parts.hostname}"
        family = next((family for word, family in _FAMILIES if word in self._model.casefold()), "")
        self.convention: Convention = convention_for(family)

    def answer(self, conversation: Conversation, *, task: TaskName | None = None, seed: int = 0) -> Answer:
        """Send the conversation and read the reply. Raises ModelError if the server cannot be reached or fails."""
        started = time.perf_counter()
        prompt = prompt_for(conversation, task=task, convention=self.convention)
        reply, probability = self._complete(prompt, seed)
        answer = answer_from(reply, conversation, prompt, convention=self.convention, probability=probability)
        return replace(answer, model=self.name, seconds={"answer": time.perf_counter() - started})

    def _complete(self, prompt: Prompt, seed: int) -> tuple[str, float | None]:
        parts: list[Mapping[str, object]] = [
            {"type": "image_url", "image_url": {"url": _data_url(picture)}} for picture in prompt.pictures
        ]
        parts.append({"type": "text", "text": prompt.text})
        document = {
            "model": self._model,
            "messages": [{"role": "system", "content": prompt.system}, {"role": "user", "content": parts}],
            "max_tokens": self._max_tokens,
            "temperature": 0,
            "seed": seed,
            "logprobs": True,
        }
        found = self._call("/chat/completions", document)
        try:
            choice = found["choices"][0]  # type: ignore[index]
            text = choice["message"]["content"]
        except (KeyError, IndexError, TypeError):
            text = None
        if not isinstance(text, str):
            raise ModelError("the server's reply is no chat completion", value=json.dumps(found)[:200])
        return text, _probability(choice)

    def _first_model(self) -> str:
        found = self._call("/models", None)
        try:
            return str(found["data"][0]["id"])  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            raise ModelError("the server names no model", value=self._url, expected="a list at /v1/models") from None

    def _call(self, path: str, document: Mapping[str, object] | None) -> Mapping[str, object]:
        """Send one request; busy servers are asked again, after the time they name."""
        body = None if document is None else json.dumps(document).encode()
        headers = {
            "Content-Type": "application/json",
            **({"Authorization": f"Bearer {self._key}"} if self._key else {}),
        }
        request = urllib.request.Request(f"{self._url}{path}", data=body, headers=headers)
        for trial in range(1, TRIES + 1):
            try:
                with _OPENER.open(request, timeout=TIMEOUT_S) as reply:
                    return _document(reply.read(LARGEST_REPLY_BYTES + 1), self._url)
            except urllib.error.HTTPError as error:
                if error.code in (429, 503) and trial < TRIES:
                    time.sleep(_wait_s(error.headers.get("Retry-After"), trial))
                    continue
                raise ModelError(
                    "the server refused", value=f"{error.code} {error.reason}", hint=_first_words(error)
                ) from None
            except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
                reason = getattr(error, "reason", error)
                raise ModelError("the server cannot be reached", value=self._url, hint=str(reason)) from None
        raise AssertionError("unreachable: the last trial returns or raises")


def load(url: str, *, model: str | None = None, key: str | None = None, max_tokens: int = 512) -> Endpoint:
    """Give the model behind an address: see `Endpoint`."""
    return Endpoint(url, model=model, key=key, max_tokens=max_tokens)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would send pictures and key to somebody the user did not name."""

    def redirect_request(self, *_: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler())


def _document(body: bytes, url: str) -> Mapping[str, object]:
    if len(body) > LARGEST_REPLY_BYTES:
        raise ModelError("the server's reply is too long", value=url, expected=f"at most {LARGEST_REPLY_BYTES} bytes")
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ModelError("the server does not speak JSON", value=body[:80].decode(errors="replace"))
    return found


def _wait_s(header: str | None, trial: int) -> float:
    try:
        return min(float(header or ""), LONGEST_WAIT_S)
    except ValueError:
        return min(2.0**trial, LONGEST_WAIT_S)


def _first_words(error: urllib.error.HTTPError) -> str:
    return error.read(300).decode(errors="replace")


def _probability(choice: Mapping[str, object]) -> float | None:
    """Geometric mean of the reply's token probabilities, if the server told them."""
    told = choice.get("logprobs")
    tokens = told.get("content") if isinstance(told, dict) else None
    if not isinstance(tokens, list) or not tokens:
        return None
    logs = [token.get("logprob") for token in tokens if isinstance(token, dict)]
    numbers = [log for log in logs if isinstance(log, int | float)]
    return math.exp(sum(numbers) / len(numbers)) if numbers else None


def _data_url(picture: Image) -> str:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"
