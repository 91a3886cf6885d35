"""The scopes that routes require and callers have. Source: Appwrite's app/config/scopes and roles.php."""

_PROJECT_SCOPES = """
project.read project.write keys.read keys.write platforms.read platforms.write mocks.read mocks.write
policies.read policies.write project.policies.read project.policies.write templates.read templates.write
oauth2.read oauth2.write users.read users.write sessions.read sessions.write teams.read teams.write
databases.read databases.write tables.read tables.write columns.read columns.write indexes.read indexes.write
rows.read rows.write collections.read collections.write attributes.read attributes.write
documents.read documents.write buckets.read buckets.write files.read files.write tokens.read tokens.write
functions.read functions.write executions.read executions.write execution.read execution.write
sites.read sites.write log.read log.write providers.read providers.write topics.read topics.write
subscribers.read subscribers.write targets.read targets.write messages.read messages.write rules.read rules.write
webhooks.read webhooks.write locale.read avatars.read health.read assistant.read migrations.read migrations.write
schedules.read schedules.write vcs.read vcs.write insights.read insights.write reports.read reports.write
presences.read presences.write
"""
PROJECT_SCOPES = tuple(_PROJECT_SCOPES.split())
"""Scopes that an API key can be given."""
KEY_SCOPES = frozenset({"global", "graphql", "health.read"})
"""Scopes that every API key has."""
CONSOLE_SCOPES = frozenset({"projects.read", "projects.write"})
"""Additional scopes of console users, besides those of all users."""
ADMIN_SCOPES = frozenset(PROJECT_SCOPES) | CONSOLE_SCOPES
"""Scopes of console users in a project of their organization."""
GUEST_SCOPES = frozenset(
    {
        "global",
        "public",
        "graphql",
        "sessions.write",
        "documents.read",
        "documents.write",
        "rows.read",
        "rows.write",
        "files.read",
        "files.write",
        "locale.read",
        "avatars.read",
        "execution.write",
    }
)
USER_SCOPES = GUEST_SCOPES | {
    "account",
    "teams.read",
    "teams.write",
    "presences.read",
    "presences.write",
    "execution.read",
    "targets.write",
    "subscribers.read",
    "subscribers.write",
}
IMPERSONATOR_SCOPES = frozenset({"users.read"})
"""Additional scopes of impersonators: they can look up users, even during impersonation."""
