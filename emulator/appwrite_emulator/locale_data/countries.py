"""Countries and continents, and their names in any language.

The codes and the order are those of Appwrite's own lists.
"""

from functools import cache

_CALLING_CODES = """
    AF93 AO244 AL355 AD376 AE971 AR54 AM374 AG1268 AU61 AT43 AZ994 BI257 BE32 BJ229 BF226 BD880 BG359 BH973 BS1242
    BA387 BY375 BZ501 BO591 BR55 BB1246 BN673 BT975 BW267 CF236 CA1 CH41 CL56 CN86 CI225 CM237 CD243 CG242 CO57 KM269
    CV238 CR506 CU53 CY357 CZ420 DE49 DJ253 DM1767 DK45 DO1809 DZ213 EC593 EG20 ER291 ES34 EE372 ET251 FI358 FJ679
    FR33 FM691 GA241 GB44 GE995 GH233 GN224 GM220 GW245 GQ240 GR30 GD1473 GT502 GY592 HN504 HR385 HT509 HU36 ID62
    IN91 IE353 IR98 IQ964 IS354 IL972 IT39 JM1876 JO962 JP81 KZ76 KE254 KG996 KH855 KI686 KN1869 KR82 KW965 LA856
    LB961 LR231 LY218 LC1758 LI423 LK94 LS266 LT370 LU352 LV371 MA212 MC377 MD373 MG261 MV960 MX52 MH692 MK389 ML223
    MT356 MM95 ME382 MN976 MZ258 MR222 MU230 MW265 MY60 NA264 NE227 NG234 NI505 NL31 NO47 NP977 NR674 NZ64 OM968 PK92
    PS970 PA507 PE51 PH63 PW680 PG675 PL48 KP850 PT351 PY595 QA974 RO40 RU7 RW250 SA966 SD249 SN221 SG65 SB677 SL232
    SV503 SM378 SO252 RS381 SS211 ST239 SR597 SK421 SI386 SE46 SZ268 SC248 SY963 TD235 TG228 TH66 TJ992 TM993 TL670
    TO676 TT1868 TN216 TR90 TV688 TW886 TZ255 UG256 UA380 UY598 US1 UZ998 VA379 VC1784 VE58 VN84 VU678 WS685 YE967
    ZA27 ZM260 ZW263
"""
CALLING_CODES = {entry[:2]: entry[2:] for entry in _CALLING_CODES.split()}
"""Country -> calling code."""
COUNTRIES = (*CALLING_CODES, "HK")
"""Countries in the order of the real server. Hong Kong has no calling code there."""
EU = frozenset(
    (
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
        "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    )
)  # fmt: skip
CONTINENTS = {"AF": "002", "AN": "AQ", "AS": "142", "EU": "150", "NA": "003", "OC": "009", "SA": "005"}
"""Continent -> its code in CLDR."""

# Languages whose code in CLDR differs from Appwrite's code.
_CLDR_LANGUAGES = {"bh": "bho", "zh-cn": "zh_Hans", "zh-tw": "zh_Hant", "ar-ma": "ar_MA", "pt-br": "pt"}

# Countries whose name in the real server's list differs from CLDR.
_COUNTRY_EXCEPTIONS = {
    "en": """
        AG Antigua and Barbuda, BA Bosnia and Herzegovina, CD DR Congo, CG Republic of the Congo, CI Ivory Coast,
        HK Hong Kong, KN Saint Kitts and Nevis, LC Saint Lucia, MM Myanmar, PS Palestine, ST São Tomé and Príncipe,
        TR Turkey, TT Trinidad and Tobago, VC Saint Vincent and the Grenadines
    """,
    "nb": """
        BN Brunei Darussalam, BY Hviterussland, CD Den demokratiske republikken Kongo, CG Republikken Kongo,
        FM Mikronesia, HK Hongkong, LC Saint Lucia, LU Luxembourg, MM Myanmar, PS Palestina, SZ Swaziland,
        US Amerikas forente stater, VC Saint Vincent og Grenadinene
    """,
    "de": """
        BN Brunei, BW Botswana, BY Weißrussland, CD Demokratische Republik Kongo, CG Republik Kongo, CI Elfenbeinküste,
        CV Kap Verde, GB Großbritannien, HK Hong Kong, MD Moldawien, PS Palästina, SB Salomon-Inseln, SZ Swasiland
    """,
    "fr": """
        AE Émirats Arabes Unis, AG Antigua et Barbuda, BH Bahrain, BY Belarus, CD République démocratique du Congo,
        CF Centrafrique, CG République du Congo, CI Côte d'Ivoire, CV Cap Vert, ET Ethiopie, HK Hong Kong,
        KG Kirghizistan, KN Saint-Kitts-et-Nevis, LC Sainte Lucie, LR Libéria, MH Iles Marshall, MK Macédoine,
        MM Myanmar, NG Nigéria, PG Papouasie Nouvelle Guinée, PS Palestine, PW Palau, SA Arabie Saoudite,
        SB Iles Salomon, SZ Swaziland, TT Trinidad et Tobago, VA Cité du Vatican,
        VC Saint-Vincent-et-les-Grenadines, VN Vietnam
    """,
    "sv": """
        BY Vitryssland, HK Hong Kong, JM Jamaika, KN Saint Kitts och Nevis, LC Saint Lucia, MM Myanmar, PS Palestina,
        SZ Swaziland, TL Timor-Leste, US Amerikas Förenta Stater, VC Sankt Vincent och Grenadinerna
    """,
    "da": """
        AE Forenede Arabiske Emirater, BY Hviderusland, CD DR Congo, CG Republikken Congo, DO Dominikanske Republik,
        HK Hong Kong, MK Makedonien, MM Myanmar, NL Holland, PS Palæstina, ST Sao Tome og Principe, SZ Swaziland,
        US Amerikas Forenede Stater, VA Vatikanet
    """,
    "es": """
        BD Bangladesh, BH Bahrein, BJ Benin, BN Brunei, CG República del Congo, CI Costa de Marfil, GW Guinea-Bissau,
        HK Hong Kong, KZ Kazajstán, MK Macedonia, ML Malí, MM Myanmar, MW Malawi, PS Palestina, RO Rumania,
        SA Arabia Saudita, SZ Suazilandia, TL Timor Oriental
    """,
    "it": """
        CD Repubblica Democratica del Congo, CG Repubblica del Congo, CI Costa d'Avorio, GQ Guinea equatoriale,
        HK Hong Kong, KM Unione delle Comore, LC Santa Lucia, MK Macedonia, MM Myanmar, PS Palestina,
        SS Sudan del Sud, SZ Swaziland, TD Chad
    """,
    "pt-br": """
        BF Burkina Faso, BH Bahrein, BI Burúndi, BJ Benim, BW Botswana, CD República Democrática do Congo,
        CZ República Tcheca, DJ Djibouti, FM Estados Federados da Micronésia, HK Hong Kong, MK Macedônia, MM Myanmar,
        MU Ilhas Maurício, MW Malawi, PS Palestina, SZ Suazilândia, TJ Tajiquistão, TT Trindade e Tobago
    """,
}
# Continents whose name in the real server's list differs from CLDR.
_CONTINENT_EXCEPTIONS = {
    "es": {"SA": "América del Sur"},
    "it": {"SA": "Sud America"},
    "pt-br": {"AN": "Antártica"},
}


@cache
def country_names(language: str) -> dict[str, str]:
    """Return each country's name in a language that `locales.resolve` returned.

    If CLDR has no translation, the name is in English.
    """
    cldr_names = _territories(language)
    exceptions = (
        entry.split(" ", 1) for entry in " ".join(_COUNTRY_EXCEPTIONS.get(language, "").split()).split(", ") if entry
    )
    names = {code: cldr_names[code] for code in COUNTRIES if code in cldr_names} | dict(exceptions)
    return names if len(names) == len(COUNTRIES) else country_names("en") | names


@cache
def continent_names(language: str) -> dict[str, str]:
    """Return each continent's name in a language that `locales.resolve` returned."""
    cldr_names = _territories("en") | _territories(language)
    names = {code: cldr_names[territory] for code, territory in CONTINENTS.items()}
    return names | _CONTINENT_EXCEPTIONS.get(language, {})


def _territories(language: str) -> dict[str, str]:
    from babel import Locale

    return dict(Locale.parse(_CLDR_LANGUAGES.get(language, language)).territories)
