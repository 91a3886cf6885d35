"""JSON Web Tokens, signed with HS256 by the project's own secret."""

from typing import Any

from appwrite_emulator.common import clock

_ALGORITHM = "HS256"


def encode(claims: dict[str, Any], secret: str, seconds: float | None) -> str:
    """Return a signed token that is valid for `seconds`. If `seconds` is None, keep any `exp` in the claims."""
    import jwt

    if seconds is not None:
        claims = {**claims, "exp": int(clock.now().timestamp() + seconds)}
    return jwt.encode(claims, secret, _ALGORITHM, sort_headers=False)


def decode(token: str, secret: str) -> dict[str, Any]:
    """Return the token's claims. Raise ValueError if the signature is wrong or the token has expired."""
    import jwt

    try:
        # PyJWT would use real time instead of the emulator's clock.
        claims = jwt.decode(token, secret, [_ALGORITHM], {"verify_exp": False, "verify_iat": False})
    except jwt.InvalidTokenError as error:
        raise ValueError(f"The token is invalid: {error}") from None
    if "exp" in claims and claims["exp"] <= clock.now().timestamp():
        raise ValueError("The token has expired.")
    return claims
