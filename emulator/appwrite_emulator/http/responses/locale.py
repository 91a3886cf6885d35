"""Locale, countries, currencies and languages."""

from typing import Any

from appwrite_emulator.locale_data.currencies import ROUNDING, Currency
from appwrite_emulator.locale_data.locales import UNKNOWN_COUNTRY


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


def locale_code(code: str, name: str) -> dict[str, Any]:
    return {"code": code, "name": name}


def continent(code: str, name: str) -> dict[str, Any]:
    return {"name": name, "code": code}


def country(code: str, name: str) -> dict[str, Any]:
    return {"name": name, "code": code}


def phone(country_code: str, country_name: str, number: str) -> dict[str, Any]:
    return {"code": f"+{number}", "countryCode": country_code, "countryName": country_name}


def currency(currency: Currency) -> dict[str, Any]:
    return {
        "symbol": currency.symbol,
        "name": currency.name,
        "symbolNative": currency.symbol_native,
        "decimalDigits": currency.decimal_digits,
        "rounding": ROUNDING.get(currency.code, 0),
        "code": currency.code,
        "namePlural": currency.plural,
    }


def language(code: str, name: str, native_name: str) -> dict[str, Any]:
    return {"name": name, "code": code, "nativeName": native_name}
