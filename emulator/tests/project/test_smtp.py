"""The project's SMTP settings: validation, the connection check, and the sender of e-mails."""

import email
import email.policy
import socket
import socketserver
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from appwrite.enums.project_smtp_secure import ProjectSMTPSecure
from appwrite.exception import AppwriteException
from appwrite.services.account import Account
from appwrite.services.project import Project

from tests.conftest import INVALID, SERVER

HOST, PORT = "smtp.example.org", 587
OLDER = {**SERVER, "X-Appwrite-Response-Format": "1.9.1"}


@pytest.fixture
def project(server):
    return Project(server)


@pytest.fixture
def smtp_server():
    """Run an SMTP server on a free port of this machine. It accepts only the password `right`."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), SmtpHandler) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running.server_address[1]
        running.shutdown()
        thread.join()


class SmtpHandler(socketserver.StreamRequestHandler):
    RIGHT = b"AHVzZXIAcmlnaHQ="  # base64 of \0user\0right

    def handle(self):
        self.wfile.write(b"220 ready\r\n")
        for line in self.rfile:
            command = line[:4].upper()
            if command == b"EHLO":
                self.wfile.write(b"250-here\r\n250 AUTH PLAIN\r\n")
            elif command == b"AUTH":
                self.wfile.write(b"235 welcome\r\n" if self.RIGHT in line else b"535 wrong password\r\n")
            else:  # also for a TLS handshake, which this server does not support
                self.wfile.write(b"221 bye\r\n")
                return


def headers_of(emulator, mail, name):
    """Return the addresses in the header `name` of an e-mail's file, as (display name, address)."""
    [file] = Path(emulator.mails).glob(f"*-{mail['id']}.eml")
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    return [(each.display_name, each.addr_spec) for each in message[name].addresses]


def test_update_smtp_changes_the_given_settings_and_never_returns_the_password(project):
    changed = project.update_smtp(
        host=HOST,
        port=PORT,
        username="user",
        password="secret",
        sender_email="news@example.org",
        sender_name="News",
        reply_to_email="desk@example.org",
        reply_to_name="Desk",
        secure=ProjectSMTPSecure.TLS,
        enabled=False,
    )
    assert (changed.smtphost, changed.smtpport, changed.smtpusername, changed.smtppassword) == (HOST, PORT, "user", "")
    assert (changed.smtpsenderemail, changed.smtpsendername) == ("news@example.org", "News")
    assert (changed.smtpreplytoemail, changed.smtpreplytoname) == ("desk@example.org", "Desk")
    assert (changed.smtpsecure, changed.smtpenabled) == ("tls", False)
    changed = project.update_smtp(sender_name="Weekly", username="", reply_to_email="", enabled=False)
    assert (changed.smtpsendername, changed.smtpusername, changed.smtpreplytoemail) == ("Weekly", "", "")
    assert project.get() == changed


def test_settings_that_work_are_enabled_unless_the_request_disables_them(project):
    settings = {"host": HOST, "port": PORT, "sender_email": "news@example.org"}
    assert not project.update_smtp(**settings, enabled=False).smtpenabled
    assert project.update_smtp(**settings).smtpenabled
    assert project.update_smtp(sender_name="News").smtpenabled
    assert not project.update_smtp(enabled=False).smtpenabled


def test_enabled_settings_need_host_port_and_sender(project, expect_error):
    complete = {"host": HOST, "port": PORT, "sender_email": "news@example.org"}
    for missing in complete:
        settings = {name: value for name, value in complete.items() if name != missing}
        with expect_error("general_argument_invalid", 400):
            project.update_smtp(**settings, enabled=True)
    assert not project.get().smtpenabled


@pytest.mark.parametrize(
    "body",
    [
        {"host": ""},
        {"host": "https://smtp.example.org/"},
        {"port": "587"},
        {"senderEmail": "nobody"},
        {"replyToEmail": "nobody"},
        {"senderEmail": '"\\\n"@example.org'},
        {"replyToEmail": '"\\\r"@example.org'},
        {"secure": "starttls"},
        {"username": "x" * 257},
        {"password": "x" * 257},
        {"senderName": "x" * 257},
        {"enabled": "true"},
    ],
)
def test_invalid_setting_is_rejected(call_api, body):
    assert call_api("PATCH", "/project/smtp", json=body)[:2] == INVALID


def test_settings_that_do_not_work_are_stored_but_not_enabled(project, expect_error):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # without listening, so that connections are refused and no other program listens
        for host, port in (("smtp.invalid", 25), ("localhost", bound.getsockname()[1]), ("localhost", 99999)):
            stored = project.update_smtp(host=host, port=port, sender_email="news@example.org")
            assert (stored.smtphost, stored.smtpport, stored.smtpenabled) == (host, port, False)
            with expect_error("project_smtp_config_invalid", 400):
                project.update_smtp(sender_name="Unsaved", enabled=True)
            assert project.get().smtpsendername == ""


