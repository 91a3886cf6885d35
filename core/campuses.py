"""BISO's campuses. Posts belong to at most one; people can subscribe to the posts of one."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NATIONAL = "national"
CAMPUSES: dict[str, str | Promise] = {
    "oslo": "Oslo",
    "bergen": "Bergen",
    "trondheim": "Trondheim",
    "stavanger": "Stavanger",
    NATIONAL: _("National"),
}
