"""Password hashes: Argon2, and the algorithms that imported hashes can use."""

import base64
import hashlib
import hmac
from functools import cache, lru_cache
from typing import Any, TypedDict

from django.conf import settings

from appwrite_emulator.common import ids
from appwrite_emulator.common.errors import AppwriteError


class Argon2Options(TypedDict):
    """Parameters of an Argon2 hash. The memory cost is in KiB."""

    type: str
    memory_cost: int
    time_cost: int
    threads: int


ARGON2: Argon2Options = {"type": "argon2", "memory_cost": 65536, "time_cost": 4, "threads": 3}
"""Parameters for passwords chosen at sign-up or set through the server API."""
LIGHT_ARGON2: Argon2Options = {"type": "argon2", "memory_cost": 7168, "time_cost": 5, "threads": 1}
"""Parameters for passwords that users change or recover. Also shown for users without a password (link, OAuth2…)."""


# Cached because Argon2 is deliberately slow, and test suites sign up many users with the same password.
@lru_cache
def hash_password(password: str, *, light: bool = False) -> str:
    """Return the hash that Appwrite would store. Until the emulator stops, equal passwords get the same hash."""
    from argon2 import PasswordHasher

    options = LIGHT_ARGON2 if light else ARGON2
    if settings.FAST_HASHES:
        return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)
    return PasswordHasher(options["time_cost"], options["memory_cost"], options["threads"]).hash(password)


@cache
def hash_of_random_password() -> str:
    """Return the hash of a random password, computed once. Users can share it, because the password is unknown."""
    return hash_password(ids.secret(64), light=True)


def verify(password: str, stored: str, algorithm: str, options: dict[str, Any]) -> bool:
    """Return whether `stored` is the hash that `algorithm` computes for `password`.

    `options` are the algorithm's parameters.
    """
    if not stored:
        return False
    return _VERIFIERS[algorithm](password, stored, options)


def _argon2(password: str, stored: str, _options: dict[str, Any]) -> bool:
    return _is_argon2_of(password, stored)


@lru_cache
def _is_argon2_of(password: str, stored: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _bcrypt(password: str, stored: str, _options: dict[str, Any]) -> bool:
    import bcrypt

    try:
        return bcrypt.checkpw(password.encode()[:72], stored.replace("$2y$", "$2b$", 1).encode())
    except ValueError:
        return False


def _md5(password: str, stored: str, _options: dict[str, Any]) -> bool:
    return hmac.compare_digest(hashlib.md5(password.encode()).hexdigest(), stored.lower())  # noqa: S324


def _sha(password: str, stored: str, options: dict[str, Any]) -> bool:
    name = str(options.get("version") or "sha3-512").replace("sha512/", "sha512_").replace("sha3-", "sha3_")
    return hmac.compare_digest(hashlib.new(name, password.encode()).hexdigest(), stored.lower())


def _scrypt(password: str, stored: str, options: dict[str, Any]) -> bool:
    n, r, p = int(options["costCpu"]), int(options["costMemory"]), int(options["costParallel"])
    try:
        computed = hashlib.scrypt(
            password.encode(),
            salt=str(options["salt"]).encode(),
            n=n,
            r=r,
            p=p,
            dklen=int(options["length"]),
            maxmem=128 * r * (n + p + 2) + 1024,
        )
    # importing a user does not validate the cost parameters
    except (TypeError, ValueError, OverflowError, MemoryError):
        return False
    return hmac.compare_digest(computed.hex(), stored.lower())


_PHPASS_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _phpass(password: str, stored: str, _options: dict[str, Any]) -> bool:
    """Check a portable phpass hash (WordPress, phpBB): `$P$`, number of rounds, eight characters of salt, digest."""
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
    """Check Firebase's modified scrypt. The hash is the project's signer key, encrypted with the derived key.

    Raise 405 `general_not_implemented` if the optional `cryptography` package is not installed.
    """
    try:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    except ImportError:
        raise AppwriteError(
            "general_not_implemented",
            "Modified scrypt requires the `cryptography` package: pip install 'appwrite-emulator[scrypt-modified]'.",
        ) from None
    salt = _base64_bytes(options["salt"]) + _base64_bytes(options["saltSeparator"])
    key = hashlib.scrypt(password.encode(), salt=salt, n=16384, r=8, p=1, dklen=64, maxmem=2**25)[:32]
    encryptor = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
    computed = base64.b64encode(encryptor.update(_base64_bytes(options["signerKey"])))
    return hmac.compare_digest(computed, stored.encode())


def _base64_bytes(text: str) -> bytes:
    """Decode base64 as PHP does. Padding is optional, and a single leftover character is ignored."""
    text = text.rstrip("=")
    text = text[: len(text) - (len(text) % 4 == 1)]
    return base64.b64decode(text + "=" * (-len(text) % 4))


_VERIFIERS = {
    "argon2": _argon2,
    "bcrypt": _bcrypt,
    "md5": _md5,
    "sha": _sha,
    "phpass": _phpass,
    "scrypt": _scrypt,
    "scryptMod": _scrypt_modified,
}
