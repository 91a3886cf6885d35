"""Reading and writing posts. Each view reads down: guard, load, ask the policy, form, act, answer."""

import logging
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import limits
from accounts.decorators import View, sign_in_required
from accounts.http import Request
from accounts.middleware import look_again, settle
from biso_site import errors
from biso_site.appwrite_client import create_admin_client, create_session_client
from biso_site.paging import page_number
from biso_site.templatetags.site import clock
from posts import markdown, models, policy
from posts.forms import PostForm
from posts.models import Post
from posts.repository import PostRepository

audit = logging.getLogger("audit")
NEW_POST = signing.Signer(salt="posts.new")


# -- reading ----------------------------------------------------------------------------------------------------------
@require_safe
def home(request: Request) -> HttpResponse:
    """The featured posts in the admins' order, then the newest. The bare address, and only it, asks which language."""
    if request.path == "/" and _preferred_language(request) == "en":
        with override("en"):
            return HttpResponseRedirect(reverse("posts:home"))
    posts = PostRepository(create_session_client(request))
    featured = posts.featured()
    lead = featured[0] if featured else None
    rest = list(dict.fromkeys([*featured[1:], *posts.newest(9)]))
    if lead in rest:
        rest.remove(lead)
    return render(request, "posts/home.html", {"lead": lead, "cards": rest[:3], "more": rest[3:8]})


@require_safe
def list_(request: Request) -> HttpResponse:
    """All that is published, newest first, ten a page."""
    page = PostRepository(create_session_client(request)).published(page_number(request))
    return render(request, "posts/list.html", {"page": page})


@require_safe
def by_author(request: Request, user_id: str) -> HttpResponse:
    """What one person has published. Whoever has published nothing has no page."""
    page = PostRepository(create_session_client(request)).published_by(user_id, page_number(request))
    if not page.items:
        raise errors.NotFound
    context = {"page": page, "author_id": user_id, "author_name": page.items[0].author_name}
    return render(request, "posts/by_author.html", context)


@require_safe
def detail(request: Request, post_id: str) -> HttpResponse:
    """One post. Appwrite ignores the case of ids; another spelling leads to the post's own address."""
    post = _readable(request, PostRepository(create_session_client(request)), post_id)
    if post.id != post_id:
        return redirect("posts:detail", post.id, permanent=True)
    can_edit = policy.can_edit(request.user, post)
    context = {"post": post, "html": markdown.render(post.content), "can_edit": can_edit, "can_delete": can_edit}
    return render(request, "posts/detail.html", context)


@require_safe
@sign_in_required
def mine(request: Request) -> HttpResponse:
    """What the person has written, drafts first."""
    page = PostRepository(create_session_client(request)).mine(request.user, page_number(request))
    if not page.items:
        look_again(request)
    return render(request, "posts/mine.html", {"page": page})


# -- writing ----------------------------------------------------------------------------------------------------------
# What stops a form, as the sentence above it. The text itself is never lost.
STOPPED: dict[type[errors.SiteError], tuple[int, str | Promise]] = {
    errors.SignInRequired: (403, gettext_lazy("You were signed out. Your text is here.")),
    errors.Blocked: (403, gettext_lazy("Your account is blocked, so nothing was saved. Your text is here.")),
    errors.NotAllowed: (403, gettext_lazy("You may not save this. Your text is here.")),
    errors.NotFound: (
        404,
        gettext_lazy("This post is no longer there. Your text is here; you can save it as a new post."),
    ),
    errors.Conflict: (409, gettext_lazy("Somebody saved this post while you wrote. Your text is here.")),
    errors.Invalid: (400, gettext_lazy("The store does not take this text as it is. Your text is here.")),
    errors.Limited: (429, gettext_lazy("The store asks us to wait. Your text is here; try again in a minute.")),
    errors.Unavailable: (503, gettext_lazy("The store does not answer, so nothing is saved yet. Your text is here.")),
    errors.Misconfigured: (503, gettext_lazy("The store does not let us in, so nothing is saved. Your text is here.")),
}


