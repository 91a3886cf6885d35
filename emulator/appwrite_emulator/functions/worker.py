"""The process that runs one function. It imports nothing from the emulator.

The context follows Open Runtimes for Python, with the names in both documented spellings: `req.body_json` and
`req.bodyJson`. Events are written to standard output as JSON lines as they happen, so that the logs are kept if the
function is killed. They are {"log": TEXT} and {"error": TEXT}, and at the end {"status", "headers", "body"}.
"""

import asyncio
import base64
import importlib.util
import inspect
import io
import json
import os
import re
import sys
import traceback
from collections import deque
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

MAX_LINE_LENGTH = 8000
MAX_UNBUFFERED_LENGTH = 4_000_000
"""Number of logged characters after which only the latest lines are kept, because endless logs could fill memory."""
MAX_BUFFERED_LINES = 10_000
NATIVE_LOGS_DETECTED = "Native logs detected. Use context.log() or context.error() for better experience."
NO_RESPONSE = "Return statement missing. return context.res.empty() if no response is expected."


class EventWriter:
    """Write events to the original standard output. The function's own output is logged, so it cannot interfere."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 1)
        os.dup2(null, 2)
        self._printed = False
        self._length = 0
        self._buffer: deque[dict[str, str]] = deque(maxlen=MAX_BUFFERED_LINES)

    def event(self, **fields: Any) -> None:
        self._out.write(json.dumps(fields) + "\n")
        self._out.flush()

    def log(self, *messages: Any) -> None:
        self._line("log", _format_messages(messages))

    def error(self, *messages: Any) -> None:
        self._line("error", _format_messages(messages))

    def log_printed(self, text: str) -> None:
        """Log text that was printed instead of logged."""
        if not self._printed:
            self._printed = True
            self._line("log", NATIVE_LOGS_DETECTED)
        self._line("log", _replace_surrogates(text.rstrip("\n")[:MAX_LINE_LENGTH]))

    def _line(self, kind: str, text: str) -> None:
        """Write a line immediately. Beyond the limit, keep the line in a ring buffer until the end."""
        self._length += len(text)
        if self._length <= MAX_UNBUFFERED_LENGTH:
            self.event(**{kind: text})
        else:
            self._buffer.append({kind: text})

    def finish(self, **fields: Any) -> None:
        """Write the buffered lines and then the final event."""
        for line in self._buffer:
            self.event(**line)
        self.event(**fields)


def _replace_surrogates(text: str) -> str:
    """Replace lone surrogates, which cannot be encoded."""
    return text.encode("utf-8", "replace").decode()


def _format_messages(messages: tuple[Any, ...]) -> str:
    text = _replace_surrogates(
        " ".join(json.dumps(each) if isinstance(each, dict | list) else str(each) for each in messages)
    )
    if len(text) > MAX_LINE_LENGTH:
        return f"{text[:MAX_LINE_LENGTH]}... Log truncated due to size limit ({MAX_LINE_LENGTH} characters)"
    return text


class StandardOutput(io.TextIOBase):
    """The function's standard output. The worker logs everything that the function prints."""

    def __init__(self, writer: EventWriter) -> None:
        self._writer = writer

    def write(self, text: str) -> int:
        if text.strip():
            self._writer.log_printed(text)
        return len(text)


class Request:
    """`context.req`, the request."""

    def __init__(self, payload: dict[str, Any]) -> None:
        self.method: str = payload["method"]
        self.headers: dict[str, str] = payload["headers"]
        self.scheme, self.host, self.port = payload["scheme"], payload["host"], payload["port"]
        self.path, _, self.query_string = payload["path"].partition("?")
        self.query = dict(parse_qsl(self.query_string, keep_blank_values=True))
        self.body_binary = base64.b64decode(payload["body"])
        default_port = {"http": 80, "https": 443}[self.scheme]
        self.url = f"{self.scheme}://{self.host}{'' if self.port == default_port else f':{self.port}'}{payload['path']}"

    @property
    def body_text(self) -> str:
        return self.body_binary.decode("utf-8")

    @property
    def body_json(self) -> Any:
        return json.loads(self.body_text)

    @property
    def body(self) -> Any:
        if self.headers.get("content-type", "").lower().startswith("application/json"):
            return self.body_json if self.body_binary else {}
        return self.body_text

    body_raw = body_text

    def __getattr__(self, name: str) -> Any:
        """Return `body_json` for `bodyJson` and so on, because Appwrite documents both spellings."""
        snake_case = re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
        if snake_case == name:
            raise AttributeError(name)
        return getattr(self, snake_case)


class Response:
    """`context.res`. Each method builds a return value for `main`."""

    def binary(self, body: bytes, status_code: int = 200, headers: dict[str, str] | None = None) -> dict[str, Any]:
        return {"body": bytes(body), "statusCode": status_code, "headers": dict(headers or {})}

    def text(self, body: Any, status_code: int = 200, headers: dict[str, str] | None = None) -> dict[str, Any]:
        return self.binary(str(body).encode(), status_code, headers)

    send = text

    def json(self, body: Any, status_code: int = 200, headers: dict[str, str] | None = None) -> dict[str, Any]:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return self.text(text, status_code, {"content-type": "application/json", **(headers or {})})

    def empty(self) -> dict[str, Any]:
        return self.binary(b"", 204)

    def redirect(self, url: str, status_code: int = 301, headers: dict[str, str] | None = None) -> dict[str, Any]:
        return self.binary(b"", status_code, {**(headers or {}), "location": url})


def main(path: str) -> None:
    payload = json.load(sys.stdin)
    writer = EventWriter()
    sys.stdout = sys.stderr = StandardOutput(writer)
    context = SimpleNamespace(req=Request(payload), res=Response(), log=writer.log, error=writer.error)
    try:
        response = _call_main(path, context)
        if response is None:
            writer.error(NO_RESPONSE)
            response = context.res.text("", 500)
        body = response.get("body", b"")
        headers = {
            _format_messages((name,)).lower(): _format_messages((value,))
            for name, value in response.get("headers", {}).items()
        }
        outcome = {
            "status": int(response.get("statusCode", 200)),
            "headers": _complete_headers(headers),
            "body": base64.b64encode(body.encode() if isinstance(body, str) else bytes(body)).decode(),
        }
    except BaseException:  # any exception that the function raises, including SystemExit
        writer.error(traceback.format_exc())
        outcome = {"status": 500, "headers": _complete_headers({}), "body": ""}
    writer.finish(**outcome)


def _call_main(path: str, context: SimpleNamespace) -> Any:
    sys.path.insert(0, str(Path(path).parent))
    spec = importlib.util.spec_from_file_location("main", path)
    assert spec is not None  # true for every path ending in .py
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["main"] = module
    spec.loader.exec_module(module)
    result = module.main(context)
    return asyncio.run(result) if inspect.iscoroutine(result) else result


def _complete_headers(headers: dict[str, str]) -> dict[str, str]:
    """Convert the content type to lower case and add a charset, unless it is multipart.

    Remove the runtime's headers.
    """
    content_type = headers.get("content-type", "text/plain")
    if not content_type.lower().startswith("multipart/"):
        content_type = content_type.lower()
        content_type += "" if "charset=" in content_type else "; charset=utf-8"
    allowed = {name: value for name, value in headers.items() if not name.startswith("x-open-runtimes-")}
    return {**allowed, "content-type": content_type}


if __name__ == "__main__":
    main(sys.argv[1])
    os._exit(0)  # also stops threads that the function left running
