"""All routes of the API, in the order of its documents. `admin.urls` has the emulator's own pages.

The modules of this package are not formatted automatically. The first line of a route has method, path and handler, the
next lines have what it declares.
"""

from appwrite_emulator.routes import (
    account,
    avatars,
    databases,
    functions,
    general,
    health,
    locale,
    messaging,
    presences,
    project,
    projects,
    proxy,
    sites,
    storage,
    tables_db,
    teams,
    tokens,
    users,
    webhooks,
)
from appwrite_emulator.routes.graphql import rows as graphql

ROUTES = (
    *account.ROUTES,
    *users.ROUTES,
    *avatars.ROUTES,
    *locale.ROUTES,
    *messaging.ROUTES,
    *presences.ROUTES,
    *health.ROUTES,
    *graphql.ROUTES,
    *functions.ROUTES,
    *project.ROUTES,
    *projects.ROUTES,
    *proxy.ROUTES,
    *sites.ROUTES,
    *tables_db.ROUTES,
    *databases.ROUTES,
    *teams.ROUTES,
    *storage.ROUTES,
    *tokens.ROUTES,
    *webhooks.ROUTES,
    *general.ROUTES,
)
