"""Create users with password hashes that were imported from other systems."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from appwrite_emulator.auth import passwords, users
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import (
    Email,
    Handler,
    Integer,
    NewId,
    Param,
    ParameterError,
    Password,
    Text,
    accepts,
)


def _hashed(**more: Param) -> Callable[[Handler], Handler]:
    """Declare the parameters that all these endpoints share, and the parameters in `more`."""
    common = {
        "user_id": NewId(required=True),
        "email": Email(required=True),
        "password": Password(required=True),
    }
    return accepts(**common, name=Text(128, default=""), **more)


@_hashed()
def create_argon2_user(request: Request, **fields: str) -> dict[str, Any]:
    """POST /users/argon2. The hash is not validated. If it is invalid, no password matches it."""
    return _create_hashed("argon2", passwords.ARGON2, **fields)


@_hashed()
def create_bcrypt_user(request: Request, **fields: str) -> dict[str, Any]:
    """POST /users/bcrypt."""
    return _create_hashed("bcrypt", {"type": "bcrypt", "cost": 8}, **fields)


@_hashed()
def create_md5_user(request: Request, **fields: str) -> dict[str, Any]:
    """POST /users/md5."""
    return _create_hashed("md5", {"type": "md5"}, **fields)


_SHA_VERSIONS = (
    "sha1", "sha224", "sha256", "sha384", "sha512/224", "sha512/256", "sha512",
    "sha3-224", "sha3-256", "sha3-384", "sha3-512",
)  # fmt: skip


@_hashed(password_version=Text(choices=_SHA_VERSIONS, default="sha3-512"))
def create_sha_user(request: Request, *, password_version: str, **fields: str) -> dict[str, Any]:
    """POST /users/sha."""
    return _create_hashed("sha", {"type": "sha", "version": password_version}, **fields)


@_hashed()
def create_ph_pass_user(request: Request, **fields: str) -> dict[str, Any]:
    """POST /users/phpass."""
    options = {"type": "phpass", "iteration_count_log2": 8, "portable_hashes": False}
    return _create_hashed("phpass", options, **fields)


@_hashed(
    password_salt=Text(128, required=True),
    password_cpu=Integer(strict=True, required=True),
    password_memory=Integer(strict=True, required=True),
    password_parallel=Integer(strict=True, required=True),
    password_length=Integer(strict=True, required=True),
)
def create_scrypt_user(
    request: Request,
    *,
    password_salt: str,
    password_cpu: int,
    password_memory: int,
    password_parallel: int,
    password_length: int,
    **fields: str,
) -> dict[str, Any]:
    """POST /users/scrypt."""
    options = {
        "type": "scrypt",
        "salt": password_salt,
        "costCpu": password_cpu,
        "costMemory": password_memory,
        "costParallel": password_parallel,
        "length": password_length,
    }
    return _create_hashed("scrypt", options, **fields)


class Base64(Text):
    """A base64 string of 1 to 128 characters."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", text):
            raise ParameterError("Value must be a valid base64 string.")
        return text


@_hashed(
    password_salt=Base64(128, required=True),
    password_salt_separator=Base64(128, required=True),
    password_signer_key=Base64(128, required=True),
)
def create_scrypt_modified_user(
    request: Request, *, password_salt: str, password_salt_separator: str, password_signer_key: str, **fields: str
) -> dict[str, Any]:
    """POST /users/scrypt-modified: create a user with a hash from Firebase's variant of scrypt."""
    options = {
        "type": "scryptMod",
        "salt": password_salt,
        "saltSeparator": password_salt_separator,
        "signerKey": password_signer_key,
    }
    return _create_hashed("scryptMod", options, **fields)


def _create_hashed(
    algorithm: str, options: Mapping[str, Any], *, user_id: str, email: str, password: str, name: str
) -> dict[str, Any]:
    users.check_email_is_free(email, "user_email_already_exists")
    user = users.create(
        user_id,
        email=email,
        name=name,
        password=password,
        hash=algorithm,
        hash_options=options,
        password_update=clock.now(),
    )
    return responses.user(user)
