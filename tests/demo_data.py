"""The demo content in Appwrite, as `manage.py runserver` creates it."""

from functools import cache

from django.core.management import call_command
from django.test import override_settings

from accounts.repositories.address_proof import BY_MAIL, proof_label
from appwrite_emulator.testing import Emulator
from biso_site import local_project
from core.appwrite_client import create_admin_client
from posts import demo
from tests.conftest import PATIENT
from tests.users import Person


def demo_users(emulator: Emulator) -> dict[str, Person]:
    """Reset the emulator to the demo content (checkpoint `demo`). Return the demo users by first name, with sessions.

    Ada and Mikkel write, Ingrid is an admin.
    """
    people = _made_once(emulator)
    emulator.reset("demo")
    return people


@cache
def _made_once(emulator: Emulator) -> dict[str, Person]:
    emulator.reset()
    emulator.control("POST", "import", body=local_project.seed())
    with override_settings(APPWRITE_ENDPOINT=emulator.endpoint, APPWRITE_TIMEOUT=PATIENT):
        call_command("setup_appwrite", demo=True, verbosity=0)
        people = {person.name.split()[0]: _signed_in(person) for person in demo.people()}
    emulator.checkpoint("demo")
    return people


def _signed_in(person: demo.Person) -> Person:
    users = create_admin_client().users
    users.update_labels(person.id, [*person.labels, proof_label(BY_MAIL, person.email)])  # as after a sign-in by e-mail
    made = users.create_session(person.id)
    return Person(person.id, person.name, person.email, tuple(person.labels), made)
