"""BISO's campuses. A post belongs to at most one campus. People can subscribe to the posts of a campus."""

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
