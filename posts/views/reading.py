"""The home page, lists and posts for readers, and “My posts” for writers."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import override
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.http import require_safe

from accounts.decorators import sign_in_required
from accounts.request import Request, confirm_user, ensure_user
from core.appwrite_client import create_session_client
from core.next_url import absolute
from core.pagination import page_number
from core.public_pages import public_page
from posts import markdown, policy
from posts.access import readable
from posts.editing import undo_store
from posts.featured import ON_FRONT_PAGE
from posts.filters import Filters
from posts.models import CAMPUSES
from posts.public_posts import PublicPosts
from posts.repository import SECTIONS, PostRepository, section_of
from posts.suggestions import SuggestedPosts, Suggestions
from posts.syndication import sharing
from posts.topics import MAX_LISTED, all_topics


def _language_of_guest(request: HttpRequest) -> str:
    """Return the language chosen on this site, or the browser's first language that the site supports.

    Scandinavian languages count as Norwegian. If the site supports none of the browser's languages, return English. For
    every URL except `/`, return "", because the URL determines the language.
    """
    if request.path != "/":
        return ""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    if chosen in dict(settings.LANGUAGES):
        return str(chosen)
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    for code, _quality in accepted:
        language = code.partition("-")[0]
        if language in {"nb", "nn", "no", "da", "sv"}:
            return "nb"
        if language == "en":
            return "en"
    return "en" if accepted else settings.LANGUAGE_CODE


@public_page(language=_language_of_guest)
@require_safe
def home(request: Request) -> HttpResponse:
    """Show the featured posts in the admins' order, then the newest posts.

    Only the URL `/` redirects to the visitor's preferred language.
    """
    ensure_user(request)
    if _preferred_language(request) == "en":
        with override("en"):
            return HttpResponseRedirect(reverse("posts:home"))
    featured, newest = PublicPosts().front_page()
    featured = featured[:ON_FRONT_PAGE]
    lead = featured[0] if featured else None
    rest = list(dict.fromkeys([*featured[1:], *newest]))
    if lead in rest:
        rest.remove(lead)
    context = {
        "lead": lead,
        "cards": rest[:3],
        "more": rest[3:8],
        "featured": frozenset(post.id for post in featured),
        "campuses": CAMPUSES,
    }
    return render(request, "posts/home.html", context)


@public_page(*Filters.PARAMETERS, "page")
@require_safe
def list_(request: Request) -> HttpResponse:
    """List the published posts that match the filters, newest first."""
    filters = Filters.of(request.GET)
    number = page_number(request)
    if filters.is_topic:
        return redirect(filters.url + (f"?page={number}" if number > 1 else ""), permanent=True)
    if not filters.can_find:
        status = 400 if filters.is_too_long else 200
        return render(request, "posts/list.html", {"filters": filters}, status=status)
    return _listed(request, filters, number)


def _listed(request: Request, filters: Filters, number: int) -> HttpResponse:
    ensure_user(request)
    page = PublicPosts().published(number, filters)
    topics = frozenset(tag for post in page.items for tag in post.tags)
    status = 404 if filters.is_topic and not page.items else 200
    return render(request, "posts/list.html", {"page": page, "filters": filters, "topics": topics}, status=status)


@public_page()
@require_safe
def topics(request: Request) -> HttpResponse:
    """List all topics with the number of posts for each."""
    ensure_user(request)
    return render(request, "posts/topics.html", {"topics": all_topics(), "most": MAX_LISTED})


@public_page("page")
@require_safe
def topic(request: Request, topic: str) -> HttpResponse:
    """List the published posts with one topic, newest first. Return 404 if there are none."""
    return _listed(request, Filters(tag=topic), page_number(request))


@public_page("page")
@require_safe
def by_author(request: Request, user_id: str) -> HttpResponse:
    """List a person's published posts. Return 404 if the person has none."""
    ensure_user(request)
    page, bio = PublicPosts().author_page(user_id, page_number(request))
    context = {"page": page, "author_id": user_id, "author_name": page.items[0].author_name, "bio": bio}
    return render(request, "posts/by_author.html", context)


@public_page()
@require_safe
def detail(request: Request, post_id: str) -> HttpResponse:
    """Show a post. Appwrite ignores the case of ids, so other spellings of the id redirect to the canonical URL."""
    post = readable(request, post_id)  # read before `ensure_user`, which discards a session that has ended
    ensure_user(request)
    if post.id != post_id:
        return redirect("posts:detail", post.id, permanent=True)
    suggestions = SuggestedPosts().suggestions(post) if post.is_published else Suggestions()
    can_edit = policy.can_edit(request.user, post)
    context = {
        "post": post,
        "html": markdown.render(post.content, post_id=post.id),
        "can_edit": can_edit,
        "can_publish": policy.can_publish(request.user, post),
        "can_delete": can_edit,
        "needs_review": can_edit and policy.needs_review(request.user),
        "is_in_review": policy.is_in_review(post),
        "can_send": post.is_published and policy.can_send(request.user, post),
        "before": suggestions.before,
        "after": suggestions.after,
        "related": suggestions.related,
        "by_author": suggestions.by_author,
        "bio": suggestions.bio,
        "canonical": absolute(request, post.get_absolute_url()),
        "image": absolute(request, post.shared_cover.url) if post.shared_cover else "",
    }
    if post.is_published:  # drafts use the site's own picture
        context["share_image"] = absolute(request, sharing.image(post))
    return render(request, "posts/detail.html", context)


@require_safe
@sign_in_required
def mine(request: Request) -> HttpResponse:
    """List the signed-in user's drafts, scheduled posts, published posts, and deleted posts that can be restored."""
    page, totals = PostRepository(create_session_client(request)).mine(request.user, page_number(request))
    if not page.items:
        confirm_user(request)
    ids = {post.id for post in page.items}
    deleted = [post for post in undo_store.deleted_by(request.user) if post.id not in ids]
    sections = [(name, totals.get(name, 0), [p for p in page.items if section_of(p) == name]) for name in SECTIONS]
    needs_review = policy.needs_review(request.user)
    if needs_review:  # these people cannot schedule posts
        sections = [each for each in sections if each[0] != "scheduled" or each[1]]
    context = {
        "page": page,
        # only the first page shows an empty section
        "sections": [each for each in sections if each[2] or (page.number == 1 and not each[1])],
        "deleted": deleted,
        "can_undo": undo_store.is_available(),
        "needs_review": needs_review,
    }
    return render(request, "posts/mine.html", context)


def _preferred_language(request: Request) -> str:
    """Return the language for `/`: the account's language, unless a language was chosen in this browser.

    For guests, and for all pages except `/`, return the language that a guest would get.
    """
    is_chosen = bool(request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME))
    if request.path == "/" and not is_chosen and request.user.language in dict(settings.LANGUAGES):
        return request.user.language
    return _language_of_guest(request)
