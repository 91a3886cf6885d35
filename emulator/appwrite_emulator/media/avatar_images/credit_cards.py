"""Credit card icons: a card in the issuer's colours with its name in plain letters, without logos."""

from functools import lru_cache
from typing import NamedTuple

from appwrite_emulator.media.avatar_images.canvas import Canvas

WIDTH, HEIGHT = 40, 30
UNIT = 30
"""Pixels per unit; an icon is 1200 by 900 pixels."""
WHITE, CHIP, LINES = "ffffff", "e3c565", "b08d2e"


class Card(NamedTuple):
    name: str
    front: str
    accent: str


CARDS = {
    "amex": Card("American Express", "2671b9", "8fc1ea"),
    "argencard": Card("Argencard", "c8102e", "f4b942"),
    "cabal": Card("Cabal", "0d4f8b", "5fb3d9"),
    "cencosud": Card("Cencosud", "e07b00", "1f4e9c"),
    "diners": Card("Diners Club", "33567d", "b9cde0"),
    "discover": Card("Discover", "3a3a3c", "f08a24"),
    "elo": Card("Elo", "111111", "f2c230"),
    "hipercard": Card("Hipercard", "a6192e", "f2b3bb"),
    "jcb": Card("JCB", "1c5fb0", "3aa655"),
    "mastercard": Card("Mastercard", "2b2b33", "e8643c"),
    "naranja": Card("Naranja", "f26a1b", "ffd3b0"),
    "targeta-shopping": Card("Tarjeta Shopping", "6b2d8b", "d7a6e8"),
    "unionpay": Card("Union Pay", "0b6374", "d8383f"),
    "visa": Card("Visa", "1a2f7a", "f5b335"),
    "mir": Card("Mir", "2f7d4f", "7fc8e8"),
    "maestro": Card("Maestro", "1d6fb8", "d8383f"),
    "rupay": Card("RuPay", "24356b", "f08a24"),
}


@lru_cache(16)
def credit_card(code: str) -> bytes:
    """Return the icon as PNG; raise KeyError for an unknown card."""
    each = CARDS[code]
    canvas = Canvas(WIDTH, HEIGHT, UNIT)
    canvas.box(each.front, 1, 2.5, 38, 25, round=2.4)
    canvas.box(each.accent, 1, 22.5, 38, 1.6)
    canvas.box(CHIP, 4.5, 7, 6.4, 5, round=0.8)
    for y in (8.5, 10):
        canvas.box(LINES, 4.5, y, 6.4, 0.25)
    canvas.box(LINES, 7.6, 7, 0.25, 5)
    for radius in (1.6, 2.8, 4):
        canvas.arc(WHITE, 30, 9.5, radius, 0.5, -45, 45)
    canvas.text(WHITE, 20, 17.6, each.name, 5.4)
    return canvas.png()
