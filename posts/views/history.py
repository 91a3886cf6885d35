"""A post's history: the list of saved versions, and one version next to the current text."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import sign_in_required
from accounts.request import Request
from core.appwrite_client import create_admin_client, create_session_client
from posts.access import editable
from posts.editing import diff
from posts.forms import PostForm
from posts.models import Post
from posts.repository import PostRepository
from posts.revisions import Revision, RevisionRepository, is_same_text


@dataclass(frozen=True)
class Entry:
    """A version in the list, with the numbers of words added and removed since the version before it."""

    revision: Revision
    is_current: bool
    added: int = 0
    removed: int = 0
    is_first: bool = False


@require_safe
@sign_in_required
def history(request: Request, post_id: str) -> HttpResponse:
    """List the saved versions of a post, newest first."""
    post = editable(request, PostRepository(create_session_client(request)), post_id)
    revisions = RevisionRepository(create_admin_client()).of(post)
    entries = _entries(post, revisions or [])
    context = {
        "post": post,
        "entries": entries,
        "is_off": revisions is None,
        "is_current_kept": any(entry.is_current for entry in entries),
    }
    return render(request, "posts/history.html", context)


@require_safe
@sign_in_required
def revision(request: Request, post_id: str, revision_id: str) -> HttpResponse:
    """Show a saved version next to the current text, with the differences marked."""
    post = editable(request, PostRepository(create_session_client(request)), post_id)
    version = RevisionRepository(create_admin_client()).get(post, revision_id)
    then, now = PostForm.for_post(version.post), PostForm.for_post(post)
    context = {
        "post": post,
        "revision": version,
        "parts": diff.compare(now.labels(), then.words(), now.words()),
        "is_current": is_same_text(version.post, post),
    }
    return render(request, "posts/revision.html", context)


@require_POST
@sign_in_required
def restore(request: Request, post_id: str, revision_id: str) -> HttpResponse:
    """Open a saved version in the form. Saving the form replaces the current text.

    First add the current text to the history, because it would otherwise be lost if it was only saved automatically. If
    the history cannot be written, do not open the form.
    """
    post = editable(request, PostRepository(create_session_client(request)), post_id)
    revisions = RevisionRepository(create_admin_client())
    version = revisions.get(post, revision_id)
    revisions.keep(post, request.user.id, request.user.name, before=post, restoring=version.id)
    return redirect(f"{reverse('posts:edit', args=[post.id])}?version={version.id}")


def _entries(post: Post, revisions: list[Revision]) -> list[Entry]:
    entries = []
    for version, older in pairwise([*revisions, None]):
        assert version is not None  # only the last item is None, because no version precedes the first
        is_current = is_same_text(version.post, post)
        if older is None:
            entries.append(Entry(version, is_current, is_first=True))
            continue
        words, words_before = _words(version.post), _words(older.post)
        added, removed = words - words_before, words_before - words
        entries.append(Entry(version, is_current, added.total(), removed.total()))
    return entries


def _words(post: Post) -> Counter[str]:
    return Counter(f"{post.title} {post.content}".split())
