"""Cases near the recorded ones of messaging and of what messages go to, as the real server's source decides them."""

import datetime
import json
from typing import Any

import pytest
from appwrite.services.account import Account
from appwrite.services.messaging import Messaging
from appwrite.services.users import Users

from tests.conftest import Ask, Person, as_person, client

LATER = "2099-01-01T00:00:00.000+00:00"
DRAFT = {"messageId": "draft", "draft": True}
INVALID = (400, "general_argument_invalid")


@pytest.fixture
def messaging(server) -> Messaging:
    return Messaging(server)


def query(method: str, attribute: str = "", *values: Any) -> str:
    return json.dumps({"method": method, "attribute": attribute, "values": values})


# -- providers --------------------------------------------------------------------------------------------------------


def test_msg91_can_be_made_without_a_template_and_not_switched_on_later(ask: Ask) -> None:
    told = {"providerId": "msg", "name": "Msg", "senderId": "s", "authKey": "k", "enabled": True}
    _, _, made = ask("POST", "/messaging/providers/msg91", json=told)
    assert made["enabled"]
    later = ask("PATCH", "/messaging/providers/msg91/msg", json={"enabled": True})
    assert later[:2] == (400, "provider_missing_credentials")


@pytest.mark.parametrize("kind", ["mailgun", "resend", "sendgrid"])
def test_a_sender_is_asked_for_when_the_provider_is_made_and_not_later(ask: Ask, kind: str) -> None:
    told = {"providerId": kind, "name": kind, "apiKey": "k", "enabled": True}
    told |= {"domain": "example.com", "isEuRegion": False} if kind == "mailgun" else {}
    _, _, made = ask("POST", f"/messaging/providers/{kind}", json=told)
    assert not made["enabled"]
    _, _, changed = ask("PATCH", f"/messaging/providers/{kind}/{kind}", json={"enabled": True})
    assert changed["enabled"]


def test_smtp_asks_for_a_sender_at_any_time(ask: Ask) -> None:
    told = {"providerId": "post", "name": "Post", "host": "mail.example.com", "enabled": True}
    _, _, made = ask("POST", "/messaging/providers/smtp", json=told)
    assert not made["enabled"]
    later = ask("PATCH", "/messaging/providers/smtp/post", json={"enabled": True})
    assert later[:2] == (400, "provider_missing_credentials")


def test_a_bundle_that_is_changed_is_kept_under_another_name(ask: Ask) -> None:
    ask("POST", "/messaging/providers/apns", json={"providerId": "apple", "name": "Apple", "bundleId": "one"})
    _, _, changed = ask("PATCH", "/messaging/providers/apns/apple", json={"bundleId": "two"})
    assert changed["credentials"] == {"bundleId": "one", "bundle": "two"}


def test_a_sender_keeps_the_letters_it_was_given(messaging) -> None:
    made = messaging.create_resend_provider("re", "Re", api_key="k", from_email="Library@Example.com")
    assert made.options["fromEmail"] == "Library@Example.com"


def test_an_encryption_may_be_in_capitals_and_stays_so(ask: Ask) -> None:
    told = {"providerId": "post", "name": "Post", "host": "mail.example.com", "encryption": "TLS"}
    assert ask("POST", "/messaging/providers/smtp", json=told)[2]["options"]["encryption"] == "TLS"


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("POST", "/messaging/messages/email", {**DRAFT, "subject": "s", "content": "c", "draft": "true"}),
        ("POST", "/messaging/messages/email", {**DRAFT, "subject": "s", "content": "c", "html": 1}),
        ("POST", "/messaging/messages/push", {**DRAFT, "critical": "1"}),
        ("POST", "/messaging/providers/fcm", {"providerId": "fcm", "name": "Fire", "enabled": "true"}),
        ("POST", "/messaging/providers/apns", {"providerId": "apns", "name": "Apple", "sandbox": 0}),
    ],
)
def test_what_is_on_or_off_is_a_boolean(ask: Ask, method: str, path: str, told: dict[str, Any]) -> None:
    assert ask(method, path, json=told)[:2] == INVALID


