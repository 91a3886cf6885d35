"""URLs of the emulator's own pages, under /_emulator/."""

from django.urls import path

from appwrite_emulator.admin import (
    clock,
    coverage,
    faults,
    home,
    inbox,
    oauth2_provider,
    openapi,
    projects,
    requests,
    reset,
    transfer,
)
from appwrite_emulator.admin.data import buckets, databases, overview, records, teams, users
from appwrite_emulator.admin.static_files import static

urlpatterns = [
    path("", home.home, name="home"),
    path("projects", projects.as_json),
    path("projects/<project_id>", projects.delete),
    path("inbox.json", inbox.as_json),
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/state", inbox.state),
    path("inbox/<mail_id>/", inbox.mail),
    path("inbox/<mail_id>/html", inbox.html),
    path("clock/", clock.clock, name="clock"),
    path("coverage.json", coverage.as_json),
    path("coverage/", coverage.as_page, name="coverage"),
    path("openapi.json", openapi.as_json),
    path("requests.json", requests.as_json),
    path("requests/", requests.requests, name="requests"),
    path("faults.json", faults.as_json),
    path("faults/", faults.as_page, name="faults"),
    path("data/", overview.overview, name="data"),
    path("data/databases/<database_id>/", databases.database),
    path("data/databases/<database_id>/<table_id>/", databases.table),
    path("data/databases/<database_id>/<table_id>/rows/<row_id>/", databases.row),
    path("data/databases/<database_id>/<table_id>/rows/<row_id>/<key>", databases.value),
    path("data/users/", users.users),
    path("data/users/<user_id>/", users.user),
    path("data/teams/", teams.teams),
    path("data/teams/<team_id>/", teams.team),
    path("data/buckets/<bucket_id>/", buckets.bucket),
    path("data/buckets/<bucket_id>/<file_id>/", buckets.file),
    path("data/buckets/<bucket_id>/<file_id>/content", buckets.content),
    path("data/<name>/", records.records),
    path("data/<name>/<record_id>/", records.record),
    path("export", transfer.export),
    path("import", transfer.import_),
    path("transfer/", transfer.as_page, name="transfer"),
    path("checkpoints.json", reset.as_json),
    path("reset/", reset.as_page, name="reset"),
    path("oauth2/<provider>/authorize", oauth2_provider.authorize),
    path("static/<name>", static),
]
