"""Writing, previewing and publishing posts."""

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
from core.appwrite_client import create_admin_client, create_session_client
from core.client_address import client_address
from core.formats import clock, day_and_time, local_input, moment
from core.ids import is_id
from posts import markdown, models, policy
from posts.access import editable, may_publish_at_once
from posts.editing import diff, history, image_upload, last_save, review_requests, saving
from posts.editing.saving import EditConflictError, Submission
from posts.forms import SCHEDULE, ImageForm, PostForm
from posts.models import Plan, Post
from posts.repository import PostRepository
from posts.revisions import RevisionRepository

log = logging.getLogger(__name__)

MAX_TYPED_TIME = 40  # characters
NEW_POST = signing.Signer(salt="posts.new")

# Error class -> (HTTP status, sentence above the form, which still contains the text)
FAILURES: dict[type[errors.SiteError], tuple[int, str | Promise]] = {
    errors.SignInRequiredError: (403, gettext_lazy("You were signed out. Your text is still here.")),
    errors.BlockedError: (403, gettext_lazy("Your account is blocked, so nothing was saved. Your text is still here.")),
    errors.NotAllowedError: (403, gettext_lazy("You don’t have permission to save this. Your text is still here.")),
    errors.NotFoundError: (
        404,
        gettext_lazy("This post no longer exists. Your text is still here; you can save it as a new post."),
    ),
    errors.ConflictError: (
        409,
        gettext_lazy("Someone else saved this post while you were writing. Your text is still here."),
    ),
    errors.InvalidInputError: (400, gettext_lazy("The server rejected this text. Your text is still here.")),
    errors.RateLimitedError: (429, ""),  # the error itself contains a sentence
    errors.AppwriteRateLimitedError: (
        429,
        gettext_lazy("The server is busy, so nothing is saved yet. Your text is still here; try again in a minute."),
    ),
    errors.UnavailableError: (
        503,
        gettext_lazy(
            "We can’t reach the server that holds the posts, so nothing is saved yet. Your text is still here."
        ),
    ),
    errors.MisconfiguredError: (503, gettext_lazy("We can’t save right now. Your text is still here.")),
}
# Shown if the write may have succeeded despite an error. The next save recognises the text as this form's.
MAY_BE_SAVED = gettext_lazy(
    "Your text may have been saved, but the server didn’t respond. Your text is still here. "
    "Save it again in a minute: this won’t create a second post."
)


def _failure(error: errors.SiteError) -> tuple[int, str | Promise]:
    """Return the entry in FAILURES for the class of `error` or its nearest base class."""
    return next(FAILURES[kind] for kind in type(error).__mro__ if kind in FAILURES)


def keeps_text(view: View) -> View:
    """Decorate a view to show the form again, with the submitted text, if a POST request fails.

    After an edit conflict, show the stored version beside the form. A script gets only the error message, because its
    page still contains the text.
    """

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except errors.SiteError as error:
            if request.method != "POST":
                raise
            resolved = resolve_error(request, error)
            if request.is_blocked and isinstance(resolved, errors.SignInRequiredError):
                resolved = errors.BlockedError()  # a blocked person cannot sign in again
            status, sentence = _failure(resolved)
            if status == 503:
                log.error("%s %s: %s", request.method, request.path, error)
            sentence = resolved.sentence or (MAY_BE_SAVED if resolved.may_have_happened else sentence)
            if _by_script(request):
                return errors.with_retry_after(_failure_for_script(status, sentence, resolved), resolved)
            form = _read_stopped_form(request)
            if isinstance(resolved, EditConflictError):
                return _conflict_page(request, form, resolved.post)
            if isinstance(resolved, errors.NotFoundError):
                form = form.as_new()
            response = _form_page(
                request,
                form,
                failure=sentence,
                signed_out=isinstance(resolved, errors.SignInRequiredError),
            )
            response.status_code = status
            return errors.with_retry_after(response, resolved)

    return guarded


@keeps_text
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def new(request: Request) -> HttpResponse:
    """Show the form for a new post (GET), or save the post as a draft or publish it (POST)."""
    if request.method != "POST":
        if not request.user.name:  # posts show the author's name, and never the e-mail address
            return redirect(f"{reverse('accounts:name')}?{urlencode({'next': request.get_full_path()})}")
        return _empty_form(request)
    _count_if_autosave(request)
    form = _read_form(request)
    if _has_image(request):
        return _image_added(request, form)
    if form.is_valid():
        post = saving.create(request, _submission(request, form, base=form.base))
        if not _is_autosave(request):
            history.keep(request, post)
        if _asks_for_review(request):
            return _review_asked(request, post, form.key)
        return _saved(request, post, published=_wants_to_publish(request))
    return _invalid(request, form)


