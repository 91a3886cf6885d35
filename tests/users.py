"""The users of the tests. Alice writes, Bob is another member, Ingrid is an admin, Mallory is blocked.

They are in the emulator's checkpoint `site`, each with a session, so they exist again after every reset.
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
    """A test client on localhost, because Appwrite mails links to registered host names only."""

    def __init__(self, **options: Any) -> None:
        super().__init__(SERVER_NAME="localhost", **options)


def words(page: HttpResponse) -> str:
    """Return the text of a page, without its markup."""
    return " ".join(html.unescape(strip_tags(page.content.decode())).split())


def structured_data(page: HttpResponse) -> dict[str, Any]:
    """Return what a page tells search engines in JSON-LD."""
    _, _, rest = page.content.decode().partition('<script type="application/ld+json">')
    data: dict[str, Any] = json.loads(rest.partition("</script>")[0])
    return data


@dataclass(frozen=True)
class Person:
    """A person with an account and a session. `made` is Appwrite's session object."""

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
        """Return a client with this person's session, for calling Appwrite without the site."""
        return client_of_session(self.secret)

    def browser(self, **options: Any) -> Browser:
        """Return a browser in which this person is signed in."""
        browser = Browser(**options)
        response = HttpResponse()
        session.sign_in(response, self.made)
        browser.cookies.update(response.cookies)
        return browser

    def end_session(self) -> None:
        """End the session in Appwrite, as signing out on another device does. This browser still has its cookie."""
        self.appwrite.account.delete_session("current")


def create(name: str, *labels: str) -> Person:
    """Create a user with a session and a proved address, as after a sign-in by e-mail."""
    users = create_admin_client().users
    user = users.create(name.lower(), f"{name.lower()}@example.com", name=name)
    users.update_email_verification(user.id, True)
    users.update_labels(user.id, [*labels, proof_label(BY_MAIL, user.email)])
    return Person(user.id, name, user.email, labels, users.create_session(user.id))


def block(person: Person) -> None:
    create_admin_client().users.update_status(person.id, False)


def roles(user_id: str) -> set[str]:
    """Return the labels of a user, without those that record how the address was proved."""
    return {label for label in create_admin_client().users.get(user_id).labels if not PROOF.fullmatch(label)}