# -- messages ---------------------------------------------------------------------------------------------------------


def test_a_text_message_that_is_scheduled_does_not_say_when(emulator, messaging, users) -> None:
    messaging.create_twilio_provider("text", "Text", "+15005550006", "a", "t", enabled=True)
    users.create("ada", phone="+4740000001")
    made = messaging.create_sms("later", "Hello", users=["ada"], scheduled_at=LATER)
    assert (made.status.value, made.scheduledat) == ("scheduled", None)
    emulator.clock.move_to(datetime.datetime(2099, 1, 1, 0, 0, 1, tzinfo=datetime.UTC))
    assert messaging.get_message("later").status.value == "sent"


def test_a_text_message_that_is_scheduled_cannot_be_changed_without_a_time_or_deleted(
    messaging, users, refused
) -> None:
    users.create("ada", phone="+4740000001")
    messaging.create_sms("later", "Hello", users=["ada"], scheduled_at=LATER)
    with refused("message_missing_schedule", 400):
        messaging.update_sms("later", content="Hi")
    with refused("message_already_scheduled", 400):
        messaging.delete("later")
    assert messaging.update_sms("later", scheduled_at=LATER).scheduledat == LATER
    messaging.delete("later")


def test_a_message_may_go_to_more_than_a_hundred(messaging) -> None:
    many = [f"user-{n}" for n in range(150)]
    assert messaging.create_email("all", "Hello", "Hi", users=many, draft=True).users == many


def test_a_priority_may_be_in_capitals_and_stays_so(ask: Ask) -> None:
    _, _, made = ask("POST", "/messaging/messages/push", json={**DRAFT, "priority": "NORMAL"})
    assert made["data"] == {"priority": "NORMAL"}


def test_a_picture_may_wait_for_the_last_day_there_is(ask: Ask) -> None:
    ask("POST", "/storage/buckets", json={"bucketId": "pictures", "name": "Pictures"})
    dot = b"\x89PNG\r\n\x1a\n"
    ask("POST", "/storage/buckets/pictures/files", data={"fileId": "dot"}, files={"file": ("dot.png", dot)})
    told = {**DRAFT, "scheduledAt": "9999-12-31T23:59:59.999+00:00", "image": "pictures:dot"}
    status, _, made = ask("POST", "/messaging/messages/push", json=told)
    assert (status, made["data"]["image"]["fileId"]) == (201, "dot")


# -- lists ------------------------------------------------------------------------------------------------------------

LISTS = ["/messaging/topics", "/messaging/messages", "/messaging/providers", "/users", "/teams", "/functions"]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_searched_for_something_or_not_at_all(ask: Ask, path: str) -> None:
    assert ask("GET", path, params={"search": "s" * 256})[0] == 200
    assert ask("GET", path, params={"search": ""})[:2] == INVALID
    assert ask("GET", path, params={"search": "s" * 257})[:2] == INVALID


@pytest.mark.parametrize("path", LISTS)
def test_the_order_of_creation_can_be_asked_for_though_nobody_sees_it(ask: Ask, path: str) -> None:
    assert ask("GET", path, params={"queries[0]": query("orderDesc", "$sequence")})[0] == 200
    assert ask("GET", path, params={"queries[0]": query("equal", "$sequence", "first")})[:2] == INVALID


def test_topics_in_the_order_of_their_creation_and_backwards(ask: Ask, messaging) -> None:
    for name in ("b", "c", "a"):
        messaging.create_topic(name, name)
    _, _, listed = ask("GET", "/messaging/topics", params={"queries[0]": query("orderDesc", "$sequence")})
    assert [topic["$id"] for topic in listed["topics"]] == ["a", "c", "b"]


def test_people_are_found_by_their_labels(users: Users) -> None:
    users.create("ada", name="Ada")
    users.create("bea", name="Bea")
    users.update_labels("ada", ["editor"])
    assert [user.id for user in users.list(search="editor").users] == ["ada"]


