"""The whole API: one line per endpoint; then the emulator's own pages."""

from django.urls import path, re_path

from appwrite_emulator.pages import control
from appwrite_emulator.routing import Road, Route
from appwrite_emulator.services import account

ROUTES = [
    # account
    Route("GET", "account", account.get, scope="account"),
]

urlpatterns = [
    re_path(r"^v1/(?P<path>.*)$", Road(ROUTES)),
    path("_emulator/health", control.health),
    path("_emulator/reset", control.reset),
    path("_emulator/checkpoint", control.checkpoint),
    path("_emulator/clock", control.clock),
]
