"""Declare the parameters of endpoints, and validate them before the handler runs.

    @accepts(user_id=NewId(required=True), email=Email(required=True), phrase=Boolean(strict=True, default=False))
    def create_email_token(request, *, user_id, email, phrase): ...

Names are snake_case in Python and camelCase on the wire (`user_id`, `userId`). If a parameter is missing or null, its
default is used. Other modules can read the declarations: `handler.params` maps names to Param objects.
"""

import datetime
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from appwrite_emulator.auth import policies
from appwrite_emulator.common import clock, email_addresses, ids, permissions, php_json
from appwrite_emulator.common.camel_case import camel
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.php_values import to_number
from appwrite_emulator.db import php_dates
from appwrite_emulator.db.models import Project

Handler = TypeVar("Handler", bound=Callable[..., Any])


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING = _Missing()
"""Default for parameters whose handler must distinguish null from a missing value."""


class ParameterError(ValueError):
    """A parameter has an invalid value. Without a message, the parameter's `description` says what is allowed."""


class MissingParameterError(ParameterError):
    """A required parameter is missing."""


class Param:
    """One declared parameter.

    `clean` validates and converts a value that is not null; `check` applies the project's rules.
    """

    description = "Value is invalid."
    """What is allowed, in the words of Appwrite's validator. Error messages contain it."""

    def __init__(self, *, required: bool = False, default: Any = None, nullable: bool = False, wire: str = "") -> None:
        self.required, self.default, self.nullable = required, default, nullable
        self.wire = wire
        """Name on the wire, if it differs from the camelCase form of the Python name."""

    def read(self, payload: Mapping[str, Any], name: str, project: Project) -> Any:
        """Return the validated value of `name` in the payload, or the default."""
        value = payload.get(name)
        if value is None:
            if name in payload and self.nullable:
                return None
            if self.required:
                raise ParameterError if name in payload else MissingParameterError
            return self.default
        cleaned = self.clean(value)
        self.check(cleaned, project)
        return cleaned

    def clean(self, value: Any) -> Any:
        raise NotImplementedError

    def check(self, cleaned: Any, project: Project) -> None:
        """Raise ParameterError if the project does not allow the cleaned value."""

    def explain(self, error: ParameterError) -> str:
        """Return the error's message, or else what this parameter allows."""
        return str(error) or f"{self.description}{' or null' if self.nullable else ''}"


class Anything(Param):
    """A value of any type. The handler validates it."""

    def clean(self, value: Any) -> Any:
        return value


class Upload(Anything):
    """A file, uploaded as one part of a multipart request."""


class NotEmulated(Param):
    """A parameter that Appwrite supports but the emulator does not.

    If a request sets it, raise `general_not_implemented`.
    """

    def read(self, payload: Mapping[str, Any], name: str, project: Project) -> Any:
        if payload.get(name) is not None:
            raise AppwriteError("general_not_implemented", f"Parameter `{name}` is not emulated.")
        return super().read({}, name, project)


