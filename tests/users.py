"""The test users: Alice is an author, Bob a second member, Ingrid an admin, and Mallory is blocked.

They and their sessions are in the emulator's checkpoint `site`, so every reset restores them.
"""

import html
import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils.html import strip_tags

from accounts import session
from accounts.models import User
from accounts.repositories.address_proof import BY_MAIL, PROOF, proof_label
from core.appwrite_client import SessionClient, client_of_session, create_admin_client


class Browser(Client):
    """A test client whose host is localhost, because Appwrite e-mails only links to registered host names."""

    def __init__(self, **options: Any) -> None:
        super().__init__(SERVER_NAME="localhost", **options)


def words(page: HttpResponse) -> str:
    """Return a page's text without its markup."""
    return " ".join(html.unescape(strip_tags(page.content.decode())).split())


def structured_data(page: HttpResponse) -> dict[str, Any]:
    """Return the page's JSON-LD data for search engines."""
    _, _, rest = page.content.decode().partition('<script type="application/ld+json">')
    data: dict[str, Any] = json.loads(rest.partition("</script>")[0])
    return data


@dataclass(frozen=True)
class Person:
    """A user with an account and a session. `made` is the Appwrite session object."""

    id: str
    name: str
    email: str
    labels: tuple[str, ...]
    made: Any

    @property
    def secret(self) -> str:
        return str(self.made.secret)

    @property
    def user(self) -> User:
        return User(id=self.id, name=self.name, email=self.email, labels=self.labels)

    @property
    def appwrite(self) -> SessionClient:
        """Return a client with this user's session, for calling Appwrite directly."""
        return client_of_session(self.secret)

    def browser(self, **options: Any) -> Browser:
        """Return a browser in which this user is signed in."""
        browser = Browser(**options)
        response = HttpResponse()
        session.sign_in(response, self.made)
        browser.cookies.update(response.cookies)
        return browser

    def end_session(self) -> None:
        """Delete the session in Appwrite, as if it were ended on another device. Browsers keep its cookie."""
        self.appwrite.account.delete_session("current")


def create(name: str, *labels: str) -> Person:
    """Create a user with a session and a verified address, as after a sign-in by e-mail."""
    users = create_admin_client().users
    user = users.create(name.lower(), f"{name.lower()}@example.com", name=name)
    users.update_email_verification(user.id, True)
    users.update_labels(user.id, [*labels, proof_label(BY_MAIL, user.email)])
    return Person(user.id, name, user.email, labels, users.create_session(user.id))


def block(person: Person) -> None:
    create_admin_client().users.update_status(person.id, False)


def roles(user_id: str) -> set[str]:
    """Return the user's labels except those that record how the address was verified."""
    return {label for label in create_admin_client().users.get(user_id).labels if not PROOF.fullmatch(label)}
