from django.urls import path

import biso_site.ids  # noqa: F401 - makes <id:…> known
from posts import views

app_name = "posts"
urlpatterns = [
    path("", views.home, name="home"),
    path("posts/", views.list_, name="list"),
    path("posts/new/", views.new, name="new"),
    path("posts/mine/", views.mine, name="mine"),
    path("posts/preview/", views.preview, name="preview"),
    path("posts/by/<id:user_id>/", views.by_author, name="by_author"),
    path("posts/<id:post_id>/", views.detail, name="detail"),
    path("posts/<id:post_id>/edit/", views.edit, name="edit"),
    path("posts/<id:post_id>/delete/", views.delete, name="delete"),
    path("posts/<id:post_id>/publish/", views.publish, name="publish"),
    path("posts/<id:post_id>/unpublish/", views.unpublish, name="unpublish"),
]
