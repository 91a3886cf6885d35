"""A person, as far as a page needs to know. No tables here: people live in Appwrite."""

from dataclasses import dataclass

from django.conf import settings

LABELS = ("admin", "editor")  # the roles that admins give here
MAX_NAME = 128  # characters: Appwrite's own limit for a person's name


@dataclass(frozen=True)
class User:
    """Who is asking. `roles` are Appwrite's own role strings, from the id and the labels; never from a team's name."""

    id: str = ""
    name: str = ""
    email: str = ""
    labels: tuple[str, ...] = ()
    language: str = ""  # as chosen on the account page; "" where it was not

    @property
    def is_authenticated(self) -> bool:
        return bool(self.id)

    @property
    def roles(self) -> frozenset[str]:
        if not self.id:
            return frozenset({"any", "guests"})
        return frozenset({"any", "users", f"user:{self.id}", *(f"label:{label}" for label in self.labels)})

    @property
    def is_admin(self) -> bool:
        return "label:admin" in self.roles

    @property
    def can_write(self) -> bool:
        """Whether settings.POSTS_WRITERS, or an admin's label, lets this person create posts."""
        return settings.POSTS_WRITERS in self.roles or self.is_admin


ANONYMOUS = User()
