"""The language of responses and e-mails."""

from appwrite_emulator.locale_data.codes import LOCALE_CODES

UNKNOWN_COUNTRY = {
    "af": "Onbekend",
    "ar": "غير معروف",
    "ar-ma": "غير معروف",
    "as": "অজ্ঞাত",
    "az": "Naməlum",
    "be": "Невядома",
    "bg": "Неизвестно",
    "bh": "अज्ञात",
    "bn": "অজানা",
    "bs": "Nepoznato",
    "ca": "Desconegut",
    "cs": "Neznámý",
    "cy": "Anhysbys",
    "da": "Ukendt",
    "de": "Unbekannt",
    "el": "Άγνωστο",
    "en": "Unknown",
    "eo": "Nekonata",
    "es": "Desconocido",
    "fa": "ناشناخته",
    "fi": "Tuntematon",
    "fo": "Ókent",
    "fr": "Inconnu",
    "ga": "Anaithnid",
    "he": "לא ידוע",
    "hi": "अज्ञात",
    "hr": "Nepoznato",
    "hu": "Ismeretlen",
    "id": "Tidak diketahui",
    "is": "Óþekkt",
    "it": "Sconosciuto",
    "ja": "不明",
    "ko": "알 수 없음",
    "lt": "Nežinoma",
    "lv": "Nezināms",
    "ml": "അജ്ഞാതം",
    "ms": "Tidak diketahui",
    "nb": "Ukjent",
    "ne": "अज्ञात",
    "nl": "Onbekend",
    "nn": "Ukjent",
    "pa": "ਅਣਜਾਣ",
    "pl": "Nieznany",
    "pt-br": "Desconhecido",
    "ro": "Necunoscut",
    "ru": "Неизвестно",
    "sk": "Neznámy",
    "sl": "Neznano",
    "sq": "E panjohur",
    "sv": "Okänt",
    "th": "ไม่ทราบ",
    "tr": "Bilinmeyen",
    "ur": "نامعلوم",
    "vi": "Không xác định",
    "zh-cn": "未知",
    "zh-tw": "未知",
    "zu": "Akwaziwa",
}
""""Unknown" in each of Appwrite's translations that a client can request."""


def resolve(locale: str) -> str:
    """Return the language for `X-Appwrite-Locale`.

    This is the requested code if it is supported, or else its first part (`de` for `de-ch`). For anything else, return
    English. This includes `no`, `pt` and `zh-hk`, which have no translation.
    """
    if locale not in LOCALE_CODES:
        return "en"
    return next((name for name in (locale, locale[:2]) if name in UNKNOWN_COUNTRY), "en")
