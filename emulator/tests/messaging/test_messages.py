"""Creating e-mails, text messages and push messages, and delivering them."""

import datetime

import requests
from appwrite.enums.message_priority import MessagePriority
from appwrite.enums.messaging_provider_type import MessagingProviderType
from appwrite.input_file import InputFile
from appwrite.query import Query
from appwrite.services.messaging import Messaging
from appwrite.services.storage import Storage

from tests.conftest import CallApi
from tests.messaging.conftest import DRAFT, KINDS, email_target, later

# -- e-mails ----------------------------------------------------------------------------------------------------------


def test_create_email_reaches_topics_users_and_targets_once(emulator, messaging, users, smtp, alice, bob):
    messaging.create_topic("news", "News")
    messaging.create_subscriber("news", "hers", email_target(users, alice).id)
    created = messaging.create_email(
        "first", "Hello", "Dear reader", topics=["news"], users=["alice"], targets=[email_target(users, bob).id]
    )
    assert created.status.value == "processing"
    done = messaging.get_message("first")
    assert (done.status.value, done.deliveredtotal, done.deliveryerrors) == ("sent", 2, [])
    assert done.deliveredat
    assert {mail["to"] for mail in emulator.inbox.mails()} == {"alice@example.com", "bob@example.com"}
    [hers] = emulator.inbox.mails("alice@example.com")
    assert (hers["kind"], hers["subject"], hers["text"]) == ("email", "Hello", "Dear reader\n")
    assert (hers["from"], hers["recipient"]) == ("Library <library@example.com>", "Alice")
    assert (hers["messageId"], hers["html"]) == ("first", "")


def test_html_email_is_shown_in_a_sandboxed_frame(emulator, messaging, smtp, alice):
    messaging.create_email(
        "first", "Hello", "<p>Dear <b>reader</b></p><script>x()</script>", users=["alice"], html=True
    )
    [mail] = emulator.inbox.mails()
    assert mail["text"] == "Dear readerx()\n"
    page = requests.get(f"{emulator.inbox.url}{mail['id']}/", timeout=20).text
    assert 'sandbox="allow-popups allow-top-navigation-by-user-activation"' in page
    framed = requests.get(f"{emulator.inbox.url}{mail['id']}/html", timeout=20)
    assert "<b>reader</b>" in framed.text
    assert framed.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_plain_text_of_an_html_email_ends_at_an_unclosed_style_sheet(emulator, messaging, smtp, alice):
    content = "<p>Salt</p>" + "<style>" * 3000 + "p { color: red }"
    messaging.create_email("m", "News", content, users=["alice"], html=True)
    assert emulator.inbox.newest("alice@example.com")["text"].strip() == "Salt"


def test_plain_text_of_an_html_email_has_no_style_sheets_and_no_entities(emulator, messaging, smtp, alice):
    content = "<style>p { color: red }</style><p>Salt &amp; pepper</p>"
    messaging.create_email("first", "Hello", content, users=["alice"], html=True)
    [mail] = emulator.inbox.mails()
    assert (mail["text"], "color: red" in mail["html"]) == ("Salt & pepper\n", True)


def test_copies_are_sent_and_counted_by_smtp(emulator, messaging, users, smtp, make_user):
    ids = {name: email_target(users, make_user(name)).id for name in ("Alice", "Bob", "Carla")}
    messaging.create_email("first", "Hello", "Dear reader", targets=[ids["Alice"]], cc=[ids["Bob"]], bcc=[ids["Carla"]])
    assert messaging.get_message("first").deliveredtotal == 3
    [hers] = emulator.inbox.mails("alice@example.com")
    assert hers["cc"] == ["bob@example.com"]
    assert len(emulator.inbox.mails("carla@example.com")) == 1


