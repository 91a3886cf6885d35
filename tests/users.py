"""The cast. Alice writes, Bob is another member, Ingrid is an admin, Mallory is blocked; a guest is nobody.

They exist in the emulator before the first test, each signed in, and are there again after every reset.
"""

import html
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
    """A browser on this machine. Appwrite mails links to registered hosts only, and `testserver` is none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(SERVER_NAME="localhost", **options)


def words(page: HttpResponse) -> str:
    """What a page says, without its markup."""
    return " ".join(html.unescape(strip_tags(page.content.decode())).split())


@dataclass(frozen=True)
class Person:
    """Somebody with an account and a session. `made` is Appwrite's session as the sign-in received it."""

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
        """Appwrite by this person's own session, around the site."""
        return client_of_session(self.secret)

    def browser(self, **options: Any) -> Browser:
        """A browser in which this person is signed in."""
        browser = Browser(**options)
        response = HttpResponse()
        session.sign_in(response, self.made)
        browser.cookies.update(response.cookies)
        return browser

    def end_session(self) -> None:
        """As if signed out on another device: Appwrite knows the session no more, this browser has yet to notice."""
        self.appwrite.account.delete_session("current")


def create(name: str, *labels: str) -> Person:
    """A new user, signed in by the API key, as if they had signed in by mail before."""
    users = create_admin_client().users
    user = users.create(name.lower(), f"{name.lower()}@example.com", name=name)
    users.update_email_verification(user.id, True)
    users.update_labels(user.id, [*labels, proof_label(BY_MAIL, user.email)])
    return Person(user.id, name, user.email, labels, users.create_session(user.id))


def block(person: Person) -> None:
    create_admin_client().users.update_status(person.id, False)


def roles(user_id: str) -> set[str]:
    """The labels of a user, without those that record how the address was proved."""
    return {label for label in create_admin_client().users.get(user_id).labels if not PROOF.fullmatch(label)}
