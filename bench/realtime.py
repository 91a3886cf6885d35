"""Measure the cost of idle realtime connections: memory, CPU time, and the time until an event reaches all clients.

python -m bench.realtime [--connections 500] [--seconds 10]
"""

import argparse
import os
import resource
import selectors
import socket
import statistics
import time
from base64 import b64encode
from pathlib import Path

from bench.emulator import SERVER, emulator
from bench.measuring import Caller, Row, show

EVENTS = 20
TABLE = "/v1/tablesdb/bench/tables"


def memory(pid: int) -> float:
    """Return the resident memory of a process in MB. Raise RuntimeError if the system does not report it."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the resident memory cannot be read on this system")


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def connect(address: str) -> socket.socket:
    """Open a realtime connection, wait for the "connected" message, and return the socket."""
    host, port = address.split(":")
    sock = socket.create_connection((host, int(port)), timeout=20)
    key = b64encode(os.urandom(16)).decode()
    sock.sendall(
        f"GET /v1/realtime?project=default&channels[]=rows HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    received = b""
    while b'"connected"' not in received:
        received += sock.recv(4096)
    return sock


def wait_for_event(sockets: list[socket.socket], row_id: str) -> None:
    """Read from all connections until each has received the event for this row."""
    selector = selectors.DefaultSelector()
    received = dict.fromkeys(sockets, b"")
    for sock in sockets:
        selector.register(sock, selectors.EVENT_READ)
    ending = f'"$id":"{row_id}"'.encode()
    while received:
        for key, _ in selector.select(timeout=20):
            sock = key.fileobj
            received[sock] += sock.recv(65536)
            if ending in received[sock] and received[sock].endswith(b"]}}"):
                selector.unregister(sock)
                del received[sock]


def measure(connections: int, seconds: float) -> list[Row]:
    resource.setrlimit(resource.RLIMIT_NOFILE, (connections + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with emulator() as (address, _):
        caller = Caller(address)
        caller.ask("POST", "/v1/tablesdb", SERVER, {"databaseId": "bench", "name": "bench"})
        columns = [{"key": "title", "type": "string", "size": 100, "required": False}]
        table = {"tableId": "notes", "name": "notes", "permissions": ['read("any")'], "columns": columns}
        caller.ask("POST", TABLE, SERVER, table)
        pid = emulator_pid()
        before = memory(pid)
        started = time.perf_counter()
        sockets = [connect(address) for _ in range(connections)]
        opened = time.perf_counter() - started
        after = memory(pid)
        cpu, began = cpu_seconds(pid), time.perf_counter()
        time.sleep(seconds)
        idle = (cpu_seconds(pid) - cpu) / (time.perf_counter() - began)
        times = []
        for n in range(EVENTS):
            started = time.perf_counter()
            row = {"rowId": f"row-{n}", "data": {"title": "x"}}
            caller.ask("POST", f"{TABLE}/notes/rows", SERVER, row)
            wait_for_event(sockets, f"row-{n}")
            times.append(time.perf_counter() - started)
        return [
            ("opening one connection", f"{opened / connections * 1000:.1f} ms"),
            (f"memory of {connections} connections", f"{after - before:.1f} MB"),
            ("CPU while they are idle", f"{idle:.2%}"),
            (f"an event to all {connections}, median", f"{statistics.median(times) * 1000:.0f} ms"),
        ]


def emulator_pid() -> int:
    """Return the emulator's process ID. The emulator is the only child of this process."""
    (pid,) = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return int(pid)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connections", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=10)
    options = parser.parse_args()
    show("Realtime", measure(options.connections, options.seconds))


if __name__ == "__main__":
    main()
