"""The caller's locale, and lists of countries, currencies and languages."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.http import responses
from appwrite_emulator.locale_data import locales
from appwrite_emulator.locale_data.codes import LOCALE_CODES
from appwrite_emulator.locale_data.countries import CALLING_CODES, EU, continent_names, country_names
from appwrite_emulator.locale_data.currencies import CURRENCIES
from appwrite_emulator.locale_data.languages import LANGUAGES


def get(request: Request) -> dict[str, Any]:
    """GET /locale. The location is always unknown, as on the real server for loopback addresses."""
    return responses.locale(request.ip, locales.resolve(request.locale))


def list_codes(request: Request) -> dict[str, Any]:
    """GET /locale/codes: list the supported locale codes, with English names."""
    codes = [responses.locale_code(code, name) for code, name in LOCALE_CODES.items()]
    return {"localeCodes": codes, "total": len(codes)}


def list_continents(request: Request) -> dict[str, Any]:
    """GET /locale/continents: list continents, sorted by name."""
    names = continent_names(locales.resolve(request.locale))
    continents = [responses.continent(code, names[code]) for code in _by_name(names)]
    return {"continents": continents, "total": len(continents)}


def list_countries(request: Request) -> dict[str, Any]:
    """GET /locale/countries: list countries, sorted by name."""
    names = country_names(locales.resolve(request.locale))
    countries = [responses.country(code, names[code]) for code in _by_name(names)]
    return {"countries": countries, "total": len(countries)}


def list_countries_eu(request: Request) -> dict[str, Any]:
    """GET /locale/countries/eu: list the EU's countries, sorted by name."""
    names = country_names(locales.resolve(request.locale))
    countries = [responses.country(code, names[code]) for code in _by_name(names) if code in EU]
    return {"countries": countries, "total": len(countries)}


def list_countries_phones(request: Request) -> dict[str, Any]:
    """GET /locale/countries/phones: list dialling codes in numerical order."""
    names = country_names(locales.resolve(request.locale))
    by_number = sorted(CALLING_CODES, key=lambda code: int(CALLING_CODES[code]))
    phones = [responses.phone(code, names[code], CALLING_CODES[code]) for code in by_number]
    return {"phones": phones, "total": len(phones)}


def list_currencies(request: Request) -> dict[str, Any]:
    """GET /locale/currencies: list currencies, with English names."""
    currencies = [responses.currency(currency) for currency in CURRENCIES]
    return {"currencies": currencies, "total": len(currencies)}


def list_languages(request: Request) -> dict[str, Any]:
    """GET /locale/languages: list languages, with English and native names."""
    languages = [responses.language(*language) for language in LANGUAGES]
    return {"languages": languages, "total": len(languages)}


def _by_name(names: dict[str, str]) -> list[str]:
    """Sort the codes by the UTF-8 bytes of their names, as PHP does.

    Names that start with Ø, Å or É therefore come last.
    """
    return sorted(names, key=lambda code: names[code].encode())
