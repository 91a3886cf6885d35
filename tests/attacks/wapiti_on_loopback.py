"""Run wapiti so that it can connect only to this machine.

Run `python wapiti_on_loopback.py OPTIONS` in wapiti's environment. The program exits with code 70 at the first
attempt to look up or reach another machine.
"""

import os
import sys
from typing import Any

from wapitiCore.main.wapiti import wapiti_asyncio_wrapper

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def stay(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if (host.decode() if isinstance(host, bytes) else host) not in LOOPBACK:
        print(f"wapiti tried to reach {host}", file=sys.stderr, flush=True)
        os._exit(70)


sys.addaudithook(stay)
wapiti_asyncio_wrapper()
