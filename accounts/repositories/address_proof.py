"""How the e-mail address of an account was proved, recorded in its labels.

Only an API key can write labels. Appwrite's own `emailVerification` does not prove the address: it is also set for the
address that Microsoft claims, and for a link, code or invitation that was mailed before the address was changed.
"""

import hashlib
import re

from appwrite.models.user import User as AppwriteUser

from accounts.models import User

BY_MAIL = "mail"  # by a link or code that we mailed to it
BY_PROVIDER = "oauth"  # by Microsoft's claim
UNPROVED = "none"  # cleaned, but not proved yet: the next sign-in cleans the account again
PROOF = re.compile(rf"(?:{BY_MAIL}|{BY_PROVIDER}|{UNPROVED})[0-9a-f]{{31}}")


def proof_label(kind: str, email: str) -> str:
    """Return the label for `email` proved by `kind`. Another address has another label."""
    return kind + hashlib.sha256(email.lower().encode()).hexdigest()[:31]


def is_proved(user: AppwriteUser | User, *kinds: str) -> bool:
    return any(proof_label(kind, user.email) in user.labels for kind in kinds)


def is_proved_by_mail(user: AppwriteUser | User) -> bool:
    """Return whether the person has signed in by a link or code that we mailed to the account's address."""
    return is_proved(user, BY_MAIL)


def is_enough(user: AppwriteUser, proof: str) -> bool:
    """Return whether the address is already proved at least as well as a sign-in with `proof` would prove it."""
    return is_proved_by_mail(user) or (proof == BY_PROVIDER and is_proved(user, BY_PROVIDER))