def keeps_text(view: View) -> View:
    """Whatever stops a POST is said above the form, which comes back as it was typed."""

    @wraps(view)
    def kept(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except errors.SiteError as error:
            if request.method != "POST":
                raise
            settled = settle(request, error)
            status, sentence = STOPPED[type(settled)]
            form = PostForm(request.POST)
            if isinstance(settled, errors.NotFound):
                form = form.as_new()
            response = _form_page(
                request, form, kept=settled.sentence or sentence, signed_out=isinstance(settled, errors.SignInRequired)
            )
            response.status_code = status
            return response

    return kept


@keeps_text
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def new(request: Request) -> HttpResponse:
    """Write a post: a draft, or published at once."""
    if not policy.can_write(request.user):
        raise errors.NotAllowed(sentence=_("Only members with the right to write can make a post."))
    if request.method != "POST":
        if not request.user.name:  # asked for once; the address never stands in for it
            return redirect(f"{reverse('accounts:name')}?{urlencode({'next': request.get_full_path()})}")
        return _empty_form(request)
    form = PostForm(request.POST)
    if form.is_valid():
        publish = _wants_to_publish(request)
        return _saved(request, _create(request, form, publish=publish), published=publish)
    return _form_page(request, form)


def _empty_form(request: Request) -> HttpResponse:
    """The form with the id the post will have.

    The id is in the address, too: a browser that goes back may fetch the page anew, and a new id would make a second
    post of the same text. It is signed, for a link with another post's id would have that post written over.
    """
    try:
        post_id = NEW_POST.unsign(request.GET.get("post", ""))
    except signing.BadSignature:
        return redirect(f"{request.path}?{urlencode({'post': NEW_POST.sign(models.new_id())})}")
    return _form_page(request, PostForm.for_new(post_id))


def _create(request: Request, form: PostForm, *, publish: bool) -> Post:
    posts = PostRepository(create_session_client(request))
    fields = form.cleaned_data
    try:
        return posts.create(form.id, request.user, fields, publish=publish)
    except errors.Conflict:
        # The id is taken: by this very form, sent a second time, or, once in a blue moon, by somebody else.
        try:
            post = posts.get(form.id)
        except errors.NotFound:
            post = None
        if post is None or post.author_id != request.user.id:
            return posts.create(models.new_id(), request.user, fields, publish=publish)
        return posts.publish(post, fields) if publish else posts.update(post, fields)


@keeps_text
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def edit(request: Request, post_id: str) -> HttpResponse:
    """Change a post; a draft can be published with the same press of a button."""
    posts = PostRepository(create_session_client(request))
    post = _editable(request, posts, post_id)
    form = PostForm(request.POST) if request.method == "POST" else PostForm.for_post(post)
    if form.is_valid():
        if _wants_to_publish(request):
            post = _publisher(request, post).publish(post, form.cleaned_data)
        else:
            post = posts.update(post, form.cleaned_data)
        _audit(request, "publish" if _wants_to_publish(request) else "edit", post)
        return _saved(request, post, published=_wants_to_publish(request))
    return _form_page(request, form, post=post)


@keeps_text
@require_POST
@sign_in_required
def preview(request: Request) -> HttpResponse:
    """The form as it was, with its text beside it as readers will see it. Asks Appwrite nothing."""
    form = PostForm(request.POST)
    if len(form.text) > markdown.LONG:
        limits.LONG_PREVIEWS.require(request.user.id)
    return _form_page(request, form, html=markdown.render(form.text[: models.CONTENT_MAX]))


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def delete(request: Request, post_id: str) -> HttpResponse:
    """Ask, then delete."""
    posts = PostRepository(create_session_client(request))
    post = _editable(request, posts, post_id)
    if request.method == "POST":
        posts.delete(post)
        _audit(request, "delete", post)
        messages.success(request, _("The post is deleted."))
        return redirect("posts:mine")
    return render(request, "posts/delete.html", {"post": post})


@require_POST
@sign_in_required
def publish(request: Request, post_id: str) -> HttpResponse:
    """Let everybody read it."""
    post = _editable(request, PostRepository(create_session_client(request)), post_id)
    post = _publisher(request, post).publish(post)
    _audit(request, "publish", post)
    return _saved(request, post, published=True)


@require_POST
@sign_in_required
def unpublish(request: Request, post_id: str) -> HttpResponse:
    """Make it a draft again."""
    post = _editable(request, PostRepository(create_session_client(request)), post_id)
    post = _publisher(request, post).unpublish(post)
    _audit(request, "unpublish", post)
    who = (
        _("Only you and admins see it.")
        if post.author_id == request.user.id
        else _("Only the author and admins see it.")
    )
    messages.success(request, _("The post is a draft again.") + " " + who)
    return redirect("posts:detail", post.id)


# -- what the views share ---------------------------------------------------------------------------------------------
def _readable(request: Request, posts: PostRepository, post_id: str) -> Post:
    """The post; NotFound where the policy does not let this person know that it is there."""
    post = posts.get(post_id)
    if not policy.can_read(request.user, post):
        raise errors.NotFound
    return post


def _editable(request: Request, posts: PostRepository, post_id: str) -> Post:
    """The post, for its author and admins; NotAllowed for others who may read it."""
    post = _readable(request, posts, post_id)
    if not policy.can_edit(request.user, post):
        raise errors.NotAllowed(sentence=_("Only the one who wrote this post can change it."))
    return post


def _publisher(request: Request, post: Post) -> PostRepository:
    """Where to publish and unpublish `post`.

    The list of permissions names the author, and Appwrite lets nobody grant a role they do not hold: an admin's act on
    somebody else's post runs with the API key, now that the policy has said yes.
    """
    mine = post.author_id == request.user.id
    return PostRepository(create_session_client(request) if mine else create_admin_client())


def _audit(request: Request, act: str, post: Post) -> None:
    """One line for what an admin has done with somebody else's post: who, what, whose."""
    if post.author_id != request.user.id:
        audit.info("user=%s act=%s post=%s author=%s", request.user.id, act, post.id, post.author_id)


def _wants_to_publish(request: Request) -> bool:
    return request.POST.get("act") == "publish"


def _saved(request: Request, post: Post, *, published: bool) -> HttpResponse:
    """Say what happened, and go where one goes on: a draft is written on, a published post is read."""
    if published:
        messages.success(request, _("Published. Everyone can read it now."))
        return redirect("posts:detail", post.id)
    messages.success(request, _("Saved at %(time)s.") % {"time": clock(timezone.now())})
    return redirect("posts:detail" if post.is_published else "posts:edit", post.id)


def _form_page(
    request: Request,
    form: PostForm,
    *,
    post: Post | None = None,
    html: str | None = None,
    kept: str | Promise | None = None,
    signed_out: bool = False,
) -> HttpResponse:
    """The page with the form: new.html for a post that has no row yet, edit.html for one that has."""
    state = post.status if post else form.current_state
    is_new = state == "new"
    context = {
        "form": form,
        "post": post,
        "state": state,
        "action": reverse("posts:new") if is_new else reverse("posts:edit", args=[form.id]),
        "post_id": form.id,
        "html": html,
        "kept": kept,
        "signed_out": signed_out,
    }
    return render(request, "posts/new.html" if is_new else "posts/edit.html", context)


def _preferred_language(request: Request) -> str:
    """The language chosen here before, or on the person's account page, else the first the browser asks for that we
    have. Scandinavians read Norwegian; whoever names languages but none of these reads English."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) or request.user.language
    if chosen in dict(settings.LANGUAGES):
        return str(chosen)
    asked = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    for code, _quality in asked:
        language = code.partition("-")[0]
        if language in {"nb", "nn", "no", "da", "sv"}:
            return "nb"
        if language == "en":
            return "en"
    return "en" if asked else settings.LANGUAGE_CODE
