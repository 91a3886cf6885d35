"""The demo content with every value at its maximum length, made of words that cannot be broken."""

from dataclasses import replace

from appwrite.query import Query

from accounts.models import MAX_NAME
from accounts.repositories.address_proof import BY_MAIL, PROOF, proof_label
from core.appwrite_client import create_admin_client
from posts import models
from posts.filters import MAX_SEARCH
from posts.topics import recount
from tests.pages import LAST_ADMIN, OLGA, PAGES, PUBLISHED, TYPED, PageState

MAX_EMAIL = 254  # characters; RFC 5321, without the angle brackets


def word(length: int) -> str:
    """Return a single word of `length` characters."""
    return ("Mosjonsgruppemedlemskapsavgift" * (length // 30 + 1))[:length]


def address(name: str) -> str:
    """Return an e-mail address of the maximum length that begins with `name`."""
    local = f"{name}{'m' * 64}"[:64]
    labels = ".".join(["w" * 60] * 3)
    return f"{local}@{labels}.no"[:MAX_EMAIL]


TITLE = word(models.MAX_TITLE)
TOPICS = [models.topic(f"{n}{word(models.MAX_TAG - 1)}") for n in range(models.MAX_TAGS)]
CONTENT = "\n\n".join(
    [
        word(400),
        f"## {word(150)}",
        f"- {word(150)}\n  - > {word(150)}",
        f"`{word(150)}`",
        f"```\n{word(150)}\n```",
        f"https://example.com/{word(150)}",
        f"| {word(40)} | {word(40)} |\n|-|-|\n| {word(40)} | {word(40)} |",
    ]
)
FORM = {"title": TITLE, "content": CONTENT, "excerpt": word(models.MAX_EXCERPT), "tags": ", ".join(TOPICS)}


def lengthen() -> None:
    """Lengthen every name, address, post and topic in Appwrite to the maximum length. All addresses stay confirmed."""
    client = create_admin_client()
    names = {}
    for user in client.users.list().users:
        names[user.id] = f"{user.name.split()[0]}{word(MAX_NAME)}"[:MAX_NAME]
        client.users.update_name(user.id, names[user.id])
        client.users.update_email(user.id, address(user.id))
        roles = [label for label in user.labels if not PROOF.fullmatch(label)]
        client.users.update_labels(user.id, [*roles, proof_label(BY_MAIL, address(user.id))])
    for row in client.db.list_rows("app", "posts", [Query.limit(100)]).rows:
        data = {
            "title": TITLE,
            "excerpt": word(models.MAX_EXCERPT),
            "content": f"{row.data['content']}\n\n{CONTENT}",
            "tags": TOPICS,
            "authorName": names.get(row.data["authorId"], word(MAX_NAME)),
            "campus": "trondheim",
        }
        client.db.update_row("app", "posts", row.id, data)
    recount(client)


def _lengthened(page: PageState) -> PageState:
    """Return a copy of the page state whose form contains values of the maximum length."""
    form = page.form and {name: FORM.get(name, value) if value else value for name, value in page.form.items()}
    if page.form == LAST_ADMIN:
        form = {**LAST_ADMIN, "email": address("ingridmoen")}  # the form accepts only the person's own address
    return replace(page, form=form)


TOO_LONG = {"title": f"{TITLE}x", "tags": word(300), "excerpt": word(900)}
PAGES_WITH_LONG_TEXTS = [
    *map(_lengthened, PAGES),
    PageState("new, everything too long", "/posts/new/", "Ada", {**TYPED, **TOO_LONG}),
    PageState("list, the longest search", f"/posts/?q={word(MAX_SEARCH)}&campus=trondheim&language=en"),
    PageState("manage, the longest search", f"/manage/?q={word(MAX_SEARCH)}", "Ingrid"),
    PageState("people, the longest search", f"/manage/people/?q={word(250)}", "Ingrid"),
    PageState("detail, an admin's", PUBLISHED, "Ingrid"),
    PageState("login, a long wrong address", "/auth/login/", form={"email": word(320)}),
    PageState("sent, a long address", "/auth/login/", form={"email": address("olga")}),
    PageState("code, a long address", "/auth/login/", form={"email": address("olga"), "act": "code"}),
    PageState("name, too long", "/auth/account/name/", "Ada", {"name": word(300)}),
    PageState("delete_account, a long wrong address", "/auth/account/delete/", "Ada", {"email": f"{OLGA}{word(200)}"}),
    PageState("csrf failure, long", "/posts/new/", "Ada", {**TYPED, **FORM, "csrfmiddlewaretoken": "none"}, status=403),
    PageState("404, a long path", f"/{word(200)}/", "Ingrid", status=404),
]
