"""URLs under /manage/, where admins manage posts."""

from django.urls import path

import core.ids  # noqa: F401 - registers <id:…>
from posts.views import bulk, managing, reviewing

app_name = "manage"
urlpatterns = [
    path("", managing.posts, name="posts"),
    path("bulk/", bulk.bulk, name="bulk"),
    path("featured/", managing.featured, name="featured"),
    path("featured/<id:post_id>/", managing.feature, name="feature"),
    path("featured/<id:post_id>/remove/", managing.unfeature, name="unfeature"),
    path("featured/<id:post_id>/move/", managing.move, name="move"),
    path("reviews/", reviewing.reviews, name="reviews"),
    path("reviews/<id:post_id>/", reviewing.send_back, name="send_back"),
    path("rows/<id:row_id>/delete/", managing.remove_orphan, name="remove_orphan"),
]
