"""The user model, which has no database table, because Appwrite stores the accounts."""

from dataclasses import dataclass

LABELS = ("admin", "editor")  # the roles that admins can assign on the people pages
MAX_NAME = 128  # characters; Appwrite's own limit for a person's name


@dataclass(frozen=True)
class User:
    """A person or guest. `roles` are Appwrite's role strings for the id and the labels; teams are ignored."""

    id: str = ""
    name: str = ""
    email: str = ""
    labels: tuple[str, ...] = ()
    language: str = ""  # the language chosen on the account page, or ""
    mail: str | None = None  # the person's latest choice: a topic, or "" for no e-mails; None if they never chose

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


ANONYMOUS = User()
