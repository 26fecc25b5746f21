"""A server that speaks the OpenAI protocol, played by a stub on loopback."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from PIL import Image

from geoglot.errors import InputError, ModelError
from geoglot.models import endpoint
from geoglot.models.endpoint import Endpoint
from tests.models.scenes import plain_scene


class Stub(ThreadingHTTPServer):
    """Replies with `reply`; keeps what it was asked."""

    reply = "3"
    status: list[int]
    asked: list[dict[str, Any]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Talk(BaseHTTPRequestHandler):
    server: Stub

    def do_GET(self) -> None:
        self._send(200, {"data": [{"id": "Qwen3-VL-tiny"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body)
        status = self.server.status.pop(0) if self.server.status else 200
        tokens = [{"token": "3", "logprob": -0.1}]
        choice = {"message": {"role": "assistant", "content": self.server.reply}, "logprobs": {"content": tokens}}
        self._send(status, {"choices": [choice]})

    def _send(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Retry-After", "0")
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def stub() -> Iterator[Stub]:
    server = Stub(("127.0.0.1", 0), _Talk)
    server.status, server.asked = [], []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_server_answers(stub: Stub) -> None:
    answer = endpoint.load(stub.url).ask(plain_scene(), "How many ships are there?")
    assert answer.value == 3
    assert answer.confidence == pytest.approx(0.9048, abs=1e-3)
    assert answer.model == "Qwen3-VL-tiny at 127.0.0.1"


def test_the_picture_arrives_whole(stub: Stub) -> None:
    endpoint.load(stub.url).ask(plain_scene(96, 64), "How many ships are there?")
    image, text = stub.asked[0]["messages"][1]["content"]
    data = base64.b64decode(image["image_url"]["url"].partition(",")[2])
    assert Image.open(io.BytesIO(data)).size == (96, 64)
    assert "How many ships" in text["text"]


def test_a_box_comes_back_to_its_pixels(stub: Stub) -> None:
    stub.reply = '{"bbox_2d": [250, 250, 500, 500], "label": "ship"}'
    answer = endpoint.load(stub.url).ask(plain_scene(96, 64), "Where is the ship?", task="ground")
    box = answer.regions[0].bounds
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((24, 16, 48, 32), abs=0.1)


def test_a_busy_server_is_asked_again(stub: Stub) -> None:
    stub.status = [503, 429]
    assert endpoint.load(stub.url).ask(plain_scene(), "How many ships are there?").value == 3
    assert len(stub.asked) == 3


@pytest.mark.parametrize("status", [500, 401, 302])
def test_a_refusal_is_a_typed_error_and_redirects_are_not_followed(stub: Stub, status: int) -> None:
    stub.status = [status]
    with pytest.raises(ModelError, match=str(status)):
        endpoint.load(stub.url).ask(plain_scene(), "How many ships are there?")


def test_a_server_that_is_not_there_is_a_typed_error() -> None:
    with pytest.raises(ModelError, match="cannot be reached"):
        endpoint.load("http://127.0.0.1:9/v1")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/v1", "http://", "nonsense"])
def test_only_web_addresses_are_servers(url: str) -> None:
    with pytest.raises(InputError, match="address"):
        Endpoint(url)
