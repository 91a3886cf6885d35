"""All routes of the API, in the order of the API documents. The emulator's own pages are in `admin.urls`.

The modules of this package are not formatted automatically. A route's first line contains its method, path and handler.
The next lines contain its other declarations.
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
