"""Whereabouts."""

from typing import Any

from appwrite_emulator.languages import UNKNOWN_COUNTRY


def locale(ip: str, language: str) -> dict[str, Any]:
    unknown = UNKNOWN_COUNTRY[language]
    return {
        "ip": ip,
        "countryCode": "--",
        "country": unknown,
        "continentCode": "--",
        "continent": unknown,
        "eu": False,
        "currency": "",
    }