def _empty_form(request: Request) -> HttpResponse:
    """Show the empty form with the future post's id.

    The id is also in the URL. When a person goes back, the browser may fetch the page again. A new id would then turn
    the same text into a second post. The id is signed, so that no link can open a form that overwrites an existing
    post. After the post is saved, the URL redirects to the post's own form, because the empty form would overwrite the
    post.
    """
    try:
        post_id = NEW_POST.unsign(request.GET.get("post", ""))
    except signing.BadSignature:
        return redirect(f"{request.path}?{urlencode({'post': NEW_POST.sign(models.new_id())})}")
    if last_save.has_saved(request.user, post_id):
        return redirect("posts:edit", post_id)
    response = _form_page(request, PostForm.for_new(post_id))
    # `no-store` is omitted, so that the Back button restores the text. Signing out clears the browser's cache.
    patch_cache_control(response, private=True, no_cache=True)
    return response


@keeps_text
@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def edit(request: Request, post_id: str) -> HttpResponse:
    """Show the form for a post (GET), or save the post (POST). A script autosaves drafts while a person types."""
    _count_if_autosave(request)
    posts = PostRepository(create_session_client(request))
    post = editable(request, posts, post_id)
    if request.method != "POST":
        if is_id(version := request.GET.get("version", "")):
            return _restored_form(request, post, version)
        form = PostForm.for_post(post)
        if "publish_at" in request.GET:  # the form was saved with a time, but not with the button “Schedule”
            form.initial["publish_at"] = request.GET["publish_at"][:MAX_TYPED_TIME]
        return _form_page(request, form, post=post)
    form = _read_form(request)
    if _has_image(request):
        return _image_added(request, form)
    if request.POST.get("act") == "merge":
        return _form_page(request, form.over(post), post=post, beside=post)
    if form.is_valid():
        if request.POST.get("act") in ("publish", SCHEDULE) and not may_publish_at_once(request, post):
            return _ask_to_publish(request, form, post)
        saved = saving.save(request, posts, post, _submission(request, form, base=form.base or post.version))
        if not _is_autosave(request):
            history.keep(request, saved, before=post)
        post = saved
        if _asks_for_review(request):
            return _review_asked(request, post, form.key)
        return _saved(request, post, published=_wants_to_publish(request))
    return _invalid(request, form, post=post)


@keeps_text
@require_POST
@sign_in_required
def preview(request: Request) -> HttpResponse:
    """Show the form with a preview of its text; a script gets only the preview. Make no call to Appwrite."""
    form = _read_form(request)
    if len(form.text) > markdown.LONG:
        rate_limits.LONG_PREVIEWS.require(request.user.id)
    html = markdown.render(form.text[: models.MAX_CONTENT], post_id=form.id)
    if _by_script(request):
        return render(request, "posts/preview.html", {"post": form.shown(request.user), "html": html})
    return _form_page(request, form, html=html)


@keeps_text
@require_POST
@sign_in_required
def add_image(request: Request) -> HttpResponse:
    """Upload an image for the text, and show the form with the image after the text; a script gets its Markdown."""
    return _image_added(request, _read_form(request))


# -- the form ----------------------------------------------------------------------------------------------------------
def _read_form(request: Request) -> PostForm:
    """Return the submitted form.

    Store its picture even if the form is not valid, because a browser does not resend the file. For an autosave, ignore
    the form's cover fields.
    """
    if _has_image(request) or (request.FILES and not _is_autosave(request)):
        rate_limits.PICTURES.require(request.user.id)
    if _is_autosave(request):
        return PostForm({**request.POST.dict(), "pending_cover": "", "remove_cover": ""})
    form = PostForm(request.POST, request.FILES)
    form.keep_cover()
    return form


def _has_image(request: Request) -> bool:
    """Return whether the form contains an image file that the author has selected, but not yet added to the text."""
    return "image" in request.FILES


