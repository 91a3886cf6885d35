"""Custom templates for the e-mails that the server sends."""

import pytest
from appwrite.enums.project_email_template_id import ProjectEmailTemplateId as Kind
from appwrite.enums.project_email_template_locale import ProjectEmailTemplateLocale as Locale
from appwrite.query import Query
from appwrite.services.account import Account
from appwrite.services.project import Project
from appwrite.services.teams import Teams
from appwrite.services.users import Users

from tests.conftest import GUEST, INVALID, PASSWORD, SERVER
from tests.project.test_smtp import HOST, OLDER, PORT, headers_of

APP = "http://localhost/app"
VARIABLES = {
    Kind.MAGICSESSION: ("{{redirect}}",),
    Kind.OTPSESSION: ("{{otp}}", "{{agentClient}}"),
    Kind.MFACHALLENGE: ("{{otp}}", "{{agentClient}}"),
    Kind.RECOVERY: ("{{redirect}}", "{{user}}"),
    Kind.VERIFICATION: ("{{redirect}}", "{{user}}"),
    Kind.INVITATION: ("{{redirect}}", "{{team}}", "{{owner}}"),
    Kind.SESSIONALERT: ("{{device}}", "{{ipAddress}}"),
}
"""Kind of e-mail -> variables that the message of its default template contains, besides `{{project}}`."""


@pytest.fixture
def project(server):
    """Return the Project service of a project with SMTP settings."""
    project = Project(server)
    project.update_smtp(host=HOST, port=PORT, sender_email="news@example.org", sender_name="News")
    return project


@pytest.mark.parametrize("kind", VARIABLES)
def test_default_template_contains_the_variables_of_its_kind(server, kind):
    template = Project(server).get_email_template(kind)
    assert (template.templateid, template.locale, template.sendername) == (kind.value, "en", "")
    assert "{{project}}" in template.subject
    assert [name for name in ("{{project}}", *VARIABLES[kind]) if name not in template.message] == []


def test_default_template_is_translated(server, call_api):
    english = Project(server).get_email_template(Kind.RECOVERY)
    norwegian = Project(server).get_email_template(Kind.RECOVERY, Locale.NB)
    assert norwegian.locale == "nb"
    assert norwegian.subject != english.subject
    assert call_api("GET", "/project/templates/email/recovery", params={"locale": "NB"})[2]["locale"] == "NB"


def test_update_email_template_changes_the_given_fields(project, expect_error):
    for incomplete in ({"subject": "Hello"}, {"message": "Hello"}):
        with expect_error("general_argument_invalid", 400):
            project.update_email_template(Kind.RECOVERY, **incomplete)
    project.update_email_template(Kind.RECOVERY, subject="Hello", message="<p>Hi</p>", sender_email="it@example.org")
    changed = project.update_email_template(Kind.RECOVERY, sender_name="IT", sender_email="")
    assert (changed.subject, changed.message) == ("Hello", "<p>Hi</p>")
    assert (changed.sendername, changed.senderemail, changed.locale) == ("IT", "", "en")
    assert project.get_email_template(Kind.RECOVERY) == changed
    assert project.get_email_template(Kind.RECOVERY, Locale.NB).subject != "Hello"


def test_list_email_templates_contains_only_custom_templates(project, call_api):
    assert project.list_email_templates().total == 0
    for kind, locale in ((Kind.RECOVERY, Locale.EN), (Kind.RECOVERY, Locale.NB), (Kind.INVITATION, Locale.EN)):
        project.update_email_template(kind, locale, subject="Hello", message="Hi")
    project.update_email_template(Kind.RECOVERY, Locale.NB, subject="Hei")
    listed = project.list_email_templates([Query.offset(1), Query.limit(1)])
    assert (listed.total, [(each.locale, each.subject) for each in listed.templates]) == (3, [("nb", "Hei")])
    listed = call_api("GET", "/project/templates/email", params={"total": "0"})[2]
    assert (listed["total"], len(listed["templates"])) == (0, 3)