def test_files_are_attached_to_an_email(emulator, server, messaging, smtp, alice, expect_error):
    storage = Storage(server)
    storage.create_bucket("papers", "Papers")
    storage.create_file("papers", "minutes", InputFile.from_bytes(b"all agreed", "minutes.txt"))
    messaging.create_email("first", "Hello", "See below", users=["alice"], attachments=["papers:minutes"])
    [mail] = emulator.inbox.mails()
    assert mail["attachments"] == ["minutes.txt"]
    source = requests.get(f"{emulator.inbox.url}{mail['id']}/", params={"view": "source"}, timeout=20).text
    assert "YWxsIGFncmVlZA" in source  # "all agreed" in base64
    with expect_error("storage_file_not_found", 404):
        messaging.create_email("second", "Hello", "See below", users=["alice"], attachments=["papers:agenda"])


def test_missing_attachment_is_a_delivery_error(emulator, server, messaging, smtp, alice):
    storage = Storage(server)
    storage.create_bucket("papers", "Papers")
    storage.create_file("papers", "minutes", InputFile.from_bytes(b"all agreed", "minutes.txt"))
    messaging.create_email(
        "first", "Hello", "See below", users=["alice"], attachments=["papers:minutes"], scheduled_at=later(1)
    )
    storage.delete_file("papers", "minutes")
    emulator.clock.advance(2 * 86400)
    report = messaging.get_message("first")
    assert (report.status.value, len(report.deliveryerrors), emulator.inbox.mails()) == ("failed", 1, [])


def test_update_email(emulator, messaging, smtp, alice, expect_error):
    messaging.create_email("first", "Helo", "Dear reader", draft=True)
    with expect_error("message_missing_target", 400):
        messaging.update_email("first", draft=False)
    changed = messaging.update_email("first", subject="Hello", users=["alice"])
    assert (changed.status.value, changed.data["subject"], changed.data["content"]) == ("draft", "Hello", "Dear reader")
    assert emulator.inbox.mails() == []
    messaging.update_email("first", draft=False)
    assert [mail["subject"] for mail in emulator.inbox.mails()] == ["Hello"]
    with expect_error("message_already_sent", 400):
        messaging.update_email("first", subject="Hallo")


def test_message_without_an_enabled_provider_fails(emulator, messaging, twilio, alice):
    messaging.create_email("first", "Hello", "Dear reader", users=["alice"])
    report = messaging.get_message("first")
    assert (report.status.value, report.deliveryerrors) == ("failed", ["No enabled provider found."])
    assert (report.deliveredat, emulator.inbox.mails()) == (None, [])


def test_line_breaks_in_a_subject_are_removed(emulator, messaging, smtp, alice):
    messaging.create_email("first", "Hello\r\nBcc: everybody@example.com", "Dear reader", users=["alice"])
    [mail] = emulator.inbox.mails()
    assert mail["subject"] == "Hello Bcc: everybody@example.com"


def test_invalid_reply_to_address_fails_the_message(messaging, smtp, alice):
    messaging.update_smtp_provider("post", reply_to_email="nobody in particular")
    messaging.create_email("first", "Hello", "Dear reader", users=["alice"])
    assert messaging.get_message("first").status.value == "failed"


def test_message_accepts_more_than_a_hundred_users(messaging) -> None:
    many = [f"user-{n}" for n in range(150)]
    assert messaging.create_email("all", "Hello", "Hi", users=many, draft=True).users == many


# -- text messages ----------------------------------------------------------------------------------------------------


def test_create_sms(emulator, messaging, users, twilio, expect_error):
    users.create("ada", phone="+4712345678", name="Ada")
    messaging.create_sms("first", "The door is open", users=["ada"])
    [text] = emulator.inbox.mails("+4712345678")
    assert (text["kind"], text["text"], text["recipient"]) == ("sms", "The door is open", "Ada")
    assert text["from"] == "+15005550006"
    page = requests.get(emulator.inbox.url, timeout=20).text
    assert "Text message" in page
    with expect_error("message_already_exists", 409):
        messaging.create_sms("first", "The door is open", users=["ada"])


def test_update_sms(emulator, messaging, users, twilio):
    users.create("ada", phone="+4712345678")
    messaging.create_sms("first", "The door is", users=["ada"], draft=True)
    messaging.update_sms("first", content="The door is open", draft=False)
    assert [text["text"] for text in emulator.inbox.mails()] == ["The door is open"]


LATER = "2099-01-01T00:00:00.000+00:00"


