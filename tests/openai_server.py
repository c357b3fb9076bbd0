"""A server on loopback that speaks OpenAI's chat completions, so that the real client talks to a model of ours.

https://platform.openai.com/docs/api-reference/chat/create, not streamed. What it answers is a function of the request,
given by each test; the requests are kept.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

JSON = dict[str, Any]

_number = itertools.count(1)


@dataclass(frozen=True)
class Reply:
    """What the server sends: a message with its token counts, or `body` as it is."""

    message: JSON = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay_s: float = 0
    tokens: tuple[int, int] = (100, 20)


def text(content: str, **more: Any) -> Reply:
    """A message of words alone."""
    return Reply({"role": "assistant", "content": content}, **more)


def calls(*wanted: tuple[str, Any], **more: Any) -> Reply:
    """A message that calls tools: (name, arguments), the arguments as an object or as the text they travel as."""
    made = [
        {
            "id": f"call_{next(_number)}",
            "type": "function",
            "function": {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)},
        }
        for name, given in wanted
    ]
    return Reply({"role": "assistant", "content": None, "tool_calls": made}, **more)


def answer(reply: str, **more: Any) -> Reply:
    """A message that ends a conversation's turn."""
    return calls(("Answer", {"reply": reply, **more}))


def refused(status: int, code: str | None = None, **headers: str) -> Reply:
    """An error as OpenAI sends it, which may quote what it was sent; a header's name has _ for -."""
    body = json.dumps({"error": {"message": "key sk-123 said: Ana disse 8", "type": "error", "code": code}}).encode()
    return Reply(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=body)


class OpenAIServer:
    """`say` is the model: a parsed request in, a Reply out. `requests` are those that came, in order, `keys` what
    they were authorised by."""

    def __init__(self) -> None:
        self.say: Callable[[JSON], Reply] = lambda _: answer("Certo!")
        self.requests: list[JSON] = []
        self.keys: list[str] = []
        self.url = ""

    def then(self, *replies: Reply) -> None:
        """The model says these, one after the other, the last one for ever."""
        left = list(replies)
        self.say = lambda _: left.pop(0) if len(left) > 1 else left[0]

    def asked(self) -> list[str]:
        """The models that were asked, in order."""
        return [str(request["model"]) for request in self.requests]

    def tools_of(self, request: JSON) -> list[str]:
        """The names of the tools that a request offers."""
        return [tool["function"]["name"] for tool in request.get("tools", [])]

    def data_of(self, request: JSON) -> JSON:
        """The block of data in a request's first human message."""
        human = next(message["content"] for message in request["messages"] if message["role"] == "user")
        found: JSON = json.loads(human[human.index("<dados>") + 7 : human.rindex("</dados>")])
        return found

    def results_of(self, request: JSON) -> list[JSON]:
        """What the tools called so far in this turn came to."""
        return [json.loads(message["content"]) for message in request["messages"] if message["role"] == "tool"]


class _Listener(ThreadingHTTPServer):
    # A client that gave up must not hold the test's end.
    daemon_threads = True
    block_on_close = False


@contextmanager
def openai_server() -> Iterator[OpenAIServer]:
    """A running server on a free port; `url` is what OPENAI_BASE_URL is to be."""
    double = OpenAIServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            double.requests.append(request)
            double.keys.append(str(self.headers["authorization"]))
            reply = double.say(request)
            time.sleep(reply.delay_s)
            body = reply.body if reply.body is not None else _completion(request, reply)
            self.send_response(reply.status)
            for name, value in {"content-type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            # The client keeps its connections for the whole process, and they belong to one test's event loop.
            self.send_header("connection", "close")
            self.close_connection = True
            self.end_headers()
            with suppress(OSError):  # whoever asked may have gone
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing on stderr."""

    server = _Listener(("127.0.0.1", 0), Handler)
    double.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _completion(request: JSON, reply: Reply) -> bytes:
    read, written = reply.tokens
    return json.dumps(
        {
            "id": f"chatcmpl-{next(_number)}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": request.get("model", "gpt"),
            "choices": [
                {
                    "index": 0,
                    "message": reply.message,
                    "finish_reason": "tool_calls" if reply.message.get("tool_calls") else "stop",
                }
            ],
            "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written},
        }
    ).encode()
