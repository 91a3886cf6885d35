"""The language of an answer or a mail."""

NAMES = ("en", "nb", "nn", "da", "sv", "de", "fr", "it", "es", "zh-cn")
"""Languages we have words in. Appwrite has more; whoever asks for another one gets English, as for an unknown one."""

UNKNOWN_COUNTRY = {
    "en": "Unknown",
    "nb": "Ukjent",
    "nn": "Ukjent",
    "da": "Ukendt",
    "sv": "Okänd",
    "de": "Unbekannt",
    "fr": "Inconnu",
    "it": "Sconosciuto",
    "es": "Desconocido",
    "zh-cn": "未知",
}
_FALLBACKS = {"de-ch": "de"}


def resolve(asked: str) -> str:
    """The language for what `X-Appwrite-Locale` says: a listed code in small letters, anything else is English."""
    asked = _FALLBACKS.get(asked, asked)
    return asked if asked in NAMES else "en"
