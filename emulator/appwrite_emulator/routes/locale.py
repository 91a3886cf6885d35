"""Routes of Locale: countries, languages and currencies."""

from appwrite_emulator.http.route import Route
from appwrite_emulator.services import locale

# fmt: off
ROUTES = (
    Route("GET", "locale", locale.get,
          operation="locale.get", scope="locale.read", model="Locale", anywhere=True),
    Route("GET", "locale/codes", locale.list_codes,
          operation="locale.listCodes", scope="locale.read", model="LocaleCodeList", anywhere=True),
    Route("GET", "locale/continents", locale.list_continents,
          operation="locale.listContinents", scope="locale.read", model="ContinentList", anywhere=True),
    Route("GET", "locale/countries", locale.list_countries,
          operation="locale.listCountries", scope="locale.read", model="CountryList", anywhere=True),
    Route("GET", "locale/countries/eu", locale.list_countries_eu,
          operation="locale.listCountriesEU", scope="locale.read", model="CountryList", anywhere=True),
    Route("GET", "locale/countries/phones", locale.list_countries_phones,
          operation="locale.listCountriesPhones", scope="locale.read", model="PhoneList", anywhere=True),
    Route("GET", "locale/currencies", locale.list_currencies,
          operation="locale.listCurrencies", scope="locale.read", model="CurrencyList", anywhere=True),
    Route("GET", "locale/languages", locale.list_languages,
          operation="locale.listLanguages", scope="locale.read", model="LanguageList", anywhere=True),
)
