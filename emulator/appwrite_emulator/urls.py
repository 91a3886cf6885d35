"""URLs of the server: the API under /v1/, and the emulator's own pages under /_emulator/."""

from django.urls import path, re_path
from django.urls.resolvers import RoutePattern, URLResolver

from appwrite_emulator.admin import control
from appwrite_emulator.http import server_versions
from appwrite_emulator.routes.dispatcher import Dispatcher
from appwrite_emulator.routes.table import ROUTES
from appwrite_emulator.services import general

urlpatterns = [
    re_path(r"^v1(?:/|$)", Dispatcher(filter(server_versions.has, ROUTES))),
    path("versions", general.versions),
    path("robots.txt", general.robots),
    path("humans.txt", general.humans),
    path("invite", general.invite),
    path("_emulator/health", control.health),
    path("_emulator/reset", control.reset),
    path("_emulator/checkpoint", control.checkpoint),
    path("_emulator/clock", control.clock),
    # Unlike `include`, this imports the pages on the first request to one of them.
    URLResolver(RoutePattern("_emulator/"), "appwrite_emulator.admin.urls"),
    URLResolver(RoutePattern("console/auth/oauth2/"), "appwrite_emulator.admin.console_urls"),
]
handler404 = "appwrite_emulator.admin.not_found.not_found"