class Text(Param):
    """A string of `min` to `max` characters. The empty string is allowed only with `min=0`.

    With `choices`, the string must be one of them. With `any_case`, this comparison ignores case, and the
    value keeps its case.
    """

    @property
    def description(self) -> str:  # type: ignore[override]  # a property, because the message states the limits
        if self.choices:
            return f"Value must be one of ({', '.join(self.choices)})"
        if self.min == self.max:
            return f"Value must be a valid string and exactly {self.max} chars"
        least = f" and at least {self.min} chars" if self.min else ""
        most = f" and no longer than {self.max} chars" if self.max else ""
        return f"Value must be a valid string{least}{most}"

    def __init__(
        self, max: int = 0, *, min: int = 1, choices: tuple[str, ...] = (), any_case: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.min, self.max, self.choices, self.any_case = min, max, choices, any_case

    def clean(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ParameterError
        if len(value) < self.min or (self.max and len(value) > self.max):
            raise ParameterError
        if self.choices and value not in self.choices and not (self.any_case and self._is_choice(value)):
            raise ParameterError
        return value

    def _is_choice(self, value: str) -> bool:
        return value.lower() in (choice.lower() for choice in self.choices)


class Label(Text):
    """A label of 1 to 36 letters and digits."""

    description = "Value must be a valid string between 1 and 36 chars containing only alphanumeric chars"

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not re.fullmatch(r"[A-Za-z0-9]{1,36}", text, re.ASCII):
            raise ParameterError
        return text


class Id(Param):
    """ID of an existing resource."""

    description = ids.DESCRIPTION

    def clean(self, value: Any) -> str:
        if not isinstance(value, str) or not ids.ID.fullmatch(value):
            raise ParameterError
        return value


class CompoundId(Param):
    """Two IDs joined by a colon (`BUCKET:FILE`), converted to a pair."""

    description = (
        "Must consist of multiple UIDs separated by a colon. Each UID must contain at most 36 chars. "
        "Valid chars are a-z, A-Z, 0-9, and underscore. Can't start with a special char."
    )

    def clean(self, value: Any) -> tuple[str, str]:
        first, colon, second = value.partition(":") if isinstance(value, str) else ("", "", "")
        if not colon or not (ids.ID.fullmatch(first) and ids.ID.fullmatch(second)):
            raise ParameterError
        return first, second


class Role(Param):
    """A role as used in permissions, for example `any`, `users` or `team:board/owner`."""

    def clean(self, value: Any) -> str:
        if not isinstance(value, str) or not permissions.is_role(value):
            raise ParameterError(f'Role "{value}" is not allowed. Must be one of: {", ".join(permissions.ROLES)}.')
        return value


class Key(Id):
    """Key of a column or index: letters, digits and `._-`, starting with a letter or digit."""

    description = (
        "Parameter must contain at most 36 chars. Valid chars are a-z, A-Z, 0-9, period, hyphen, and underscore. "
        "Can't start with a special char"
    )


class NewId(Key):
    """An ID that the caller chooses. `unique()` generates one."""

    def clean(self, value: Any) -> str:
        return ids.unique() if value == "unique()" else super().clean(value)


class _FormattedText(Param):
    """A string in a given format. The empty string is allowed only with `empty=True`."""

    def __init__(self, *, empty: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.empty = empty

    def clean(self, value: Any) -> str:
        return "" if self.empty and value == "" else self.clean_text(value)

    def clean_text(self, value: Any) -> str:
        raise NotImplementedError


class Email(_FormattedText):
    """An e-mail address, converted to lower case unless `keep_case`."""

    description = "Value must be a valid email address"

    def __init__(self, *, keep_case: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keep_case = keep_case

    def clean_text(self, value: Any) -> str:
        if not isinstance(value, str) or not email_addresses.is_address(value):
            raise ParameterError
        return value if self.keep_case else value.lower()


class Phone(_FormattedText):
    """A phone number with `+` and country code."""

    description = "Phone number must start with a '+' can have a maximum of fifteen digits."

    NUMBER = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)

    def clean_text(self, value: Any) -> str:
        if not isinstance(value, str) or not self.NUMBER.fullmatch(value):
            raise ParameterError
        return value


class Password(_FormattedText):
    """A password of 8 to 256 bytes."""

    description = "Password must be between 8 and 256 characters long."

    def clean_text(self, value: Any) -> str:
        if not isinstance(value, str) or not 8 <= len(value.encode()) <= 256:
            raise ParameterError
        return value


class NewPassword(Password):
    """A password that meets the project's policies on strength and common passwords."""

    def check(self, cleaned: str, project: Project) -> None:
        problem = policies.password_problem(project, cleaned) if cleaned else ""
        if problem:
            raise ParameterError(problem)


class Url(Param):
    """A URL. With `platform`, the URL's host must be a registered platform of the project."""

    description = "Value must be a valid URL"

    def __init__(self, *, platform: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.platform = platform

    def clean(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ParameterError
        if self.platform:  # `check` parses the URL
            return value
        try:
            parts = urlsplit(value)
        except ValueError:
            raise ParameterError from None
        if not parts.scheme or not parts.netloc:
            raise ParameterError
        return value

    def check(self, cleaned: str, project: Project) -> None:
        if self.platform and not project.knows_url(cleaned):
            raise ParameterError(_unknown_platform(cleaned))


def _unknown_platform(url: str) -> str:
    """Describe why a redirect to this URL is not allowed."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "Invalid URI."
    if not parts.scheme and not host:
        return "Invalid URI."
    client, platform = f"({host})" if host else "", "Web" if parts.scheme in ("http", "https") else ""
    return (
        f"Invalid URI. Register your new client {client} as a new {platform} platform on your project console dashboard"
    )


class OptionalUrl(Url):
    """A URL, or the empty string."""

    def clean(self, value: Any) -> str:
        return "" if value == "" else super().clean(value)


class Hostname(_FormattedText):
    """A host name without scheme, port or path, which may contain `*`."""

    description = "Value must be a valid hostname without path, port and protocol."

    def clean_text(self, value: Any) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= 253 or set(value) & set("/:"):
            raise ParameterError
        return value


class Colour(Param):
    """A colour of three or six hex digits, without `#`."""

    description = "Value must be a valid Hex color code"

    def clean(self, value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6}", value):
            raise ParameterError
        return value


class Boolean(Param):
    """True or false. Unless `strict`, 1, 0 and the strings "true", "false", "1" and "0" are also accepted.

    As in PHP, the string "false" counts as true.
    """

    description = "Value must be a valid boolean"

    _LOOSE = (True, False, "true", "false", "1", "0")

    def __init__(self, *, strict: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.strict = strict

    def clean(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        if self.strict or not isinstance(value, str | int) or value not in self._LOOSE:
            raise ParameterError
        return value not in (0, "0")


class Flag(Boolean):
    """Like `Boolean`, for parameters that Appwrite compares as text. Only true, "true" and "1" count as true."""

    def clean(self, value: Any) -> bool:
        super().clean(value)
        return value in (True, "true", "1")


# Numeric strings as PHP reads them. These are allowed: surrounding whitespace, a leading plus (which URL decoding turns
# into a space), and a decimal point with digits on only one side.
_DIGITS = re.compile(r"\s*[+-]?\d{1,19}\s*", re.ASCII)


class Integer(Param):
    """An integer between `min` and `max`. Unless `strict`, a string of digits is also accepted."""

    @property
    def description(self) -> str:  # type: ignore[override]  # a property, because the message states the limits
        bounds = f"between {self.min:,} and {self.max:,}"
        if self.min == -(2**63) and self.max == 2**63 - 1:
            return f"Value must be a valid signed 64-bit integer {bounds}"
        return f"Value must be a valid range {bounds}"

    def __init__(self, min: int = -(2**63), max: int = 2**63 - 1, *, strict: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.min, self.max, self.strict = min, max, strict

    def clean(self, value: Any) -> int:
        if not self.strict and isinstance(value, str) and _DIGITS.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ParameterError
        if not self.min <= value <= self.max:
            raise ParameterError
        return value


class Float(Param):
    """A number between `min` and `max`. Unless `strict`, a numeric string is also accepted."""

    @property
    def description(self) -> str:  # type: ignore[override]  # a property, because the message states the limits
        if self.max > 1e308:
            return "Value must be a valid float"
        return f"Value must be a valid range between {self.min:,.0f} and {self.max:,.0f}"

    def __init__(
        self,
        min: float = -1.7976931348623157e308,
        max: float = 1.7976931348623157e308,
        *,
        strict: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.min, self.max, self.strict = min, max, strict

    def clean(self, value: Any) -> float:
        try:
            number = to_number(None if self.strict and isinstance(value, str) else value)
        except TypeError:
            raise ParameterError from None
        if not self.min <= number <= self.max:
            raise ParameterError
        return number


class Numeric(Float):
    """Any number, like Appwrite's validator of this name. In the GraphQL schema, its type is Int."""

    description = "Value must be a valid number"


class Datetime(Param):
    """A date and time with a year, in any format that PHP parses. With `future`, the time must not be in the past."""

    @property
    def description(self) -> str:  # type: ignore[override]  # a property, because the message depends on `future`
        future = " in the future and" if self.future else ""
        return f"Value must be valid date{future} between 0000-01-01 00:00:00 and 9999-12-31 00:00:00."

    def __init__(self, *, future: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.future = future

    def clean(self, value: Any) -> datetime.datetime:
        try:
            time = php_dates.parse_with_year(value)
        except (ValueError, TypeError):
            raise ParameterError from None
        if self.future and time <= clock.now():
            raise ParameterError
        return time


class ListOf(Param):
    """A list of at most `max` values of one kind. A `max` of 0 means no limit."""

    @property
    def description(self) -> str:  # type: ignore[override]  # a property, because the message names the kind of values
        return self._describe(self.kind.description)

    def _describe(self, item: str) -> str:
        most = f" no longer than {self.max} items" if self.max else ""
        return f"Value must a valid array{most} and {item}"

    def __init__(self, kind: Param, max: int = 100, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind, self.max = kind, max

    def clean(self, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ParameterError
        if self.max and len(value) > self.max:
            raise ParameterError
        try:
            return [self.kind.clean(item) for item in value]
        except ParameterError as error:
            raise ParameterError(self._describe(self.kind.explain(error))) from None


class Json(Param):
    """An object whose JSON has at most `max_length` characters. With `text=True`, a JSON string is also accepted."""

    description = "Value must be a valid JSON string"

    def __init__(self, *, text: bool = False, max_length: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.text, self.max_length = text, max_length

    def clean(self, value: Any) -> dict[str, Any]:
        value = self.decode(value)
        if value == []:  # PHP has only one kind of empty array
            value = {}
        if not isinstance(value, dict):
            raise ParameterError
        if self.max_length and len(php_json.dumps(value, ensure_ascii=True)) > self.max_length:
            raise ParameterError
        return value

    def decode(self, value: Any) -> Any:
        """Decode a JSON string if `text` is set. Return any other value unchanged."""
        if not self.text or not isinstance(value, str):
            return value
        try:
            return php_json.loads(value)
        except ValueError:
            raise ParameterError from None


class StoredJson(Anything):
    """An object or list, converted to its stored form.

    Reject infinite numbers, because the real server fails on them.
    """

    description = "Value must be a valid JSON string"

    def clean(self, value: Any) -> Any:
        if not isinstance(value, dict | list):
            raise ParameterError
        return _as_stored(value)


class Assoc(Json):
    """An object whose JSON has at most 65,535 characters. The GraphQL schema has a separate type for it."""

    description = "Value must be a valid object."

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=65_535, **kwargs)


class Preferences(Assoc):
    """Preferences of a user or team, converted to their stored form.

    The key `$id` and infinite numbers are rejected, because the real server fails when it stores or reads them.
    """

    def __init__(self) -> None:
        super().__init__(required=True)

    def clean(self, value: Any) -> dict[str, Any]:
        if isinstance(value, dict) and "$id" in value:
            raise ParameterError("Value must not have the key `$id`.")
        return super().clean(_as_stored(value) if isinstance(value, dict) else value)


def _as_stored(value: Any) -> Any:
    try:
        return php_json.as_stored(value)
    except ValueError:
        raise ParameterError("Value must not contain numbers that are too large for a float.") from None


class Permissions(Param):
    """A list of permission strings for these actions.

    `write` lists the actions to which the `write` permission expands. By default, it expands to all of `actions`.
    """

    description = "Permissions must be an array of strings."

    def __init__(self, *actions: str, write: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.actions, self.write = actions, write or actions

    def clean(self, value: Any) -> list[str]:
        if not isinstance(value, list):
            raise ParameterError
        if len(value) > permissions.MAX_PERMISSIONS:
            raise ParameterError(f"You can only provide up to {permissions.MAX_PERMISSIONS} permissions.")
        parsed = []
        for text in value:
            try:
                permission = permissions.parse(text)
            except TypeError:
                raise ParameterError("Every permission must be of type string.") from None
            except ValueError:
                raise ParameterError(f'Invalid permission string format: "{text}".') from None
            if permission.action not in (allowed := (*self.actions, "write")):
                raise ParameterError(f'Permission "{text}" is not allowed. Must be one of: {", ".join(allowed)}.')
            parsed.append(permission)
        return permissions.expand(parsed, self.write)


class Queries(ListOf):
    """Unparsed query strings: at most 100, with at most 4096 characters each."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Text(4096), 100, default=(), **kwargs)


def accepts(**declared: Param) -> Callable[[Handler], Handler]:
    """Declare a handler's parameters. The runner validates them before it calls the handler."""

    def decorate(handler: Handler) -> Handler:
        handler.params = declared  # type: ignore[attr-defined]  # functions have no declared attributes
        return handler

    return decorate


URL_PART = Id(required=True)
"""Declaration used for a URL placeholder that the handler does not declare."""


def collect(
    handler: Callable[..., Any], payload: Mapping[str, Any], url_parts: Mapping[str, str], project: Project
) -> tuple[dict[str, Any], list[str]]:
    """Return the handler's validated arguments, and the names of the payload's undeclared parameters."""
    declared: Mapping[str, Param] = getattr(handler, "params", {})
    arguments = {}
    for name, text in url_parts.items():
        wire = camel(name)
        arguments[name] = _read(declared.get(name, URL_PART), {wire: text}, wire, project)
    known = {"project"}
    for name, param in declared.items():
        if name not in url_parts:
            wire = param.wire or camel(name)
            known.add(wire)
            arguments[name] = _read(param, payload, wire, project)
    return arguments, [name for name in payload if name not in known]


def _read(param: Param, payload: Mapping[str, Any], wire: str, project: Project) -> Any:
    try:
        return param.read(payload, wire, project)
    except MissingParameterError:
        raise missing_parameter(wire) from None
    except ParameterError as error:
        raise AppwriteError("general_argument_invalid", f"Invalid `{wire}` param: {param.explain(error)}") from None


def missing_parameter(name: str) -> AppwriteError:
    """Return the error for a required parameter that is missing. `name` is its name in requests."""
    return AppwriteError("general_argument_invalid", f'Param "{name}" is not optional.')


def require(values: Mapping[str, object]) -> None:
    """Raise the error for a missing parameter if a value is empty. The keys are the parameters' names in requests.

    Handlers use this for parameters that are required only together with others.
    """
    for name, value in values.items():
        if not value:
            raise missing_parameter(name)
