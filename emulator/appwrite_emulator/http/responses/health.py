"""Health checks."""

from typing import Any


def health_status(ping: int, name: str = "") -> dict[str, Any]:
    return {"name": name, "ping": ping, "status": "pass"}


def health_status_list(statuses: list[dict[str, Any]]) -> dict[str, Any]:
    return {"statuses": statuses, "total": len(statuses)}


def health_queue(size: int) -> dict[str, Any]:
    return {"size": size}


def health_time(remote: int, local: int) -> dict[str, Any]:
    return {"remoteTime": remote, "localTime": local, "diff": remote - local}


def health_antivirus(status: str, version: str) -> dict[str, Any]:
    return {"status": status, "version": version}


def health_version(version: str) -> dict[str, Any]:
    return {"version": version}
