"""Session secrets: create and hash them, read them from a request, and find a secret's session.

The secrets of tokens and invitations are hashed and encoded in the same way.
"""

import base64
import hashlib
import json
from urllib.parse import unquote

from django.http import HttpRequest

from appwrite_emulator.common import clock, ids, php_json
from appwrite_emulator.db.models import Project, Session


def cookie_name(project: Project) -> str:
    return f"a_session_{project.id}"


def find_secret(http: HttpRequest, project: Project) -> str:
    """Return the first session secret found in the cookie, the legacy cookie, the header or the fallback header."""
    name = cookie_name(project)
    try:
        fallback = php_json.loads(http.headers.get("X-Fallback-Cookies") or "{}")
    except ValueError:
        fallback = {}
    candidates = (
        unquote(http.COOKIES.get(name, "")),
        unquote(http.COOKIES.get(f"{name}_legacy", "")),
        http.headers.get("X-Appwrite-Session"),
        fallback.get(name) if isinstance(fallback, dict) else None,
    )
    return next((c for c in candidates if c and isinstance(c, str)), "")


def hash_secret(secret: str) -> str:
    """Return the hash under which a secret is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_session_secret(user_id: str) -> tuple[str, str]:
    """Return a new session secret (the user ID and a random part, in base64), and the hash to store."""
    random = ids.secret(256)
    return encode_secret(user_id, random), hash_secret(random)


def encode_secret(user_id: str, secret: str) -> str:
    """Encode the user ID and the secret as one string, as Appwrite does."""
    text = json.dumps({"id": user_id, "secret": secret}, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def find_session(secret: str) -> Session | None:
    """Return the unexpired session with this secret, or None."""
    try:
        parts = php_json.loads(base64.b64decode(secret, validate=True))
        user_id, random = parts["id"], parts["secret"]
    except (ValueError, TypeError, KeyError):
        return None
    if not isinstance(user_id, str) or not isinstance(random, str):
        return None
    sessions = Session.objects.select_related("user").filter(secret_hash=hash_secret(random), user_id=user_id)
    return sessions.filter(expire__gt=clock.now()).first()
