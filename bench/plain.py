"""Baselines for comparison with the site: gunicorn without Django, and a minimal Django site with the same posts.

    gunicorn bench.plain

/bare returns 12 kB without Django. /sdk/ reads the posts on every request through Appwrite's SDK, as the SDK's
documentation shows. /memory/ reads the posts from a list, so that only Django's own work is measured. /sdk/ and
/memory/ each have a list of ten posts and a page for one post, rendered with small templates. These pages have only one
language, and no filters, covers, sign-in, Markdown, compression or Content-Security-Policy, so they need much less work
than the site's pages.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from appwrite.client import Client
from appwrite.models.row import Row
from appwrite.query import Query
from appwrite.services.tables_db import TablesDB
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

BARE = b"<!doctype html><title>Bare</title>" + b"<p>Twelve kilobytes.</p>" * 500
TEMPLATES = {
    "base.html": """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>{% block title %}Posts{% endblock %}</title>
  <meta name="viewport" content="width=device-width">
  <link rel="stylesheet" href="/static/site.css">
</head>
<body>
<header><a href="/">Home</a> <nav><a href="{% url list %}">Posts</a> <a href="/login/">Sign in</a></nav></header>
<main>{% block main %}{% endblock %}</main>
<footer><p>BISO is the student organisation at BI Norwegian Business School.</p></footer>
</body>
</html>
""",
    "list.html": """{% extends "base.html" %}
{% block main %}
<h1>Posts</h1>
<p>{{ total }} post{{ total|pluralize }}</p>
<ul>
  {% for post in posts %}
  <li>
    <time datetime="{{ post.published_at|date:'c' }}">{{ post.published_at|date:"j M Y" }}</time>
    <h2><a href="{% url detail post.id %}">{{ post.title }}</a></h2>
    <p>{{ post.excerpt }}</p>
    <p>{{ post.author_name }}, {{ post.campus }}{% for tag in post.tags %}, {{ tag }}{% endfor %}</p>
  </li>
  {% endfor %}
</ul>
{% endblock %}
""",
    "detail.html": """{% extends "base.html" %}
{% block title %}{{ post.title }}{% endblock %}
{% block main %}
<article lang="{{ post.language }}">
  <h1>{{ post.title }}</h1>
  <p>{{ post.excerpt }}</p>
  <p>{{ post.author_name }}</p>
  <p><time datetime="{{ post.published_at|date:'c' }}">{{ post.published_at|date:"j F Y" }}</time></p>
  {{ post.content|linebreaks }}
</article>
{% endblock %}
""",
}


@dataclass(frozen=True)
class Post:
    id: str
    title: str
    content: str
    excerpt: str
    author_name: str
    campus: str
    language: str
    tags: list[str]
    published_at: datetime

    @classmethod
    def of(cls, row: Row[dict[str, Any]]) -> "Post":
        data = row.data
        return cls(
            id=row.id,
            title=data["title"],
            content=data["content"],
            excerpt=data["excerpt"] or "",
            author_name=data["authorName"] or "",
            campus=data["campus"] or "",
            language=data["language"],
            tags=data["tags"] or [],
            published_at=datetime.fromisoformat(data["publishedAt"]),
        )


def _db() -> TablesDB:
    client = Client().set_endpoint(os.environ["APPWRITE_ENDPOINT"]).set_project(os.environ["APPWRITE_PROJECT"])
    return TablesDB(client)


def _rows(limit: int) -> tuple[list[Post], int]:
    queries = [Query.equal("status", ["published"]), Query.order_desc("publishedAt"), Query.limit(limit)]
    answer = _db().list_rows("app", "posts", queries)
    return [Post.of(row) for row in answer.rows], int(answer.total)


def sdk_list(request: HttpRequest) -> HttpResponse:
    posts, total = _rows(10)
    return render(request, "list.html", {"posts": posts, "total": total, "list": "sdk_list", "detail": "sdk_post"})


def sdk_post(request: HttpRequest, post_id: str) -> HttpResponse:
    post = Post.of(_db().get_row("app", "posts", post_id))
    return render(request, "detail.html", {"post": post, "list": "sdk_list"})


def memory_list(request: HttpRequest) -> HttpResponse:
    context = {"posts": POSTS[:10], "total": len(POSTS), "list": "memory_list", "detail": "memory_post"}
    return render(request, "list.html", context)


def memory_post(request: HttpRequest, post_id: str) -> HttpResponse:
    post = next(post for post in POSTS if post.id == post_id)
    return render(request, "detail.html", {"post": post, "list": "memory_list"})


urlpatterns = [
    path("sdk/posts/", sdk_list, name="sdk_list"),
    path("sdk/posts/<str:post_id>/", sdk_post, name="sdk_post"),
    path("memory/posts/", memory_list, name="memory_list"),
    path("memory/posts/<str:post_id>/", memory_post, name="memory_post"),
]

settings.configure(
    DEBUG=False,
    SECRET_KEY="only-for-the-benchmark",  # noqa: S106 - signs nothing
    ALLOWED_HOSTS=["localhost", "127.0.0.1"],
    ROOT_URLCONF="bench.plain",
    USE_TZ=True,
    TIME_ZONE="Europe/Oslo",
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [
                    ("django.template.loaders.cached.Loader", [("django.template.loaders.locmem.Loader", TEMPLATES)])
                ],
                "context_processors": ["django.template.context_processors.request"],
            },
        }
    ],
)
_django = get_wsgi_application()
POSTS = _rows(100)[0]


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/bare":
        start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(BARE)))])
        return [BARE]
    return _django(environ, start_response)
