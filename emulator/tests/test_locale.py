"""Locale through the official SDK: the caller's location, and lists in the caller's language."""

import pytest
import requests
from appwrite.client import Client
from appwrite.services.locale import Locale

from tests.conftest import SERVER, client


@pytest.fixture
def locale(guest: Client) -> Locale:
    return Locale(guest)


@pytest.fixture
def locale_for(emulator):
    """Return a function that returns a guest's Locale service for a given language."""
    return lambda code: Locale(client(emulator).set_locale(code))


def test_get_reports_an_unknown_location(locale, locale_for):
    location = locale.get()
    assert (location.countrycode, location.country, location.continentcode, location.eu) == (
        "--",
        "Unknown",
        "--",
        False,
    )
    assert location.ip == "127.0.0.1"
    assert locale_for("sv").get().country == "Okänt"
    assert locale_for("ja").get().continent == "不明"


def test_list_codes_contains_every_supported_language(locale, locale_for):
    codes = locale.list_codes()
    assert codes.total == len(codes.localecodes) == 131
    for code in (each.code for each in codes.localecodes):
        assert locale_for(code).list_continents().total == 7


def test_list_continents_sorts_by_name_in_the_requested_language(locale, locale_for):
    assert [each.name for each in locale.list_continents().continents] == [
        "Africa", "Antarctica", "Asia", "Europe", "North America", "Oceania", "South America",
    ]  # fmt: skip
    assert [each.code for each in locale_for("de").list_continents().continents][-1] == "SA"
    assert "América del Sur" in [each.name for each in locale_for("es").list_continents().continents]
    assert "Европа" in [each.name for each in locale_for("ru").list_continents().continents]


def test_list_countries_sorts_by_the_utf_8_bytes_of_the_names(locale, locale_for):
    response = locale.list_countries()
    assert response.total == len(response.countries) == 197
    names = {each.code: each.name for each in response.countries}
    assert (names["CI"], names["BA"], names["TR"]) == ("Ivory Coast", "Bosnia and Herzegovina", "Turkey")
    assert locale_for("nb").list_countries().countries[-1].name == "Østerrike"
    assert locale_for("da").list_countries().countries[-1].name == "Østrig"
    for language, ivory_coast in (("sv", "Elfenbenskusten"), ("es", "Costa de Marfil"), ("it", "Costa d'Avorio")):
        assert ivory_coast in [each.name for each in locale_for(language).list_countries().countries]
    for language in ("en", "nb", "fr", "sv", "da", "es", "it", "pt-br", "bh", "zh-tw"):
        listed = [each.name for each in locale_for(language).list_countries().countries]
        assert listed == sorted(listed, key=str.encode)
        assert len(set(listed)) == 197


def test_list_countries_eu_returns_the_27_members(locale, locale_for):
    codes = {each.code for each in locale.list_countries_eu().countries}
    assert len(codes) == 27
    assert codes >= {"SE", "DK", "FI"}
    assert not codes & {"NO", "GB", "CH"}
    assert locale_for("fr").list_countries_eu().countries[0].name == "Allemagne"


def test_list_countries_phones_sorts_by_calling_code(locale, locale_for):
    response = locale_for("nb").list_countries_phones()
    assert response.total == 196
    assert [int(each.code) for each in response.phones] == sorted(int(each.code) for each in response.phones)
    assert {each.countrycode: (each.code, each.countryname) for each in response.phones}["NO"] == ("+47", "Norge")


def test_list_currencies_returns_english_names(locale, locale_for):
    response = locale_for("nb").list_currencies()
    assert response.total == len(response.currencies) == 117
    by_code = {each.code: each for each in response.currencies}
    assert (by_code["SEK"].name, by_code["SEK"].symbol, by_code["SEK"].symbolnative) == ("Swedish Krona", "Skr", "kr")
    assert (by_code["KWD"].decimaldigits, by_code["JPY"].decimaldigits, by_code["CHF"].rounding) == (3, 0, 0.05)


def test_list_languages_returns_native_names(locale):
    response = locale.list_languages()
    assert response.total == len(response.languages) == 186
    assert {each.code: each.nativename for each in response.languages}["nn"] == "Norsk nynorsk"


@pytest.mark.parametrize(
    ("code", "europe"),
    [
        ("de-at", "Europa"),  # translated as `de`
        ("es-mx", "Europa"),
        ("ar-eg", "أوروبا"),
        ("zh-tw", "歐洲"),
        ("no", "Europe"),  # listed, but not translated
        ("pt", "Europe"),
        ("zh-hk", "Europe"),
        ("uk", "Europe"),  # not listed
        ("DE", "Europe"),
        ("de-CH", "Europe"),
    ],
)
def test_language_is_a_listed_code_in_lower_case(locale_for, code, europe):
    names = {each.code: each.name for each in locale_for(code).list_continents().continents}
    assert names["EU"] == europe


def test_email_without_a_translation_is_in_english(emulator, guest):
    from appwrite.services.account import Account

    Account(client(emulator).set_locale("ja")).create_email_token("ida", "ida@example.com")
    assert "OTP" in emulator.inbox.newest("ida@example.com")["subject"]


def test_locale_requires_no_project(emulator):
    response = requests.get(f"{emulator.endpoint}/locale/countries", timeout=20)
    assert (response.status_code, response.json()["total"]) == (200, 197)


def test_key_requires_the_scope(emulator, expect_error):
    headers = SERVER
    key = requests.post(
        f"{emulator.endpoint}/project/keys",
        headers=headers,
        json={"keyId": "unique()", "name": "Other", "scopes": ["users.read"]},
        timeout=20,
    ).json()
    with expect_error("general_unauthorized_scope", 401):
        Locale(client(emulator, key=key["secret"])).list_countries()
