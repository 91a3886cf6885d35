"""Labels that record how an account's e-mail address was verified.

Only an API key can write labels. Appwrite's own `emailVerification` does not prove that the person owns the address:
Appwrite also sets it for an address that Microsoft reports, and for a link, code or invitation that was sent to an
earlier address.
"""

import hashlib
import re

from appwrite.models.user import User as AppwriteUser

from accounts.models import User

BY_MAIL = "mail"  # the address was verified with a link or code that we sent to it
BY_PROVIDER = "oauth"  # reported by Microsoft
UNPROVED = "none"  # the address is not verified yet: the next sign-in runs the account clean-up
PROOF = re.compile(rf"(?:{BY_MAIL}|{BY_PROVIDER}|{UNPROVED})[0-9a-f]{{31}}")


def proof_label(kind: str, email: str) -> str:
    """Return the label that records a proof of this `kind` for `email`. Different addresses have different labels."""
    return kind + hashlib.sha256(email.lower().encode()).hexdigest()[:31]


def is_proved(user: AppwriteUser | User, *kinds: str) -> bool:
    return any(proof_label(kind, user.email) in user.labels for kind in kinds)


def is_proved_by_mail(user: AppwriteUser | User) -> bool:
    """Return whether the person has signed in with a link or code sent to the account's current address."""
    return is_proved(user, BY_MAIL)


def is_confirmed(user: AppwriteUser) -> bool:
    """Return whether the account's current address has been confirmed, so that we may send mail to it.

    Do not trust Appwrite's flag for an account with a password. Changing the address sets a password, so the flag may
    come from a link that was sent to an earlier address. A clean-up does not invalidate unused links.
    """
    by_appwrite = user.emailverification and not user.passwordupdate and not is_proved(user, BY_PROVIDER, UNPROVED)
    return is_proved_by_mail(user) or by_appwrite


def is_enough(user: AppwriteUser, proof: str) -> bool:
    """Return whether the recorded proof of the address is at least as strong as `proof`."""
    return is_proved_by_mail(user) or (proof == BY_PROVIDER and is_proved(user, BY_PROVIDER))