@pytest.mark.parametrize(
    "body",
    [
        {"templateId": "unknown"},
        {"locale": "unknown"},
        {"subject": ""},
        {"subject": "x" * 256},
        {"message": ""},
        {"senderName": "x" * 256},
        {"senderEmail": "nobody"},
        {"replyToEmail": "nobody"},
        {"replyToName": "x" * 256},
    ],
)
@pytest.mark.usefixtures("project")
def test_invalid_template_is_rejected(call_api, body):
    valid = {"templateId": "recovery", "subject": "Hello", "message": "Hi"}
    assert call_api("PATCH", "/project/templates/email", json=valid | body)[:2] == INVALID


def test_template_can_be_changed_only_while_smtp_is_enabled(project, expect_error):
    project.update_smtp(enabled=False)
    with expect_error("general_argument_invalid", 400):
        project.update_email_template(Kind.RECOVERY, subject="Hello", message="Hi")


@pytest.mark.parametrize("scope", ["templates.read", "templates.write", "project.write"])
def test_templates_and_smtp_require_their_scopes(call_api, scope):
    key = call_api("POST", "/project/keys", json={"keyId": "k", "name": "K", "scopes": [scope]})[2]["secret"]
    headers = {**SERVER, "X-Appwrite-Key": key}
    statuses = {
        "templates.read": call_api("GET", "/project/templates/email/recovery", headers)[0],
        "templates.write": call_api("PATCH", "/project/templates/email", headers, json={"templateId": "recovery"})[0],
        "project.write": call_api("PATCH", "/project/smtp", headers, json={})[0],
    }
    assert {name for name, status in statuses.items() if status != 401} == {scope}


def test_emails_use_the_custom_template_with_its_variables(project, guest, emulator):
    project.update_email_template(
        Kind.MAGICSESSION,
        subject="{{project}}:\n come in, {{stranger}}",
        message='<p>{{b}}{{project}}{{/b}} <a href="{{redirect}}">in</a> {{phrase}} {{agentClient}} {{stranger}}</p>',
        sender_name="Door",
        reply_to_email="desk@example.org",
    )
    token = Account(guest).create_magic_url_token("ada", "ada@example.com", url=APP, phrase=True)
    mail = emulator.inbox.newest("ada@example.com")
    assert mail["subject"] == "default: come in, {{stranger}}"
    [link] = mail["links"]
    assert f'<strong>default</strong> <a href="{link.replace("&", "&amp;")}">in</a> {token.phrase}' in mail["html"]
    assert f"default in {token.phrase} AppwritePythonSDK {{{{stranger}}}}" in mail["text"]
    assert headers_of(emulator, mail, "From") == [("Door", "news@example.org")]
    assert headers_of(emulator, mail, "Reply-To") == [("Door", "desk@example.org")]


def test_values_of_variables_are_escaped_in_html_and_not_in_subjects(project, server, make_user, emulator):
    message = "<style>p { color: red }</style><p>For {{user}}</p>"
    project.update_email_template(Kind.VERIFICATION, subject="For {{user}}", message=message)
    user = make_user("Tom")
    Users(server).update_name(user.id, "Tom & <b>Ada</b>")
    user.account.create_email_verification(APP)
    mail = emulator.inbox.newest(user.email)
    assert mail["subject"] == "For Tom & <b>Ada</b>"
    assert "<p>For Tom &amp; &lt;b&gt;Ada&lt;/b&gt;</p>" in mail["html"]
    assert mail["text"].strip() == "For Tom & <b>Ada</b>"


@pytest.mark.parametrize(
    ("locale", "expected"), [("nb", "Norwegian"), ("en", "English"), ("de", "English"), ("", "English")]
)
def test_language_without_a_custom_template_uses_the_english_one(project, call_api, emulator, locale, expected):
    project.update_email_template(Kind.OTPSESSION, subject="English", message="{{otp}}")
    project.update_email_template(Kind.OTPSESSION, Locale.NB, subject="Norwegian", message="{{otp}}")
    body = {"userId": "ada", "email": "ada@example.com"}
    assert call_api("POST", "/account/tokens/email", {**GUEST, "X-Appwrite-Locale": locale}, json=body)[0] == 201
    mail = emulator.inbox.newest("ada@example.com")
    assert (mail["subject"], mail["text"].strip()) == (expected, mail["code"])


