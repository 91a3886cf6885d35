"""Publish, unpublish or delete the posts that an admin has selected in the list of all posts."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.decorators import admin_required, confirm_admin
from accounts.request import Request
from core import errors
from core.next_url import next_url
from posts.editing import bulk as action


@require_POST
@admin_required
def bulk(request: Request) -> HttpResponse:
    """Ask for confirmation, then act on the selected posts. List each post that was not changed, with the reason."""
    act, back = request.POST.get("act", ""), next_url(request, "manage:posts")
    if act not in action.ACTS:
        raise errors.NotFoundError(f"unknown action {act}")
    versions = action.read_versions(request.POST.getlist("posts"))
    if not versions:
        messages.warning(request, _("Select at least one post first."))
        return redirect(back)
    is_confirmed = "confirmed" in request.POST
    if is_confirmed:
        confirm_admin(request)
    selection = action.select(request, act, versions, with_texts=is_confirmed)
    context = {"act": act, "next": back, "selection": selection}
    if not is_confirmed:
        return render(request, "manage/bulk.html", context)
    outcome = action.perform(request, act, selection.possible)
    if outcome.done:
        messages.success(request, _result(act, len(outcome.done)))
    if not (outcome.failed or selection.skipped or selection.missing):
        return redirect("posts:mine" if act == "delete" else back)  # “My posts” has the buttons to undo
    return render(request, "manage/bulk_result.html", {**context, "outcome": outcome})


def _result(act: str, count: int) -> str:
    sentences = {
        "publish": ngettext("%(count)s post is published.", "%(count)s posts are published.", count),
        "unpublish": ngettext("%(count)s post is a draft again.", "%(count)s posts are drafts again.", count),
        "delete": ngettext("%(count)s post is deleted.", "%(count)s posts are deleted.", count),
    }
    return sentences[act] % {"count": count}
