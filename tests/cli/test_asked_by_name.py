"""`geoglot ask` with a published model: `hf:FOLDER` runs it here, `http://…/v1` asks a server that runs it."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")
pytest.importorskip("transformers")

from geoglot.models import hf
from geoglot.models.prompting import Prompt
from geoglot.tasks import TaskName
from tests.cli.run import geoglot
from tests.models.tiny import qwen_folder

pytestmark = [
    pytest.mark.slow,  # every question is a process of its own, which imports torch
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]

TOKENS = 8
QUESTION = "How many ships are there?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of Qwen3-VL, saved by transformers."""
    return qwen_folder(tmp_path_factory.mktemp("qwen") / "tiny", "3")


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "harbour.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 96, 3), np.uint8)).save(path)
    return path


class Serving(ThreadingHTTPServer):
    """What vLLM does with a folder, one question at a time."""

    model: hf.Transformers

    def replied(self, asked: dict[str, Any]) -> dict[str, object]:
        """The answer to one chat completion."""
        system, user = asked["messages"]
        pictures = [_picture(part) for part in user["content"] if part["type"] == "image_url"]
        (text,) = (part["text"] for part in user["content"] if part["type"] == "text")
        prompt = Prompt(tuple(pictures), tuple(range(len(pictures))), text, TaskName.VQA, system=system["content"])
        said, probability = self.model._generate(prompt)
        tokens = [{"token": said, "logprob": float(np.log(probability))}]
        return {"choices": [{"message": {"role": "assistant", "content": said}, "logprobs": {"content": tokens}}]}


def _picture(part: dict[str, Any]) -> Image.Image:
    data = part["image_url"]["url"].partition("base64,")[2]
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")


class _Talk(BaseHTTPRequestHandler):
    server: Serving

    def do_GET(self) -> None:
        self._send({"data": [{"id": "Qwen3-VL-tiny"}]})

    def do_POST(self) -> None:
        self._send(self.server.replied(json.loads(self.rfile.read(int(self.headers["Content-Length"])))))

    def _send(self, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    serving = Serving(("127.0.0.1", 0), _Talk)
    serving.model = hf.load(folder, max_tokens=TOKENS)
    thread = threading.Thread(target=serving.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{serving.server_address[1]}/v1"
    serving.shutdown()
    serving.server_close()


def asked(picture: Path, model: str, *more: str) -> dict[str, Any]:
    done = geoglot("ask", picture, QUESTION, "--model", model, "--max-tokens", str(TOKENS), "--json", *more)
    assert done.code == 0, done.err
    found: dict[str, Any] = done.document
    return found


def test_a_folder_is_asked_by_hf(folder: Path, picture: Path) -> None:
    answer = asked(picture, f"hf:{folder}")
    assert (answer["model"], answer["task"]) == ("hf:tiny", "count")
    assert answer["text"]
    assert 0 < answer["confidence"] < 1
    assert answer["unsure"]  # random weights follow no grammar, and say so


def test_a_server_of_the_same_folder_says_the_same(folder: Path, picture: Path, server: str) -> None:
    here, there = asked(picture, f"hf:{folder}"), asked(picture, server)
    assert there["model"] == "Qwen3-VL-tiny at 127.0.0.1"
    assert there["text"] == here["text"]
    assert there["confidence"] == pytest.approx(here["confidence"], abs=1e-4)


def test_a_place_is_asked_for_too(folder: Path, picture: Path) -> None:
    answer = asked(picture, f"hf:{folder}", "--task", "detect")
    assert answer["task"] == "detect"
    assert isinstance(answer["regions"], list)
