"""Codes and sizes of the real server's browser icons, credit card icons and flags.

Instead of the pictures, the emulator draws placeholders of the same size that show the code.
"""

from dataclasses import dataclass

from appwrite_emulator.locale_data.countries import COUNTRIES


@dataclass(frozen=True)
class IconSet:
    """A set of icons. `size` is the width and height of the original pictures, in pixels."""

    codes: tuple[str, ...]
    size: tuple[int, int]


BROWSERS = IconSet(
    ("aa", "an", "ch", "ci", "cm", "cr", "ff", "sf", "mf", "ps", "oi", "om", "op", "on"),
    (2048, 2048),
)
CREDIT_CARDS = IconSet(
    (
        "amex", "argencard", "cabal", "cencosud", "diners", "discover", "elo", "hipercard", "jcb", "mastercard",
        "naranja", "targeta-shopping", "unionpay", "visa", "mir", "maestro", "rupay",
    ),
    (1200, 900),
)  # fmt: skip
# Appwrite has no flags for Hong Kong, Palestine and Taiwan. It has a flag for French Polynesia, which is not in its
# list of countries.
FLAGS = IconSet(
    tuple(sorted(({code.lower() for code in COUNTRIES} - {"hk", "ps", "tw"}) | {"pf"})),
    (640, 480),
)