def test_only_session_alerts_have_their_template_while_smtp_is_disabled(project, alice, guest, emulator):
    for kind in (Kind.SESSIONALERT, Kind.MAGICSESSION):
        project.update_email_template(kind, subject="Custom", message="{{user}} {{ipAddress}}", sender_name="Guard")
    project.update_smtp(enabled=False)
    project.update_session_alert_policy(True)
    Account(guest).create_email_password_session(alice.email, PASSWORD)
    alert = emulator.inbox.newest(alice.email)
    assert (alert["subject"], alert["text"].split()[0]) == ("Custom", "Alice")
    assert headers_of(emulator, alert, "From")[0][0] != "Guard"
    Account(guest).create_magic_url_token("unique()", alice.email)
    assert emulator.inbox.newest(alice.email)["subject"] != "Custom"


def test_invitation_has_the_variables_team_and_owner(project, alice, emulator):
    project.update_email_template(Kind.INVITATION, subject="{{owner}}: {{team}}", message="{{user}} {{redirect}}")
    Teams(alice.client).create("board", "Board")
    Teams(alice.client).create_membership("board", [], email="bob@example.com", url=APP, name="Bob")
    mail = emulator.inbox.newest("bob@example.com")
    assert (mail["subject"], mail["text"].strip()) == ("Alice: Board", f"Bob {mail['links'][0]}")


def test_settings_and_templates_survive_export_import_and_reset(project, emulator, call_api):
    project.update_email_template(Kind.RECOVERY, Locale.NB, subject="Hei", message="Hallo")
    project.update_smtp(username="user", password="not-exported")
    exported = emulator.control("GET", "export")
    assert exported["project"]["smtpSenderEmail"] == "news@example.org"
    assert "not-exported" not in str(exported)
    emulator.reset()
    assert (project.get().smtpenabled, project.list_email_templates().total) == (False, 0)
    emulator.control("POST", "import", {"mode": "replace"}, exported)
    assert (project.get().smtpenabled, project.get().smtpusername) == (True, "user")
    assert project.get_email_template(Kind.RECOVERY, Locale.NB).message == "Hallo"
    assert emulator.control("GET", "export") == exported


def test_older_clients_name_the_template_type_and_one_reply_address(project, call_api):
    body = {"subject": "Hello", "message": "Hi", "replyTo": "desk@example.org"}
    typed = {"type": "recovery", "locale": "en"}
    for path, sent in (
        ("/project/templates/email", body | typed),
        ("/projects/default/templates/email", body | typed),
        ("/projects/default/templates/email/recovery/en", body),
    ):
        changed = call_api("PATCH", path, OLDER, json=sent)[2]
        assert (changed["type"], changed["replyTo"]) == ("recovery", "desk@example.org")
        assert changed.keys() & {"templateId", "replyToEmail", "replyToName"} == set()
    for path in ("/project/templates/email/recovery", "/projects/default/templates/email/recovery/en"):
        assert call_api("GET", path, OLDER)[2] == changed
    assert project.get_email_template(Kind.RECOVERY).replytoemail == "desk@example.org"


def test_console_shows_the_default_even_if_there_is_a_custom_template(project, call_api):
    default = call_api("GET", "/console/templates/email/recovery", GUEST, params={"locale": "nb"})[2]
    project.update_email_template(Kind.RECOVERY, Locale.NB, subject="Hei", message="Hallo")
    assert call_api("GET", "/console/templates/email/recovery", GUEST, params={"locale": "nb"})[2] == default
    assert call_api("GET", "/console/templates/email/unknown", GUEST)[:2] == INVALID
