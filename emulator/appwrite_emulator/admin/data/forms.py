"""Forms on the data pages. They call API operations, so that the API's rules apply, and need no JavaScript."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseRedirect, QueryDict

from appwrite_emulator import bootstrap
from appwrite_emulator.common.camel_case import camel
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.state import writing
from appwrite_emulator.http.request_log import Entry
from appwrite_emulator.http.route import Route
from appwrite_emulator.routes import runner
from appwrite_emulator.routes.table import ROUTES


@dataclass
class FormField:
    """A field of a form. `kind` is text, multiline, select, checkbox or file."""

    name: str
    label: str
    value: str = ""
    """The field's text; `on` for a checked checkbox."""
    kind: str = "text"
    help: str = ""
    options: Sequence[str] = ()


@dataclass
class Form:
    """A form and its action. `error` is set if the action failed."""

    name: str
    title: str
    button: str
    action: Callable[[QueryDict], str]
    """Function that processes the submitted values. It returns the URL to redirect to, or "" to stay on the page."""
    fields: list[FormField] = field(default_factory=list)
    help: str = ""
    is_danger: bool = False
    error: str = ""

    def keep(self, typed: QueryDict) -> None:
        """Show the submitted values in the fields."""
        for each in self.fields:
            each.value = typed.get(each.name, "")

    @property
    def has_file(self) -> bool:
        return any(each.kind == "file" for each in self.fields)


def submit(http: HttpRequest, *forms: Form) -> HttpResponseRedirect | None:
    """Perform the submitted form's action in one transaction. Return a redirect, or None if the page must be shown."""
    if http.method != "POST":
        return None
    form = next((each for each in forms if each.name == http.POST.get("form")), None)
    if form is None:
        raise BadRequest("Unknown action")
    form.keep(http.POST)
    try:
        with writing():
            url = form.action(http.POST)
    except AppwriteError as error:
        form.error = error.message
        return None
    return HttpResponseRedirect(url) if url else None


@cache
def _routes() -> dict[str, Route]:
    return {operation: route for route in ROUTES if not route.deprecated for operation in route.operations}


def call(http: HttpRequest, operation: str, **arguments: Any) -> Any:
    """Call an operation with the project's API key.

    Faults do not apply to the call, and the request log omits it. Return the response body.
    """
    route = _routes()[operation]
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("<")]
    url_parts = {name: arguments.pop(name) for name in names}
    payload = {camel(name): value for name, value in arguments.items()}
    request = HttpRequest()
    request.method = route.method
    request.META = {name: value for name, value in http.META.items() if name not in ("HTTP_COOKIE", "HTTP_ORIGIN")}
    identity = bootstrap.identity()
    request.META |= {"HTTP_X_APPWRITE_PROJECT": identity.project, "HTTP_X_APPWRITE_KEY": identity.key}
    api_call = runner.Call(request, route, url_parts, payload)
    request.path = f"/v1/{api_call.path}"
    return runner.handle(api_call, Entry(route.method, request.path, route.name, {})).body


def permissions_field(permissions: Sequence[str] = ()) -> FormField:
    """Return the field for permissions, one per line."""
    help_text = 'One per line, such as read("any") or update("user:ada")'
    return FormField("permissions", "Permissions", "\n".join(permissions), "multiline", help_text)


def id_field(label: str) -> FormField:
    return FormField("id", label, help="Leave empty to generate an ID")


def lines(text: str) -> list[str]:
    """Return the non-empty lines of a string."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def delete_form(what: str, action: Callable[[QueryDict], str], consequence: str = "") -> Form:
    return Form("delete", f"Delete {what}", f"Delete {what}", action, help=consequence, is_danger=True)
