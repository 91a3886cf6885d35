"""The texts of e-mails about posts.

A letter is HTML. Appwrite makes the plain-text version from it by removing the tags, so each URL that readers need is
also visible as text.
"""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from accounts.repositories.messages import marks_of
from accounts.repositories.subscriptions import unsubscribe_token
from core.next_url import absolute
from core.text_fields import shorten
from posts.models import Post


class Letter(NamedTuple):
    subject: str
    html: str


def new_post(request: HttpRequest, post: Post, *, language: str, user_id: str, topic: str) -> Letter:
    """Return the letter about a new post for one subscriber. `language` is for the words around the post."""
    with override(language):
        unsubscribe = f"{reverse('accounts:unsubscribe')}?{urlencode({'t': unsubscribe_token(user_id, topic)})}"
        context = {
            **post_context(request, post),
            "LANGUAGE_CODE": language,
            "people": marks_of(user_id, post.author_id),
            "unsubscribe_url": absolute(request, unsubscribe),
            "account_url": absolute(request, reverse("accounts:account")),
        }
        return Letter(post.title, _render("mail/new_post.html", context))


def post_context(request: HttpRequest, post: Post) -> dict[str, Any]:
    """Return the context of mail/post.html, which a letter and its preview show."""
    return {"post": post, "post_url": absolute(request, post.get_absolute_url())}


def notice(request: HttpRequest, act: str, post: Post, *, who: User, language: str) -> Letter:
    """Return the letter to an author whose post the admin `who` has changed."""
    with override(language):
        path = "" if act == "delete" else reverse("posts:detail", args=[post.id])
        context = {
            **{"LANGUAGE_CODE": language, "act": act, "post": post, "who": who.name or _("Someone")},
            "people": marks_of(post.author_id, who.id),
            "post_url": absolute(request, path) if path else "",
        }
        subject = _subject(act) % {"title": shorten(post.title, 80)}
        return Letter(subject, _render("mail/notice.html", context))


def _subject(act: str) -> str:
    subjects = {
        "edit": _("Your post has been changed: %(title)s"),
        "publish": _("Your post has been published: %(title)s"),
        "unpublish": _("Your post has been unpublished: %(title)s"),
        "schedule": _("Your post has been scheduled: %(title)s"),
        "unschedule": _("Your post is no longer scheduled: %(title)s"),
        "delete": _("Your post has been deleted: %(title)s"),
        "send_back": _("Your draft has been sent back: %(title)s"),
        "undo": _("Your post has been restored: %(title)s"),
    }
    return subjects[act]


def _render(template: str, context: dict[str, Any]) -> str:
    # Appwrite does not decode entities in the plain-text version. An unescaped apostrophe is safe, because our
    # templates put attributes in double quotes.
    return render_to_string(template, context).replace("&#x27;", "'")
