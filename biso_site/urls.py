"""All URLs.

English pages start with /en/, and Norwegian pages have no prefix. URLs that do not depend on the language, such as
/metrics and pictures, have no prefix either.
"""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from biso_site import health, views
from posts.views import covers, preview_links, syndication, webhook

handler404 = "biso_site.views.not_found"

urlpatterns = [
    path("language/", views.language, name="language"),
    path("api/auth/check", health.auth_check, name="auth_check"),
    path("api/health", health.health, name="health"),
    path("api/revalidate", webhook.revalidate, name="revalidate"),
    path("healthz", health.health, name="healthz"),
    path("metrics", health.metrics, name="metrics"),
    path("readyz", health.readyz, name="readyz"),
    path("sitemap.xml", syndication.sitemap, name="sitemap"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("robots.txt", syndication.robots, name="robots"),
    path("posts/<id:post_id>/share.jpg", syndication.share_image, name="share_image"),
    path("posts/cover/pending/<str:key>/", covers.pending_cover, name="pending_cover"),
    path("posts/cover/<id:file_id>/<int:width>/", covers.cover, name="cover"),  # the same in every language
    path("posts/cover/<id:file_id>/<int:width>/<gravity:gravity>/", covers.cover, name="cover"),
    path("posts/shared/cover/<id:file_id>/<int:width>/", preview_links.draft_cover, name="draft_cover"),
    path("posts/shared/image/<id:file_id>/<int:width>/", preview_links.draft_image, name="draft_image"),
    path("posts/cover/<id:file_id>/share.jpg", covers.shared_cover, name="cover"),  # for link previews
    path("posts/cover/<id:file_id>/<gravity:gravity>/share.jpg", covers.shared_cover, name="cover"),
    path("posts/image/<id:file_id>/", covers.image, name="image"),
    path("posts/image/<id:file_id>/<int:width>/", covers.image, name="image"),
    *i18n_patterns(
        path("", include("posts.urls")),  # tried first, because most requests are for posts
        path("auth/", include("accounts.urls")),
        path("manage/", include("posts.manage_urls")),
        path("manage/", include("accounts.manage_urls")),
        path("", include("biso_site.site_urls")),
        prefix_default_language=False,
    ),
]
