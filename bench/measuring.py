"""Helpers shared by the benchmarks: send requests over one keep-alive connection, and print tables of numbers."""

import http.client
import json

Row = tuple[str, ...]


class Caller:
    """An HTTP client with one keep-alive connection."""

    def __init__(self, address: str) -> None:
        self.connection = http.client.HTTPConnection(address, timeout=60)

    def ask(self, method: str, path: str, headers: dict[str, str], body: object = None) -> bytes:
        """Send a request with `body` as JSON, and return the response's body.

        Raise RuntimeError unless the request succeeded.
        """
        sent = None if body is None else json.dumps(body)
        self.connection.request(method, path, sent, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:200]!r}")
        return text


def show(title: str, rows: list[Row], heads: Row = ()) -> None:
    """Print a table with names on the left and numbers on the right. `heads` contains the headings of the numbers."""
    lines = [("", *heads), *rows] if heads else rows
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print(title)
    for name, *figures in lines:
        cells = (f"{figure:>{width}}" for figure, width in zip(figures, widths[1:], strict=True))
        print(f"  {name:<{widths[0]}}   {'   '.join(cells)}")


def show_markdown(title: str, rows: list[Row], heads: Row = ()) -> None:
    """Print a table for a document in docs/."""
    heads = heads or tuple("" for _ in rows[0][1:])
    lines = [("", *heads), ("---",) * (len(heads) + 1), *rows]
    print(f"\n{title}:\n")
    for line in lines:
        print(f"| {' | '.join(line)} |")
