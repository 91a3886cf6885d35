"""Look up the user that a request names."""

from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import User


def find_user(user_id: str) -> User:
    """Return the user, or raise 404 `user_not_found`."""
    user = User.objects.filter(id=user_id).first()
    if user is None:
        raise AppwriteError("user_not_found")
    return user