def test_scheduled_sms_does_not_report_its_time(emulator, messaging, users) -> None:
    messaging.create_twilio_provider("text", "Text", "+15005550006", "a", "t", enabled=True)
    users.create("ada", phone="+4740000001")
    created = messaging.create_sms("later", "Hello", users=["ada"], scheduled_at=LATER)
    assert (created.status.value, created.scheduledat) == ("scheduled", None)
    emulator.clock.move_to(datetime.datetime(2099, 1, 1, 0, 0, 1, tzinfo=datetime.UTC))
    assert messaging.get_message("later").status.value == "sent"


def test_scheduled_sms_cannot_be_deleted_or_updated_without_a_time(messaging, users, expect_error) -> None:
    users.create("ada", phone="+4740000001")
    messaging.create_sms("later", "Hello", users=["ada"], scheduled_at=LATER)
    with expect_error("message_missing_schedule", 400):
        messaging.update_sms("later", content="Hi")
    with expect_error("message_already_scheduled", 400):
        messaging.delete("later")
    assert messaging.update_sms("later", scheduled_at=LATER).scheduledat == LATER
    messaging.delete("later")


# -- push messages ----------------------------------------------------------------------------------------------------


def test_create_push_shows_text_image_and_data_for_each_device(emulator, server, messaging, users, fcm, alice):
    storage = Storage(server)
    storage.create_bucket("pictures", "Pictures")
    storage.create_file("pictures", "door", InputFile.from_bytes(PNG, "door.png"))
    for device in ("phone", "watch"):
        users.create_target("alice", device, MessagingProviderType.PUSH, f"token-of-the-{device}", name=device.title())
    message = messaging.create_push(
        "first",
        title="News",
        body="The door is open",
        users=["alice"],
        data={"door": 3},
        action="/doors/3",
        image="pictures:door",
        badge=2,
        priority=MessagePriority.NORMAL,
    )
    assert message.data["image"]["fileId"] == "door"
    assert messaging.get_message("first").deliveredtotal == 2
    [phone] = emulator.inbox.mails("token-of-the-phone")
    assert (phone["kind"], phone["subject"], phone["text"]) == ("push", "News", "The door is open")
    assert phone["recipient"] == "Alice, Phone"
    assert {name: phone["data"][name] for name in ("data", "action", "badge", "priority")} == {
        "data": {"door": 3},
        "action": "/doors/3",
        "badge": 2,
        "priority": "normal",
    }
    page = requests.get(f"{emulator.inbox.url}{phone['id']}/", timeout=20).text
    assert "Push message" in page
    assert "/doors/3" in page
    picture = requests.get(message.data["image"]["url"], timeout=20)
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/png")
    assert requests.get(message.data["image"]["url"] + "x", timeout=20).status_code == 401


PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff\xff\x7f\x00\t\xfb\x03\xfd*\x86\xe3\x8a\x00\x00\x00\x00IEND\xaeB`\x82"
)


def test_push_image_must_be_an_image(server, messaging, alice, expect_error):
    storage = Storage(server)
    storage.create_bucket("papers", "Papers")
    storage.create_file("papers", "minutes", InputFile.from_bytes(b"all agreed", "minutes.txt"))
    with expect_error("storage_file_type_unsupported", 400):
        messaging.create_push("first", title="News", users=["alice"], image="papers:minutes")


def test_update_push(emulator, messaging, users, fcm, alice):
    users.create_target("alice", "phone", MessagingProviderType.PUSH, "token")
    messaging.create_push("first", title="News", users=["alice"], draft=True, badge=1)
    changed = messaging.update_push("first", body="The door is open", badge=0, critical=True)
    assert changed.data == {
        "title": "News",
        "body": "The door is open",
        "badge": 0,
        "critical": True,
        "priority": "high",
    }
    messaging.update_push("first", draft=False)
    assert [push["to"] for push in emulator.inbox.mails()] == ["token"]


def test_push_target_uses_its_own_provider_while_it_is_enabled(emulator, messaging, users, fcm, alice):
    messaging.create_apns_provider("apple", "Apple", enabled=True, **KINDS["apns"][1])
    users.create_target("alice", "phone", MessagingProviderType.PUSH, "token", provider_id="apple")
    messaging.create_push("first", title="One", users=["alice"])
    messaging.update_apns_provider("apple", enabled=False)
    messaging.create_push("second", title="Two", users=["alice"])
    assert {push["subject"]: push["from"] for push in emulator.inbox.mails()} == {"One": "Apple", "Two": "Fire"}


def test_push_priority_keeps_its_case(call_api: CallApi) -> None:
    _, _, created = call_api("POST", "/messaging/messages/push", json={**DRAFT, "priority": "NORMAL"})
    assert created["data"] == {"priority": "NORMAL"}


def test_push_image_is_accepted_with_the_latest_schedule(call_api: CallApi) -> None:
    call_api("POST", "/storage/buckets", json={"bucketId": "pictures", "name": "Pictures"})
    dot = b"\x89PNG\r\n\x1a\n"
    call_api("POST", "/storage/buckets/pictures/files", data={"fileId": "dot"}, files={"file": ("dot.png", dot)})
    body = {**DRAFT, "scheduledAt": "9999-12-31T23:59:59+00:00", "image": "pictures:dot"}
    status, _, created = call_api("POST", "/messaging/messages/push", json=body)
    assert (status, created["data"]["image"]["fileId"]) == (201, "dot")


# -- all messages -----------------------------------------------------------------------------------------------------


def test_scheduled_message_is_sent_when_due(emulator, messaging, users, twilio):
    users.create("ada", phone="+4712345678")
    created = messaging.create_sms("first", "The door is open", users=["ada"], scheduled_at=later(1))
    assert (created.status.value, emulator.inbox.mails()) == ("scheduled", [])
    emulator.clock.advance(2 * 86400)
    assert [text["text"] for text in emulator.inbox.mails()] == ["The door is open"]
    assert messaging.get_message("first").status.value == "sent"


def test_delete_cancels_a_scheduled_message(emulator, messaging, smtp, alice, expect_error):
    messaging.create_email("first", "Hello", "Dear reader", users=["alice"], scheduled_at=later(1))
    messaging.delete("first")
    emulator.clock.advance(2 * 86400)
    assert emulator.inbox.mails() == []
    with expect_error("message_not_found", 404):
        messaging.get_message("first")


def test_scheduled_message_can_be_postponed_and_cancelled(emulator, messaging, smtp, alice):
    messaging.create_email("first", "Hello", "Dear reader", users=["alice"], scheduled_at=later(1))
    assert messaging.update_email("first", scheduled_at=later(5)).status.value == "scheduled"
    emulator.clock.advance(2 * 86400)
    assert emulator.inbox.mails() == []
    assert messaging.update_email("first", draft=True).status.value == "draft"
    emulator.clock.advance(9 * 86400)
    assert emulator.inbox.mails() == []


def test_draft_whose_scheduled_time_has_passed_cannot_be_changed(emulator, messaging, alice, expect_error):
    messaging.create_email("first", "Hi", "Dear reader", draft=True, scheduled_at=later(1))
    emulator.clock.advance(2 * 86400)
    with expect_error("message_already_scheduled", 400):
        messaging.update_email("first", content="Hello", draft=True)


def test_list_messages_and_get_message(messaging, smtp, alice):
    messaging.create_email("mail", "Hello world", "Dear reader", draft=True)
    messaging.create_sms("text", "Hi", draft=True)
    assert [each.id for each in messaging.list_messages([Query.equal("providerType", "sms")]).messages] == ["text"]
    assert [each.id for each in messaging.list_messages(search="world").messages] == ["mail"]
    assert messaging.get_message("mail").data["subject"] == "Hello world"


def test_list_targets(messaging, users, alice, bob):
    mine = email_target(users, alice)
    messaging.create_email("mail", "Hello", "Dear reader", users=["bob"], targets=[mine.id], draft=True)
    assert [target.identifier for target in messaging.list_targets("mail").targets] == ["alice@example.com"]


def test_messages_require_a_key(alice, guest, expect_error):
    for caller in (alice.client, guest):
        with expect_error("general_unauthorized_scope", 401):
            Messaging(caller).create_sms("first", "Hi", draft=True)
