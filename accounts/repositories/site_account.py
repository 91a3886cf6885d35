"""The site's own account, which owns the posts that people leave to BISO when they delete their accounts.

Nobody can sign in to the account: it has no e-mail address, phone number, password or identity, and is blocked.
"""

from appwrite.models.user import User as AppwriteUser

from accounts.models import User
from core import errors
from core.appwrite_client import AdminClient

SITE_ACCOUNT = User(id="biso", name="BISO")
# Only an API key can write labels. A visitor can choose the id of a new account, so the id alone proves nothing.
LABEL = "site"


class SiteAccountRepository:
    """The site's own account, accessed with the admin client."""

    def __init__(self, client: AdminClient) -> None:
        self._users = client.users

    def exists(self) -> bool:
        """Return whether `setup_appwrite` has created the account.

        A visitor's account with the same id does not count.
        """
        try:
            return _is_ours(self._users.get(SITE_ACCOUNT.id))
        except errors.NotFoundError:
            return False

    def create(self) -> bool:
        """Create the account, or return False if it exists. Raise ConflictError if a visitor's account has this id."""
        try:
            user = self._users.create(SITE_ACCOUNT.id, name=SITE_ACCOUNT.name)
            is_new = True
        except errors.ConflictError:
            user, is_new = self._users.get(SITE_ACCOUNT.id), False
        if not _is_ours(user):
            # An earlier run may have stopped before setting the label. A visitor's account looks different: it has an
            # address, a phone number or a password, or has had a session.
            if user.email or user.phone or user.passwordupdate or user.accessedat:
                raise errors.ConflictError(f"a visitor's account has the id {SITE_ACCOUNT.id}")
            self._users.update_labels(user.id, [LABEL])
        if user.status:
            self._users.update_status(user.id, False)
        return is_new


def _is_ours(user: AppwriteUser) -> bool:
    return LABEL in user.labels and not user.email and not user.phone