def _image_added(request: Request, form: PostForm) -> HttpResponse:
    """Upload the image. Show the form with the image after the text, or with the reason why it was not uploaded.

    The text is not saved. A script gets the image's Markdown, or the reason.
    """
    image_form = ImageForm(request.POST, request.FILES)
    markup = ""
    if image_form.is_valid():
        fields = image_form.cleaned_data
        try:
            markup = image_upload.upload(
                request, form.id, fields["image"], fields["image_alt"], fields["image_caption"]
            )
        except image_upload.ImageRefusedError as error:
            image_form.add_error("image", error.sentence)
    if _by_script(request):
        if markup:
            return JsonResponse({"markdown": markup})
        return _failure_for_script(400, " ".join(str(sentence) for sentence in next(iter(image_form.errors.values()))))
    if markup:
        messages.success(request, _("The image is at the end of the text. The text is not saved yet."))
    return _form_page(request, form.with_image(markup), image_form=None if markup else image_form)


def _read_stopped_form(request: Request) -> PostForm:
    """Rebuild the submitted form after the request failed with an error.

    Do not store the picture if the visitor has never signed in, or if the rate limit is exceeded. In these cases, the
    form asks the person to choose the picture again.
    """
    key = request.appwrite_session or (request.session_ended and client_address(request))
    if "cover" in request.FILES and (not key or rate_limits.PICTURES.take(key)):
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
        is_unpublish=request.POST.get("act") == "unpublish",
        plan=_plan(request, form),
    )


def _plan(request: Request, form: PostForm) -> Plan | None:
    """Return the change to the post's scheduled time, or None if the form does not change the time."""
    act = request.POST.get("act")
    if act == SCHEDULE:
        return Plan(form.cleaned_data["publish_at"])
    return Plan(None) if act == "unschedule" else None


def _wants_to_publish(request: Request) -> bool:
    return request.POST.get("act") == "publish"


def _asks_for_review(request: Request) -> bool:
    return request.POST.get("act") == "ask"


def _review_asked(request: Request, post: Post, form_key: str) -> HttpResponse:
    """Ask for a review of the draft that has just been saved, and redirect to its page."""
    post = review_requests.ask(request, post)
    last_save.remember(post, request.user, form_key)  # so that the same form can save again if it is still open
    messages.success(request, review_requests.asked())
    return redirect("posts:detail", post.id)


def _is_autosave(request: Request) -> bool:
    return request.POST.get("act") == "autosave"


def _count_if_autosave(request: Request) -> None:
    """Count an autosave. Raise RateLimitedError if autosaves are more frequent than typing can cause."""
    if _is_autosave(request):
        rate_limits.AUTOSAVES.require(request.user.id)


def _by_script(request: Request) -> bool:
    """Return whether saving.js or preview.js in static/js sent the request. Both scripts stay on their page."""
    return request.headers.get("X-Requested-With") == "fetch"


def _saved(request: Request, post: Post, *, published: bool) -> HttpResponse:
    """Redirect with a message: to the post if it is published, otherwise back to the draft's form."""
    saved = _("Saved at %(time)s.") % {"time": clock(timezone.now())}
    message = _message(request, post, published=published) or saved
    if _by_script(request):
        return _saved_for_script(request, post, saved, message if published or post.is_published else "")
    messages.success(request, message)
    if post.is_published:
        return redirect("posts:detail", post.id)
    return redirect(reverse("posts:edit", args=[post.id]) + _unused_time(request, post))


def _message(request: Request, post: Post, *, published: bool) -> str:
    """Return a message about the action besides saving the text, or "" if the request only saved the text."""
    if published:
        return _("Published. Everyone can read it now.")
    act = request.POST.get("act")
    if act == SCHEDULE and post.scheduled_at:
        return _("Scheduled. From %(when)s, everyone can read it.") % {"when": day_and_time(post.scheduled_at)}
    if act == "unschedule":
        return _("The post is no longer scheduled. It is still a draft.")
    return _("The post is a draft again.") if act == "unpublish" else ""


def _unused_time(request: Request, post: Post) -> str:
    """Return a query string with the time in the form, if the post was saved with a button other than “Schedule”.

    The next page shows this time again, and a message says that the post is not scheduled.
    """
    typed = request.POST.get("publish_at", "")[:MAX_TYPED_TIME]
    stored = local_input(post.scheduled_at) if post.scheduled_at else ""
    if request.POST.get("act") != "save" or not typed or typed == stored:
        return ""
    messages.warning(request, _("The time is not saved yet. To use it, press ‘Schedule’."))
    return "?" + urlencode({"publish_at": typed})


