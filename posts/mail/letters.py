"""The wording of e-mails about posts.

A letter is HTML. Appwrite creates the plain-text version by removing the tags, so each URL that readers need is also
visible as text.
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
    """Return the e-mail to a subscriber about a new post. `language` is the language of the text around the post."""
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
    """Return the context of mail/post.html, which is used for both an e-mail and its preview."""
    return {"post": post, "post_url": absolute(request, post.get_absolute_url())}


def notice(request: HttpRequest, act: str, posts: list[Post], *, who: User, language: str) -> Letter:
    """Return the e-mail that tells the author of `posts` what the admin `who` has done with them.

    `act` is the action. If there are several posts, the e-mail lists them, and `act` must be an action of
    `posts.editing.bulk`.
    """
    with override(language):
        with_urls = [(post, "" if act == "delete" else _url(request, post)) for post in posts]
        context = {
            **{"LANGUAGE_CODE": language, "act": act, "who": who.name or _("Someone")},
            "people": marks_of(posts[0].author_id, who.id),
        }
        if len(posts) > 1:
            subject = _subject_of_several(act) % {"count": len(posts)}
            return Letter(subject, _render("mail/notices.html", {**context, "posts": with_urls}))
        ((post, url),) = with_urls
        subject = _subject(act) % {"title": _title(post)}
        return Letter(subject, _render("mail/notice.html", {**context, "post": post, "post_url": url}))


def review(request: HttpRequest, post: Post, *, admin_id: str, who: User, language: str) -> Letter:
    """Return the e-mail to an admin about a draft whose author `who` asks for a review."""
    with override(language):
        context = {
            **{"LANGUAGE_CODE": language, "post": post, "who": who.name or _("Someone")},
            "people": marks_of(admin_id, who.id),
            "post_url": _url(request, post),
            "reviews_url": absolute(request, reverse("manage:reviews")),
        }
        subject = _("A draft is waiting for a review: %(title)s") % {"title": _title(post)}
        return Letter(subject, _render("mail/review.html", context))


def _url(request: HttpRequest, post: Post) -> str:
    """Return the post's URL in the e-mail's language."""
    return absolute(request, reverse("posts:detail", args=[post.id]))


def _title(post: Post) -> str:
    return shorten(post.title, 80)


def _subject_of_several(act: str) -> str:
    subjects = {
        "publish": _("%(count)s of your posts have been published"),
        "unpublish": _("%(count)s of your posts have been unpublished"),
        "delete": _("%(count)s of your posts have been deleted"),
    }
    return subjects[act]


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
    # Appwrite does not decode entities for the plain-text version, so do not escape apostrophes. This is safe, because
    # attributes in our templates have double quotes.
    return render_to_string(template, context).replace("&#x27;", "'")
