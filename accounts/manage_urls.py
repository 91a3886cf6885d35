"""URLs under /manage/: the people pages for admins."""

from django.urls import path

import core.ids  # noqa: F401 - registers <id:…>
from accounts.views import people

app_name = "people"
urlpatterns = [
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="invite"),  # first, because <id:user_id> also matches “invite”
    path("people/<id:user_id>/", people.person, name="person"),
    path("people/<id:user_id>/labels/", people.update_labels, name="update_labels"),
    path("people/<id:user_id>/block/", people.block, name="block"),
    path("people/<id:user_id>/unblock/", people.unblock, name="unblock"),
    path("people/<id:user_id>/end-sessions/", people.end_sessions, name="end_sessions"),
]
