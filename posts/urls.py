"""URLs for the home page, lists, posts and feeds, and for the account pages that need posts."""

from django.urls import path

import core.ids  # noqa: F401 - registers <id:…>
import posts.archive
import posts.topics  # noqa: F401 - registers <topic:…>
from posts.views import (
    archive,
    deleting,
    history,
    leaving,
    preview_links,
    profile,
    publishing,
    reading,
    reviewing,
    sending,
    syndication,
    writing,
)

app_name = "posts"
urlpatterns = [
    path("", reading.home, name="home"),
    path("posts/", reading.list_, name="list"),
    path("posts/new/", writing.new, name="new"),
    path("posts/mine/", reading.mine, name="mine"),
    path("posts/preview/", writing.preview, name="preview"),
    path("posts/shared/", preview_links.shared, name="shared"),
    path("posts/image/", writing.add_image, name="add_image"),
    path("posts/feed/", syndication.feed, name="feed"),
    path("posts/feed/rss/", syndication.feed_rss, name="feed_rss"),
    path("posts/topics/", reading.topics, name="topics"),
    path("posts/topics/<topic:topic>/", reading.topic, name="topic"),
    path("posts/topics/<topic:topic>/feed/", syndication.topic_feed, name="topic_feed"),
    path("posts/topics/<topic:topic>/feed/rss/", syndication.topic_feed_rss, name="topic_feed_rss"),
    path("posts/archive/", archive.archive, name="archive"),
    path("posts/archive/<year:year>/", archive.archive_year, name="archive_year"),
    path("posts/archive/<year:year>/<month:month>/", archive.archive_month, name="archive_month"),
    path("posts/by/<id:user_id>/", reading.by_author, name="by_author"),
    path("posts/by/<id:user_id>/feed/", syndication.feed_of_author, name="feed_of_author"),
    path("posts/<id:post_id>/", reading.detail, name="detail"),
    path("posts/<id:post_id>/edit/", writing.edit, name="edit"),
    path("posts/<id:post_id>/history/", history.history, name="history"),
    path("posts/<id:post_id>/history/<id:revision_id>/", history.revision, name="revision"),
    path("posts/<id:post_id>/history/<id:revision_id>/restore/", history.restore, name="restore"),
    path("posts/<id:post_id>/share/", preview_links.share, name="share"),
    path("posts/<id:post_id>/delete/", deleting.delete, name="delete"),
    path("posts/<id:post_id>/undo/", deleting.undo, name="undo"),
    path("posts/<id:post_id>/publish/", publishing.publish, name="publish"),
    path("posts/<id:post_id>/review/", reviewing.review, name="review"),
    path("posts/<id:post_id>/send/", sending.send, name="send"),
    path("posts/<id:post_id>/unpublish/", publishing.unpublish, name="unpublish"),
    path("posts/<id:post_id>/unschedule/", publishing.unschedule, name="unschedule"),
    # Account pages about a person's posts; the other account pages are in accounts/urls.py.
    path("auth/account/bio/", profile.bio, name="bio"),
    path("auth/account/export/", leaving.export, name="export"),
    path("auth/account/delete/", leaving.delete_account, name="delete_account"),
]
