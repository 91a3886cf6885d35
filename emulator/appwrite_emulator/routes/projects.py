"""Routes of the Projects service for console users, and legacy routes of the Project and Webhooks services.

The paths of the legacy routes contain a project ID.
"""

from dataclasses import replace

from appwrite_emulator.http.request_project import PROJECT_PART
from appwrite_emulator.http.route import Route
from appwrite_emulator.routes import project, webhooks
from appwrite_emulator.services import projects
from appwrite_emulator.services.project import email_templates, mock_numbers, oauth2

PROJECT = f"projects/<{PROJECT_PART}>"

_EARLIER = {
    "project": "",
    "project/labels": "labels",
    "project/auth-methods/<method_id>": "auth/<method_id>",
    "project/services/<service_id>": "service",
    "project/protocols/<protocol_id>": "api",
    "project/keys": "keys",
    "project/keys/ephemeral": "jwts",
    "project/keys/<key_id>": "keys/<key_id>",
    "project/platforms": "platforms",
    "project/platforms/<platform_id>": "platforms/<platform_id>",
    "project/smtp": "smtp",
    "project/smtp/tests": "smtp/tests",
    "project/templates/email/<template_id>": "templates/email/<template_id>/<locale>",
    "project/policies/membership-privacy": "auth/memberships-privacy",
    "project/policies/password-dictionary": "auth/password-dictionary",
    "project/policies/password-history": "auth/password-history",
    "project/policies/password-personal-data": "auth/personal-data",
    "project/policies/session-alert": "auth/session-alerts",
    "project/policies/session-duration": "auth/duration",
    "project/policies/session-invalidation": "auth/session-invalidation",
    "project/policies/session-limit": "auth/max-sessions",
    "project/policies/user-limit": "auth/limit",
    "webhooks": "webhooks",
    "webhooks/<webhook_id>": "webhooks/<webhook_id>",
    "webhooks/<webhook_id>/secret": "webhooks/<webhook_id>/signature",
}
"""Path of a route -> its older path, without the prefix `projects/ID/`."""

# fmt: off
ROUTES = (
    # `writes=True`: listing projects copies them to the console's database.
    Route("GET", "projects", projects.list_,
          operation="projects.list", scope="projects.read", model="ProjectList", writes=True),
    Route("POST", "projects", projects.create,
          operation="projects.create", scope="projects.write", model="Project"),
    Route("PATCH", PROJECT, projects.update,
          operation="projects.update", scope="projects.write", model="Project"),
    Route("PATCH", f"{PROJECT}/auth/mock-numbers", mock_numbers.update_mock_numbers,
          operation="projects.updateMockNumbers", scope="projects.write", model="Project"),
    Route("PATCH", f"{PROJECT}/oauth2", oauth2.update_provider,
          operation="projects.updateOAuth2", scope="projects.write", model="Project"),
    Route("GET", "console/variables", projects.variables,
          operation="console.variables", scope="projects.read", model="ConsoleVariables"),
    Route("GET", "console/templates/email/<template_id>", email_templates.get_default_email_template,
          operation="console.getEmailTemplate", model="EmailTemplate"),
    *(
        Route("PATCH", f"{PROJECT}/templates/email{rest}", email_templates.update_email_template,
              operation="project.updateEmailTemplate", scope="templates.write", model="EmailTemplate", deprecated=True)
        for rest in ("", "/<template_id>/<locale>")
    ),
    *(
        replace(route, path=f"{PROJECT}/{_EARLIER[route.path]}".rstrip("/"), deprecated=True)
        for route in (*project.ROUTES, *webhooks.ROUTES) if route.path in _EARLIER
    ),
)
