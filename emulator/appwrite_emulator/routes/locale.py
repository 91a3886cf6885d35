"""Routes of the Locale service, which lists countries, languages and currencies."""

from appwrite_emulator.http.route import Route
from appwrite_emulator.services import locale

# fmt: off
ROUTES = (
    Route("GET", "locale", locale.get,
          operation="locale.get", scope="locale.read", model="Locale", project_optional=True),
    Route("GET", "locale/codes", locale.list_codes,
          operation="locale.listCodes", scope="locale.read", model="LocaleCodeList", project_optional=True),
    Route("GET", "locale/continents", locale.list_continents,
          operation="locale.listContinents", scope="locale.read", model="ContinentList", project_optional=True),
    Route("GET", "locale/countries", locale.list_countries,
          operation="locale.listCountries", scope="locale.read", model="CountryList", project_optional=True),
    Route("GET", "locale/countries/eu", locale.list_countries_eu,
          operation="locale.listCountriesEU", scope="locale.read", model="CountryList", project_optional=True),
    Route("GET", "locale/countries/phones", locale.list_countries_phones,
          operation="locale.listCountriesPhones", scope="locale.read", model="PhoneList", project_optional=True),
    Route("GET", "locale/currencies", locale.list_currencies,
          operation="locale.listCurrencies", scope="locale.read", model="CurrencyList", project_optional=True),
    Route("GET", "locale/languages", locale.list_languages,
          operation="locale.listLanguages", scope="locale.read", model="LanguageList", project_optional=True),
)