def test_the_total_of_somebodys_memberships_is_that_of_the_page(ask: Ask, users: Users) -> None:
    users.create("ada", name="Ada")
    for team in ("one", "two", "three"):
        ask("POST", "/teams", json={"teamId": team, "name": team})
        ask("POST", f"/teams/{team}/memberships", json={"userId": "ada", "roles": []})
    _, _, page = ask("GET", "/users/ada/memberships", params={"queries[0]": query("limit", "", 2)})
    assert (page["total"], len(page["memberships"])) == (2, 2)


# -- targets ----------------------------------------------------------------------------------------------------------


def target(**told: str) -> dict[str, str]:
    return {"targetId": "phone", "providerType": "push", "identifier": "device", **told}


def test_a_target_without_its_provider_is_made_by_a_server_without_one(ask: Ask, alice: Person) -> None:
    _, _, made = ask("POST", "/users/alice/targets", json=target(providerId="no-such-provider"))
    assert made["providerId"] is None


def test_the_provider_of_a_target_has_to_be_there_and_of_its_kind(ask: Ask, alice: Person) -> None:
    ask("POST", "/messaging/providers/fcm", json={"providerId": "fire", "name": "Fire"})
    ask("POST", "/messaging/providers/resend", json={"providerId": "post", "name": "Post"})
    ask("POST", "/users/alice/targets", json=target())
    path = "/users/alice/targets/phone"
    assert ask("PATCH", path, json={"providerId": "no-such-provider"})[:2] == (404, "provider_not_found")
    assert ask("PATCH", path, json={"providerId": "post"})[:2] == (400, "provider_incorrect_type")
    assert ask("PATCH", path, json={"providerId": "fire"})[2]["providerId"] == "fire"


@pytest.mark.parametrize(
    "told", [{"name": ""}, {"providerId": ""}, {"providerId": "a b"}, {"identifier": ""}, {"identifier": "d" * 256}]
)
def test_what_is_said_of_a_target_is_never_empty_or_too_long(ask: Ask, alice: Person, told: dict[str, str]) -> None:
    assert ask("POST", "/users/alice/targets", json=target(**told))[:2] == INVALID
    ask("POST", "/users/alice/targets", json=target())
    assert ask("PATCH", "/users/alice/targets/phone", json=told)[:2] == INVALID


def test_a_kind_in_capitals_passes_as_a_word_and_is_no_kind(ask: Ask, alice: Person) -> None:
    told = target(providerType="PUSH")
    assert ask("POST", "/users/alice/targets", json=told)[:2] == (400, "provider_incorrect_type")


def add_device(ask: Ask, headers: dict[str, str], id: str, identifier: str) -> tuple[int, str]:
    """Somebody registers the device that they hold."""
    told = {"targetId": id, "identifier": identifier}
    return ask("POST", "/account/targets/push", headers, json=told)[:2]


def test_a_device_has_at_most_255_characters(ask: Ask, alice: Person) -> None:
    assert add_device(ask, as_person(alice), "phone", "d" * 255)[0] == 201
    assert add_device(ask, as_person(alice), "tablet", "d" * 256) == INVALID


def test_signing_out_takes_away_the_device_of_that_session_alone(emulator, ask, alice: Person, users: Users) -> None:
    secret = users.create_session("alice").secret
    add_device(ask, as_person(alice), "phone", "here")
    add_device(ask, {"X-Appwrite-Project": "biso", "X-Appwrite-Session": secret}, "tablet", "there")

    def devices() -> set[str]:
        return {each.id for each in users.list_targets("alice").targets if each.providertype == "push"}

    alice.account.delete_session("current")
    assert devices() == {"tablet"}
    Account(client(emulator, session=secret)).delete_sessions()
    assert devices() == set()


def test_verification_is_a_boolean(ask: Ask, alice: Person) -> None:
    for path, name in (("verification", "emailVerification"), ("verification/phone", "phoneVerification")):
        assert ask("PATCH", f"/users/alice/{path}", json={name: "true"})[:2] == INVALID
    assert ask("PATCH", "/users/alice/status", json={"status": "true"})[0] == 200
