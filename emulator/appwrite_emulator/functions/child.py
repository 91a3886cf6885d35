"""The process that runs one function; it imports nothing of the emulator.

The context follows Open Runtimes for Python, with the documented names in both spellings: `req.body_json` and
`req.bodyJson`. Events go to standard output as JSON lines as they happen, so that logs survive if the function is
killed: {"log": TEXT}, {"error": TEXT}, and at the end {"status", "headers", "body"}.
"""

import asyncio
import base64
import importlib.util
import inspect
import io
import json
import os
import sys
import traceback
from collections import deque
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

LONGEST_LINE = 8000
MOST_AT_ONCE = 4_000_000
"""Number of logged characters after which only the last lines are kept, so that endless logging cannot fill memory."""
MOST_LAST = 10_000
NATIVE = "Native logs detected. Use context.log() or context.error() for better experience."
NO_RESPONSE = "Return statement missing. return context.res.empty() if no response is expected."


class Report:
    """Writes events to the original standard output, where output of the function cannot interfere."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        self._printed = False
        self._said = 0
        self._last: deque[dict[str, str]] = deque(maxlen=MOST_LAST)

    def event(self, **facts: Any) -> None:
        self._out.write(json.dumps(facts) + "\n")
        self._out.flush()

    def log(self, *messages: Any) -> None:
        self._line("log", _text(messages))

    def error(self, *messages: Any) -> None:
        self._line("error", _text(messages))

    def printed(self, text: str) -> None:
        """Log text that was printed instead of logged."""
        if not self._printed:
            self._printed = True
            self._line("log", NATIVE)
        self._line("log", _storable(text.rstrip("\n")[:LONGEST_LINE]))

    def _line(self, kind: str, text: str) -> None:
        """Write a line at once, or, beyond the limit, keep it in a ring buffer until the end."""
        self._said += len(text)
        if self._said <= MOST_AT_ONCE:
            self.event(**{kind: text})
        else:
            self._last.append({kind: text})

    def finish(self, **facts: Any) -> None:
        """Write buffered lines, then the final event."""
        for line in self._last:
            self.event(**line)
        self.event(**facts)


def _storable(text: str) -> str:
    """Replace lone surrogates, which cannot be encoded."""
    return text.encode("utf-8", "replace").decode()


def _text(messages: tuple[Any, ...]) -> str:
    text = _storable(" ".join(json.dumps(each) if isinstance(each, dict | list) else str(each) for each in messages))
    if len(text) > LONGEST_LINE:
        return f"{text[:LONGEST_LINE]}... Log truncated due to size limit ({LONGEST_LINE} characters)"
    return text


class Prints(io.TextIOBase):
    """Standard output of the function: logs what is printed."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def write(self, text: str) -> int:
        if text.strip():
            self._report.printed(text)
        return len(text)


class Request:
    """`context.req`"""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.method: str = asked["method"]
        self.headers: dict[str, str] = asked["headers"]
        self.scheme, self.host, self.port = asked["scheme"], asked["host"], asked["port"]
        self.path, _, self.query_string = asked["path"].partition("?")
        self.query = dict(parse_qsl(self.query_string, keep_blank_values=True))
        self.body_binary = base64.b64decode(asked["body"])
        usual = {"http": 80, "https": 443}[self.scheme]
        self.url = f"{self.scheme}://{self.host}{'' if self.port == usual else f':{self.port}'}{asked['path']}"

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

    body_raw = bodyRaw = bodyText = body_text
    bodyJson = body_json

    @property
    def bodyBinary(self) -> bytes:
        return self.body_binary

    @property
    def queryString(self) -> str:
        return str(self.query_string)


class Response:
    """`context.res`: each method builds a return value for `main`."""

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
    asked = json.load(sys.stdin)
    report = Report()
    sys.stdout = sys.stderr = Prints(report)
    context = SimpleNamespace(req=Request(asked), res=Response(), log=report.log, error=report.error)
    try:
        answer = _called(path, context)
        if answer is None:
            report.error(NO_RESPONSE)
            answer = context.res.text("", 500)
        body = answer.get("body", b"")
        headers = {_text((name,)).lower(): _text((value,)) for name, value in answer.get("headers", {}).items()}
        finished = {
            "status": int(answer.get("statusCode", 200)),
            "headers": _typed(headers),
            "body": base64.b64encode(body.encode() if isinstance(body, str) else bytes(body)).decode(),
        }
    except BaseException:  # any exception of the function, including sys.exit()
        report.error(traceback.format_exc())
        finished = {"status": 500, "headers": _typed({}), "body": ""}
    report.finish(**finished)


def _called(path: str, context: SimpleNamespace) -> Any:
    sys.path.insert(0, str(Path(path).parent))
    spec = importlib.util.spec_from_file_location("main", path)
    assert spec is not None  # true for every path ending in .py
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["main"] = module
    spec.loader.exec_module(module)
    answer = module.main(context)
    return asyncio.run(answer) if inspect.iscoroutine(answer) else answer


def _typed(headers: dict[str, str]) -> dict[str, str]:
    """Add a content type with charset in lower case; drop headers reserved for the runtime."""
    kind = headers.get("content-type", "text/plain")
    if not kind.lower().startswith("multipart/"):
        kind = kind.lower() if "charset=" in kind.lower() else f"{kind.lower()}; charset=utf-8"
    kept = {name: value for name, value in headers.items() if not name.startswith("x-open-runtimes-")}
    return {**kept, "content-type": kind}


if __name__ == "__main__":
    main(sys.argv[1])
    os._exit(0)  # ends threads that the function left running
