"""Remove access that a stranger may have added to an account (account pre-hijacking; docs/security.md)."""

import hashlib
import logging
import secrets
from contextlib import suppress
from datetime import UTC, datetime

from appwrite.enums.authenticator_type import AuthenticatorType
from appwrite.enums.o_auth_provider import OAuthProvider
from appwrite.models.identity import Identity as AppwriteIdentity
from appwrite.models.mfa_factors import MfaFactors
from appwrite.models.user import User as AppwriteUser
from appwrite.query import Query

from accounts.models import LABELS
from accounts.repositories.address_proof import (
    BY_MAIL,
    BY_PROVIDER,
    PROOF,
    UNPROVED,
    is_enough,
    is_proved,
    proof_label,
)
from core import errors
from core.appwrite_client import AdminClient
from core.calls import run_concurrently
from core.locks import one_at_a_time

audit = logging.getLogger("audit")

MAX_CLEANUPS = 3  # maximum number of passes, in case an attacker keeps adding sign-in methods


class AccountCleanup:
    """Remove every sign-in method that was added to an account before its address was verified.

    An attacker can sign up with a victim's address, or change their own account's address to the victim's, and wait
    until the victim signs in. The clean-up uses the admin client.
    """

    def __init__(self, client: AdminClient) -> None:
        self._users = client.users

    def run(self, user_id: str, email: str, proof: str) -> AppwriteUser:
        """Remove all sign-in methods of the account, record `proof` for `email`, and return the account.

        End all sessions, set a random password, and remove identities, second factors and the phone number. Raise
        ConflictError if the address changes during the clean-up, or if sign-in methods are added repeatedly.

        Record the proof last, so that the next sign-in repeats a failed clean-up.
        """
        with one_at_a_time(f"cleanup-{hashlib.sha256(user_id.encode()).hexdigest()[0]}"):
            before: AppwriteUser = self._users.get(user_id)
            if before.email.lower() != email.lower():
                raise errors.ConflictError("the account's address was changed during the clean-up")
            if is_enough(before, proof):
                return before  # a concurrent sign-in has just finished the clean-up
            removed = []
            if before.passwordupdate and not is_proved(before, BY_PROVIDER, UNPROVED):  # the site did not set it
                removed.append("password")
            current = before
            for _ in range(MAX_CLEANUPS):
                current, attached = self._pass(current, keep_provider=proof == BY_PROVIDER)
                removed += attached
                if not attached:
                    break
            else:
                raise errors.ConflictError("sign-in methods were added repeatedly during the clean-up")
            if current.email.lower() != email.lower():
                raise errors.ConflictError("the account's address was changed during the clean-up")
            if "password" in removed:  # a stranger may also have set the name and preferences
                self._users.update_name(user_id, "")
                self._users.update_prefs(user_id, {})
            current, roles = self._record(current, proof)
        removed += [f"role:{role}" for role in roles]
        audit.info("user=%s act=clean_account proof=%s removed=%s", user_id, proof, ",".join(removed) or "nothing")
        return current

    def _pass(self, before: AppwriteUser, *, keep_provider: bool) -> tuple[AppwriteUser, list[str]]:
        """Run one pass. Return the account as it was after its sessions ended, and a label for each item removed then.

        Change the password first: an attacker with a session can change the password or the address only with the
        current password.
        """
        changed = before.passwordupdate
        if changed:  # an account that has never had a password needs no random password
            changed = self._users.update_password(before.id, f"{secrets.token_urlsafe(40)}-Aa1").passwordupdate
        self._users.delete_sessions(before.id)
        user, identities, factors = run_concurrently(
            lambda: self._users.get(before.id),
            lambda: self._identities(before.id),
            lambda: self._users.list_mfa_factors(before.id),
        )
        if keep_provider:
            identities = [each for each in identities if not _is_microsofts(each, user.email)]
        attached = self._detach(user, identities, factors)
        if user.passwordupdate and (not changed or _moment(user.passwordupdate) > _moment(changed)):
            attached.append("password")
        return user, attached

    def _identities(self, user_id: str) -> list[AppwriteIdentity]:
        queries = [Query.equal("userId", [user_id]), Query.limit(100)]
        return list(self._users.list_identities(queries).identities)

    def _detach(self, user: AppwriteUser, identities: list[AppwriteIdentity], factors: MfaFactors) -> list[str]:
        """Remove identities, second factors and the phone number.

        Return a label for each, such as `identity:microsoft`.
        """
        attached = [f"identity:{each.provider}" for each in identities]
        for identity in identities:
            with suppress(errors.NotFoundError):
                self._users.delete_identity(identity.id)
        if factors.recoverycode:  # recovery codes can only be replaced, not removed, so `attached` does not list them
            with suppress(errors.NotFoundError):
                self._users.update_mfa_recovery_codes(user.id)
        if factors.totp:
            attached.append("totp")
            with suppress(errors.NotFoundError):
                self._users.delete_mfa_authenticator(user.id, AuthenticatorType.TOTP)
        if user.mfa:
            attached.append("mfa")
            self._users.update_mfa(user.id, False)
        if user.phone:
            attached.append("phone")
            self._users.update_phone(user.id, "")
        return attached

    def _record(self, user: AppwriteUser, proof: str) -> tuple[AppwriteUser, list[str]]:
        """Replace all recorded proofs with `proof`. Return the account and the roles that were removed.

        If a recorded proof is for a different address, remove the account's roles: they were given to the owner of that
        address.
        """
        proofs = {label for label in user.labels if PROOF.fullmatch(label)}
        moved = proofs - {proof_label(kind, user.email) for kind in (BY_MAIL, BY_PROVIDER, UNPROVED)}
        roles = [label for label in user.labels if moved and label in LABELS]
        labels = [label for label in user.labels if label not in proofs and label not in roles]
        return self._users.update_labels(user.id, [*labels, proof_label(proof, user.email)]), roles


def _is_microsofts(identity: AppwriteIdentity, email: str) -> bool:
    is_microsoft: bool = identity.provider == OAuthProvider.MICROSOFT.value
    return is_microsoft and identity.provideremail.lower() == email.lower()


def _moment(text: str) -> datetime:
    """Parse a time from a response. If the time zone is missing, as in some responses to writes, the time is in UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
