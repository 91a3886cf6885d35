"""Password hashes: ours (Argon2), and those a server may bring along from elsewhere."""

import base64
import hashlib
import hmac
from functools import cache, lru_cache
from typing import Any

from appwrite_emulator import aes, ids

ARGON2 = {"type": "argon2", "memory_cost": 65536, "time_cost": 4, "threads": 3}
"""How Appwrite hashes a password at sign-up, and one that a server sets."""
LIGHT_ARGON2 = {"type": "argon2", "memory_cost": 7168, "time_cost": 5, "threads": 1}
"""How it hashes one that people change or recover, and what it says of who came without one (by link, OAuth2 ...)."""


# Remembered because Argon2 is slow on purpose, and suites of tests sign many people up with one and the same password.
@lru_cache
def hashed(password: str, *, light: bool = False) -> str:
    """The password as Appwrite stores it; one password is stored in one way while the emulator runs."""
    from argon2 import PasswordHasher

    options = LIGHT_ARGON2 if light else ARGON2
    return PasswordHasher(options["time_cost"], options["memory_cost"], options["threads"]).hash(password)


@cache
def unknown() -> str:
    """The hash of a password that nobody knows; the same for all, as it lets nobody in."""
    return hashed(ids.secret(64), light=True)


def matches(password: str, stored: str, algorithm: str, options: dict[str, Any]) -> bool:
    """Whether `stored`, made by `algorithm`, is the hash of `password`."""
    if not stored:
        return False
    return _CHECKS[algorithm](password, stored, options)


def _argon2(password: str, stored: str, options: dict[str, Any]) -> bool:
    return _is_argon2_of(password, stored)


@lru_cache
def _is_argon2_of(password: str, stored: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _bcrypt(password: str, stored: str, options: dict[str, Any]) -> bool:
    import bcrypt

    try:
        return bcrypt.checkpw(password.encode()[:72], stored.replace("$2y$", "$2b$", 1).encode())
    except ValueError:
        return False


def _md5(password: str, stored: str, options: dict[str, Any]) -> bool:
    return hmac.compare_digest(hashlib.md5(password.encode()).hexdigest(), stored.lower())  # noqa: S324


def _sha(password: str, stored: str, options: dict[str, Any]) -> bool:
    name = str(options.get("version") or "sha3-512").replace("sha512/", "sha512_").replace("sha3-", "sha3_")
    return hmac.compare_digest(hashlib.new(name, password.encode()).hexdigest(), stored.lower())


def _scrypt(password: str, stored: str, options: dict[str, Any]) -> bool:
    n, r, p = int(options["costCpu"]), int(options["costMemory"]), int(options["costParallel"])
    try:
        made = hashlib.scrypt(
            password.encode(),
            salt=str(options["salt"]).encode(),
            n=n,
            r=r,
            p=p,
            dklen=int(options["length"]),
            maxmem=128 * r * (n + p + 2) + 1024,
        )
    except (TypeError, ValueError, OverflowError, MemoryError):  # what servers say of costs is not checked before
        return False
    return hmac.compare_digest(made.hex(), stored.lower())


_PHPASS_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _phpass(password: str, stored: str, options: dict[str, Any]) -> bool:
    """The portable hash of WordPress and phpBB: `$P$`, rounds, eight characters of salt, the digest."""
    if len(stored) != 34 or stored[:3] not in ("$P$", "$H$") or stored[3] not in _PHPASS_ALPHABET:
        return False
    digest = hashlib.md5(stored[4:12].encode() + password.encode()).digest()  # noqa: S324
    for _ in range(1 << _PHPASS_ALPHABET.index(stored[3])):
        digest = hashlib.md5(digest + password.encode()).digest()  # noqa: S324
    return hmac.compare_digest(_phpass_base64(digest), stored[12:])


def _phpass_base64(data: bytes) -> str:
    text = []
    for start in range(0, len(data), 3):
        chunk = data[start : start + 3]
        number = int.from_bytes(chunk, "little")
        text += [_PHPASS_ALPHABET[number >> shift & 63] for shift in range(0, len(chunk) * 6 + 6, 6)]
    return "".join(text)


def _scrypt_modified(password: str, stored: str, options: dict[str, Any]) -> bool:
    """Firebase's own: what scrypt makes of the password encrypts the project's signer key, and that is the hash."""
    salt = _base64_bytes(options["salt"]) + _base64_bytes(options["saltSeparator"])
    key = hashlib.scrypt(password.encode(), salt=salt, n=16384, r=8, p=1, dklen=64, maxmem=2**25)[:32]
    made = base64.b64encode(aes.ctr(key, _base64_bytes(options["signerKey"])))
    return hmac.compare_digest(made, stored.encode())


def _base64_bytes(text: str) -> bytes:
    """As PHP reads base64: without its padding, too, and without a lone last character."""
    text = text.rstrip("=")
    text = text[: len(text) - (len(text) % 4 == 1)]
    return base64.b64decode(text + "=" * (-len(text) % 4))


_CHECKS = {
    "argon2": _argon2,
    "bcrypt": _bcrypt,
    "md5": _md5,
    "sha": _sha,
    "phpass": _phpass,
    "scrypt": _scrypt,
    "scryptMod": _scrypt_modified,
}