def _ask_to_publish(request: Request, form: PostForm, post: Post) -> HttpResponse:
    """Ask for confirmation before publishing or scheduling someone else's draft.

    The page contains the form, so that the text is not lost.
    """
    if _by_script(request):  # the script then lets the browser submit the form
        return _failure_for_script(409, _("First confirm that you want to publish someone else’s draft."))
    plan = _plan(request, form)
    context = {"post": post, "shown": form.shown(request.user), "form": form, "publish_at": plan and plan.at}
    return render(request, "posts/publish.html", context)


def _saved_for_script(request: Request, post: Post, saved: str, message: str) -> JsonResponse:
    """Return the data with which the script can continue in the same form.

    If there is a `message`, the post's own page shows it, so also return the URL of that page.
    """
    data = {
        "said": saved,
        "action": reverse("posts:edit", args=[post.id]),
        "state": post.status,
        "version": post.stamp,
    }
    if message:
        data["location"] = reverse("posts:detail", args=[post.id])
        messages.success(request, message)
    return JsonResponse(data)


def _invalid(request: Request, form: PostForm, *, post: Post | None = None) -> HttpResponse:
    """Show the form with its errors; a script gets the errors of the first field."""
    if _by_script(request):
        return _failure_for_script(400, " ".join(str(sentence) for sentence in next(iter(form.errors.values()))))
    return _form_page(request, form, post=post)


def _failure_for_script(status: int, sentence: str | Promise, error: errors.SiteError | None = None) -> JsonResponse:
    """Return a JSON response with the reason why nothing was saved.

    In the response, `way` is the label of a button with which the browser submits the form, or "" for no button.
    """
    way = ""
    if isinstance(error, EditConflictError):
        way = _("See both versions")
    elif isinstance(error, errors.NotFoundError):
        way = _("Save it as a new post")
    data = {"said": str(sentence), "way": way, "signedOut": isinstance(error, errors.SignInRequiredError)}
    return JsonResponse(data, status=status)


def _form_page(
    request: Request,
    form: PostForm,
    *,
    post: Post | None = None,
    html: str | None = None,
    beside: Post | None = None,
    failure: str | Promise | None = None,
    signed_out: bool = False,
    image_form: ImageForm | None = None,
) -> HttpResponse:
    """Show the form: new.html for a new post, edit.html for an existing post. Show the version `beside` next to it."""
    form.say_if_cover_is_lost()
    state = post.status if post else form.current_state
    post_id = post.id if post else form.id
    is_new = state == "new"
    needs_review = policy.needs_review(request.user) and (post is None or post.author_id == request.user.id)
    context = {
        "form": form,
        "post": post,
        "needs_review": needs_review,
        "can_schedule": state != "published" and not needs_review and (post is None or _can_schedule(post)),
        "is_in_review": post is not None and policy.is_in_review(post),
        "state": state,
        "action": reverse("posts:new") if is_new else reverse("posts:edit", args=[post_id]),
        "post_id": post_id,
        "html": html,
        "shown": form.shown(request.user) if html is not None else None,
        "beside": _compare(form, beside) if beside else None,
        "failure": failure,
        "signed_out": signed_out,
        "image_form": image_form or ImageForm(),
    }
    return render(request, "posts/new.html" if is_new else "posts/edit.html", context)


def _can_schedule(post: Post) -> bool:
    """Return whether the form offers to schedule the post.

    A draft that needs a review cannot be scheduled, because its author could still change the text.
    """
    return post.is_scheduled or not (policy.has_reviews() and post.is_restricted)


def _restored_form(request: Request, post: Post, version_id: str) -> HttpResponse:
    """Show the form with the text of an earlier version. The post changes only when the form is saved."""
    version = RevisionRepository(create_admin_client()).get(post, version_id)
    when = {"when": moment(version.saved_at)}
    messages.info(request, _("This is the version from %(when)s. It replaces the current text when you save.") % when)
    return _form_page(request, PostForm.restoring(version.post), post=post)


def _conflict_page(request: Request, form: PostForm, post: Post) -> HttpResponse:
    """Show the submitted version and the stored version side by side, with three choices."""
    form = form.over(post)
    if form.is_cover_lost:
        messages.warning(request, _("We couldn’t store the picture. Choose it again."))
    context = {
        "form": form,
        "post": post,
        "action": reverse("posts:edit", args=[post.id]),
        "parts": _compare(form, post),
        "save": last_save.last(post),
        "publish": _wants_to_publish(request),
        "schedule": request.POST.get("act") == SCHEDULE,
    }
    return render(request, "posts/conflict.html", context, status=409)


def _compare(form: PostForm, post: Post) -> list[diff.Part]:
    return diff.compare(form.labels(), form.words(), PostForm.for_post(post).words())
