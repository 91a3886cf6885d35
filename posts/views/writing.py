"""Writing: the form and its acts. Each view reads down: guard, load, ask the policy, form, act, answer."""

import logging
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.decorators import View, sign_in_required
from accounts.request import Request, resolve_error
from core import errors, rate_limits
from core.appwrite_client import create_session_client
from core.formats import clock
from core.next_url import next_url
from posts import markdown, models, policy
from posts.access import editable, publisher, record
from posts.editing import diff, last_save, saving
from posts.editing.saving import EditConflictError, Submission
from posts.forms import PostForm, stamp
from posts.models import Post
from posts.repository import PostRepository

log = logging.getLogger(__name__)

NEW_POST = signing.Signer(salt="posts.new")

# What stops a form, as the sentence above it. The text itself is never lost.
STOPPED: dict[type[errors.SiteError], tuple[int, str | Promise]] = {
    errors.SignInRequired: (403, gettext_lazy("You were signed out. Your text is here.")),
    errors.Blocked: (403, gettext_lazy("Your account is blocked, so nothing was saved. Your text is here.")),
    errors.NotAllowed: (403, gettext_lazy("You may not save this. Your text is here.")),
    errors.NotFound: (
        404,
        gettext_lazy("This post is no longer there. Your text is here; you can save it as a new post."),
    ),
    errors.Conflict: (409, gettext_lazy("Someone else saved this post while you were writing. Your text is here.")),
    errors.Invalid: (400, gettext_lazy("The server refused this text. Your text is here.")),
    errors.Limited: (
        429,
        gettext_lazy("The server is busy, so nothing is saved yet. Your text is here; try again in a minute."),
    ),
    errors.Unavailable: (
        503,
        gettext_lazy("We can’t reach the server that holds the posts, so nothing is saved yet. Your text is here."),
    ),
    errors.Misconfigured: (503, gettext_lazy("We can’t save right now. Your text is here.")),
}
# For a write that may have been carried out. The next save finds out, because it recognises this form's text.
MAY_BE_SAVED = gettext_lazy(
    "Your text may have been saved; we got no answer. It is here, too: save it again in a minute. "
    "You won’t get a second post."
)


