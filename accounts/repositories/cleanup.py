"""Remove access that strangers may have attached to an account (account pre-hijacking; docs/security.md)."""

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
from core.appwrite_client import AdminClient, run_concurrently
from core.locks import one_at_a_time

audit = logging.getLogger("audit")

MAX_CLEANUPS = 3  # in a row, while an attacker keeps attaching things


class AccountCleanup:
    """Remove every way to sign in that was attached to an account before its address was proved.

    An attacker can sign up with another person's address, or change their own to it, and wait for its owner to sign in.
    Uses the admin client.
    """

    def __init__(self, client: AdminClient) -> None:
        self._users = client.users

    def run(self, user_id: str, email: str, proof: str) -> AppwriteUser:
        """Remove everything that can sign in to the account, record `proof` for `email`, and return the account.

        That is: end all sessions, set a random password, and remove identities, second factors and the phone number.
        Raise ConflictError if the address changes meanwhile.

        The proof is recorded last, so that after a failure the next sign-in cleans the account again.
        """
        with one_at_a_time(f"cleanup-{hashlib.sha256(user_id.encode()).hexdigest()[0]}"):
            before: AppwriteUser = self._users.get(user_id)
            if before.email.lower() != email.lower():
                raise errors.ConflictError("the address of the account was changed meanwhile")
            if is_enough(before, proof):
                return before  # another sign-in has just cleaned it
            removed = []
            if before.passwordupdate and not is_proved(before, BY_PROVIDER, UNPROVED):  # not by an earlier clean-up
                removed.append("password")
            current = before
            for _ in range(MAX_CLEANUPS):
                current, attached = self._pass(current, keep_provider=proof == BY_PROVIDER)
                removed += attached
                if not attached:
                    break
            else:
                raise errors.ConflictError("ways to sign in were attached repeatedly during the clean-up")
            if current.email.lower() != email.lower():
                raise errors.ConflictError("the address of the account was changed meanwhile")
            if "password" in removed:  # a stranger may have chosen these, too
                self._users.update_name(user_id, "")
                self._users.update_prefs(user_id, {})
            current, roles = self._record(current, proof)
        removed += [f"role:{role}" for role in roles]
        audit.info("user=%s act=clean_account proof=%s removed=%s", user_id, proof, ",".join(removed) or "nothing")
        return current

    def _pass(self, before: AppwriteUser, *, keep_provider: bool) -> tuple[AppwriteUser, list[str]]:
        """Clean once. Return the account as it was when all sessions had ended, and what was still attached to it.

        The password is first, because without it an active session can change neither address nor password.
        """
        changed = before.passwordupdate
        if changed:  # an account that has never had a password does not need one
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
        """Remove what is attached to the account, and return its names."""
        attached = [f"identity:{each.provider}" for each in identities]
        for identity in identities:
            with suppress(errors.NotFoundError):
                self._users.delete_identity(identity.id)
        if factors.recoverycode:  # they can only be replaced, so `attached` does not list them
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
        """Record the proof in place of older ones. Remove roles that the owner of another address was given."""
        proofs = {label for label in user.labels if PROOF.fullmatch(label)}
        moved = proofs - {proof_label(kind, user.email) for kind in (BY_MAIL, BY_PROVIDER, UNPROVED)}
        roles = [label for label in user.labels if moved and label in LABELS]
        labels = [label for label in user.labels if label not in proofs and label not in roles]
        return self._users.update_labels(user.id, [*labels, proof_label(proof, user.email)]), roles


def _is_microsofts(identity: AppwriteIdentity, email: str) -> bool:
    is_microsoft: bool = identity.provider == OAuthProvider.MICROSOFT.value
    return is_microsoft and identity.provideremail.lower() == email.lower()


def _moment(text: str) -> datetime:
    """Return the time in a response. Appwrite omits the time zone, UTC, in some responses to a change."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