def test_smtp_server_on_this_machine_must_accept_the_credentials_and_the_encryption(project, smtp_server):
    settings = {"host": "localhost", "port": smtp_server, "sender_email": "news@example.org", "enabled": True}
    assert project.update_smtp(**settings).smtpenabled
    with pytest.raises(AppwriteException, match=r"SMTP Error: Could not authenticate\."):
        project.update_smtp(**settings, username="user", password="wrong")
    assert project.update_smtp(**settings, username="user", password="right").smtpenabled
    for secure in ProjectSMTPSecure:
        with pytest.raises(AppwriteException, match=r"SMTP Error: Could not connect to SMTP host\."):
            project.update_smtp(**settings, secure=secure)


def test_other_requests_do_not_wait_for_the_smtp_server(call_api):
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as pool:
        settings = {"host": "localhost", "port": listener.getsockname()[1], "senderEmail": "news@example.org"}
        update = pool.submit(call_api, "PATCH", "/project/smtp", json=settings)
        connection, _ = listener.accept()
        with connection:
            assert call_api("PUT", "/project/labels", json={"labels": ["meanwhile"]})[0] == 200
            connection.sendall(b"220 ready\r\n221 bye\r\n")
            status, _, changed = update.result()
    assert (status, changed["smtpEnabled"], changed["labels"]) == (200, True, ["meanwhile"])


def test_smtp_server_that_never_completes_its_response_is_given_up(call_api):
    """Each byte arrives in time, so a limit for each read would never be reached."""
    done = threading.Event()

    def send_slowly() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):  # the emulator has closed the connection
            while not done.wait(0.05):
                connection.sendall(b"2")

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as pool:
        pool.submit(send_slowly)
        settings = {"host": "localhost", "port": listener.getsockname()[1], "senderEmail": "news@example.org"}
        try:
            response = call_api("PATCH", "/project/smtp", json={**settings, "enabled": True})
        finally:
            done.set()
    assert response[:2] == (400, "project_smtp_config_invalid")


def test_create_smtp_test_sends_an_email_from_the_configured_sender(project, emulator, expect_error):
    with expect_error("general_argument_invalid", 400):
        project.create_smtp_test(["ada@example.com"])
    project.update_smtp(host=HOST, port=PORT, sender_email="news@example.org", sender_name="News")
    project.create_smtp_test(["ada@example.com", "bob@example.com"])
    for address in ("ada@example.com", "bob@example.com"):
        [mail] = emulator.inbox.mails(address)
        assert mail["subject"] == "Custom SMTP email sample"
        assert "working correctly" in mail["text"]
        assert "working correctly" in mail["html"]
        assert (
            headers_of(emulator, mail, "From")
            == headers_of(emulator, mail, "Reply-To")
            == [("News", "news@example.org")]
        )
    for emails in (["nobody"], [f"{n}@example.com" for n in range(11)]):
        with expect_error("general_argument_invalid", 400):
            project.create_smtp_test(emails)


def test_emails_have_the_configured_sender_and_reply_address_while_smtp_is_enabled(project, guest, emulator):
    project.update_smtp(
        host=HOST,
        port=PORT,
        sender_email="news@example.org",
        sender_name="News,\r\nweekly",
        reply_to_email="desk@example.org",
    )
    Account(guest).create_magic_url_token("ada", "ada@example.com")
    mail = emulator.inbox.newest("ada@example.com")
    assert headers_of(emulator, mail, "From") == [("News, weekly", "news@example.org")]
    assert headers_of(emulator, mail, "Reply-To") == [("News, weekly", "desk@example.org")]
    project.update_smtp(enabled=False)
    Account(guest).create_magic_url_token("bob", "bob@example.com")
    [(_, address)] = headers_of(emulator, emulator.inbox.newest("bob@example.com"), "From")
    assert address != "news@example.org"


def test_older_clients_send_and_receive_a_single_reply_address(call_api, emulator):
    body = {"host": HOST, "port": PORT, "senderEmail": "news@example.org", "replyTo": "desk@example.org"}
    for path in ("/project/smtp", "/projects/default/smtp"):
        changed = call_api("PATCH", path, OLDER, json=body)[2]
        assert changed["smtpReplyTo"] == "desk@example.org"
        assert changed.keys() & {"smtpReplyToEmail", "smtpReplyToName"} == set()
    assert call_api("GET", "/project")[2]["smtpReplyToEmail"] == "desk@example.org"
    test = {"emails": ["ada@example.com"], **body, "senderEmail": "own@example.org", "replyTo": "own-desk@example.org"}
    for path in ("/project/smtp/tests", "/projects/default/smtp/tests"):
        assert call_api("POST", path, OLDER, json=test)[0] == 204
        mail = emulator.inbox.newest("ada@example.com")
        assert headers_of(emulator, mail, "From")[0][1] == "own@example.org"
        assert headers_of(emulator, mail, "Reply-To")[0][1] == "own-desk@example.org"