def keeps_text(view: View) -> View:
    """Whatever stops a POST is said above the form, which comes back as it was typed; a text that somebody else has
    changed meanwhile comes back beside theirs. A script is told in a sentence: it still has the text."""

    @wraps(view)
    def kept(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except errors.SiteError as error:
            if request.method != "POST":
                raise
            resolved = resolve_error(request, error)
            if request.is_blocked and isinstance(resolved, errors.SignInRequired):
                resolved = errors.Blocked()  # signing in again would not help, so say that
            status, sentence = STOPPED[errors.Conflict if isinstance(resolved, EditConflictError) else type(resolved)]
            if status == 503:
                log.error("%s %s: %s", request.method, request.path, error)
            if resolved.may_have_happened:
                sentence = MAY_BE_SAVED
            if _by_script(request):
                return errors.with_retry_after(_told(status, resolved.sentence or sentence, resolved), resolved)
            form = _sent_in_vain(request)
            if isinstance(resolved, EditConflictError):
                return _both_versions(request, form, resolved.post)
            if isinstance(resolved, errors.NotFound):
                form = form.as_new()
            response = _form_page(
                request,
                form,
                failure=resolved.sentence or sentence,
                signed_out=isinstance(resolved, errors.SignInRequired),
            )
            response.status_code = status
            return errors.with_retry_after(response, resolved)

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
    _count_if_autosave(request)
    form = _sent(request)
    if form.is_valid():
        post = saving.create(request, _submission(request, form, base=form.base))
        return _saved(request, post, published=_wants_to_publish(request))
    return _wrong(request, form)


def _empty_form(request: Request) -> HttpResponse:
    """The form with the id the post will have.

    The id is in the address, too: a browser that goes back may fetch the page anew, and a new id would make a second
    post of the same text. It is signed, for a link with another post's id would have that post written over. Once it
    is saved, the address leads to the post: another text in an empty form would be written over it.
    """
    try:
        post_id = NEW_POST.unsign(request.GET.get("post", ""))
    except signing.BadSignature:
        return redirect(f"{request.path}?{urlencode({'post': NEW_POST.sign(models.new_id())})}")
    if last_save.has_saved(request.user, post_id):
        return redirect("posts:edit", post_id)
    response = _form_page(request, PostForm.for_new(post_id))
    # Without `no-store`, so that the Back button restores the text. Signing out clears the browser's cache.
    patch_cache_control(response, private=True, no_cache=True)
    return response


@keeps_text
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def edit(request: Request, post_id: str) -> HttpResponse:
    """Change a post; a draft can be published with the same press of a button, and saves itself while one types."""
    _count_if_autosave(request)
    posts = PostRepository(create_session_client(request))
    post = editable(request, posts, post_id)
    if request.method != "POST":
        return _form_page(request, PostForm.for_post(post), post=post)
    form = _sent(request)
    if request.POST.get("act") == "merge":
        return _form_page(request, form.over(post), post=post, beside=post)
    if form.is_valid():
        post = saving.save(request, posts, post, _submission(request, form, base=form.base or post.version))
        return _saved(request, post, published=_wants_to_publish(request))
    return _wrong(request, form, post=post)


@keeps_text
@require_POST
@sign_in_required
def preview(request: Request) -> HttpResponse:
    """The form as it was, with its text beside it as readers will see it; for a script the latter alone. Asks Appwrite
    nothing."""
    form = _sent(request)
    if len(form.text) > markdown.LONG:
        rate_limits.LONG_PREVIEWS.require(request.user.id)
    html = markdown.render(form.text[: models.MAX_CONTENT])
    if _by_script(request):
        return render(request, "posts/preview.html", {"form": form, "html": html})
    return _form_page(request, form, html=html)


@require_POST
@sign_in_required
def publish(request: Request, post_id: str) -> HttpResponse:
    """Let everybody read it."""
    post = editable(request, PostRepository(create_session_client(request)), post_id)
    post = publisher(request, post).publish(post)
    record(request, "publish", post)
    return _saved(request, post, published=True)


@require_POST
@sign_in_required
def unpublish(request: Request, post_id: str) -> HttpResponse:
    """Make it a draft again."""
    post = editable(request, PostRepository(create_session_client(request)), post_id)
    post = publisher(request, post).unpublish(post)
    record(request, "unpublish", post)
    who = (
        _("Only you and admins see it.")
        if post.author_id == request.user.id
        else _("Only the author and admins see it.")
    )
    messages.success(request, _("The post is a draft again.") + " " + who)
    return _onwards(request, reverse("posts:detail", args=[post.id]))


# -- what these views share --------------------------------------------------------------------------------------------
def _onwards(request: Request, there: str) -> HttpResponse:
    """Back to the list the button stood in, if it says so; `there` otherwise."""
    return redirect(next_url(request) if request.POST.get("next") else there)


def _sent(request: Request) -> PostForm:
    """The form as it came. A picture with it waits from now on, whatever becomes of the rest: a browser does not send
    it again by itself. What saves itself is words, and leaves the cover as it is."""
    if _is_autosave(request):
        return PostForm({**request.POST.dict(), "kept_cover": "", "remove_cover": ""})
    if request.FILES:
        rate_limits.PICTURES.require(request.user.id)
    form = PostForm(request.POST, request.FILES)
    form.keep_cover()
    return form


def _sent_in_vain(request: Request) -> PostForm:
    """The same where something has stopped it. Nobody's picture is kept who has never been signed in here, and none
    beyond the limit; the form then says that it has to be chosen again."""
    who = request.appwrite_session or (request.session_ended and rate_limits.client_address(request))
    if request.FILES and (not who or rate_limits.PICTURES.take(who)):
        form = PostForm(request.POST)
        form.is_cover_lost = True
        return form
    form = PostForm(request.POST, request.FILES)
    form.keep_cover()
    return form


def _submission(request: Request, form: PostForm, *, base: datetime | None) -> Submission:
    return Submission(
        form.id,
        form.cleaned_data,
        form.key,
        base,
        is_publish=_wants_to_publish(request),
        is_autosave=_is_autosave(request),
    )


def _wants_to_publish(request: Request) -> bool:
    return request.POST.get("act") == "publish"


def _is_autosave(request: Request) -> bool:
    return request.POST.get("act") == "autosave"


def _count_if_autosave(request: Request) -> None:
    """Raises Limited where this person's windows save themselves more often than anybody types."""
    if _is_autosave(request):
        rate_limits.AUTOSAVES.require(request.user.id)


def _by_script(request: Request) -> bool:
    """Whether static/js/saving.js or preview.js asks, which go on with the page they are on."""
    return request.headers.get("X-Requested-With") == "fetch"


def _saved(request: Request, post: Post, *, published: bool) -> HttpResponse:
    """Say what happened, and go where one goes on: a draft is written on, a published post is read."""
    saved = _("Saved at %(time)s.") % {"time": clock(timezone.now())}
    done = _("Published. Everyone can read it now.") if published else saved
    if _by_script(request):
        return _saved_for_script(request, post, saved, done if published or post.is_published else "")
    messages.success(request, done)
    if published:
        return _onwards(request, reverse("posts:detail", args=[post.id]))
    return redirect("posts:detail" if post.is_published else "posts:edit", post.id)


def _saved_for_script(request: Request, post: Post, saved: str, done: str) -> JsonResponse:
    """What the page's script needs to go on with the same form; where something is `done` that is to be seen on the
    post's own page, the address to go to."""
    answer = {
        "said": saved,
        "action": reverse("posts:edit", args=[post.id]),
        "state": post.status,
        "version": stamp(post),
    }
    if done:
        answer["location"] = reverse("posts:detail", args=[post.id])
        messages.success(request, done)
    return JsonResponse(answer)


def _wrong(request: Request, form: PostForm, *, post: Post | None = None) -> HttpResponse:
    """The form with what has to be put right beside its fields; a script is told the first of it."""
    if _by_script(request):
        return _told(400, " ".join(str(sentence) for sentence in next(iter(form.errors.values()))))
    return _form_page(request, form, post=post)


def _told(status: int, sentence: str | Promise, error: errors.SiteError | None = None) -> JsonResponse:
    """Why nothing was saved; `way` is the button that sends the form as without a script, and so leads on."""
    way = ""
    if isinstance(error, EditConflictError):
        way = _("See both versions")
    elif isinstance(error, errors.NotFound):
        way = _("Save it as a new post")
    answer = {"said": str(sentence), "way": way, "signedOut": isinstance(error, errors.SignInRequired)}
    return JsonResponse(answer, status=status)


def _form_page(
    request: Request,
    form: PostForm,
    *,
    post: Post | None = None,
    html: str | None = None,
    beside: Post | None = None,
    failure: str | Promise | None = None,
    signed_out: bool = False,
) -> HttpResponse:
    """The page with the form: new.html for a post that has no row yet, edit.html for one that has. Another version to
    merge with stands `beside` it."""
    form.say_if_cover_is_lost()
    state = post.status if post else form.current_state
    post_id = post.id if post else form.id
    is_new = state == "new"
    context = {
        "form": form,
        "post": post,
        "state": state,
        "action": reverse("posts:new") if is_new else reverse("posts:edit", args=[post_id]),
        "post_id": post_id,
        "html": html,
        "beside": _compared(form, beside) if beside else None,
        "failure": failure,
        "signed_out": signed_out,
    }
    return render(request, "posts/new.html" if is_new else "posts/edit.html", context)


def _both_versions(request: Request, form: PostForm, post: Post) -> HttpResponse:
    """What was typed and what is stored, side by side, and the three ways on."""
    form = form.over(post)
    if form.is_cover_lost:
        messages.warning(request, _("We couldn’t keep the picture. Choose it again."))
    context = {
        "form": form,
        "post": post,
        "action": reverse("posts:edit", args=[post.id]),
        "parts": _compared(form, post),
        "save": last_save.last(post),
        "publish": _wants_to_publish(request),
    }
    return render(request, "posts/conflict.html", context, status=409)


def _compared(form: PostForm, post: Post) -> list[diff.Part]:
    labels = {bound.name: bound.label for bound in form.visible_fields()}
    return diff.compare(labels, form.words(), PostForm.for_post(post).words())
