"""Declared parameters: what an endpoint takes, and the one reader that checks it before the handler runs.

    @accepts(user_id=NewId(required=True), email=Email(required=True), phrase=Boolean(strict=True, default=False))
    def create_email_token(request, *, user_id, email, phrase): ...

A name is Python's here and camelCase on the wire (`user_id`, `userId`). What is left out, or null, is its default.
The declaration is data: `handler.params` is a dict of name -> Param.
"""

import datetime
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError, TooManyFilesSent

from appwrite_emulator import clock, emails, ids, moments, permissions
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.models import Project

MAX_BODY = 30 * 1024 * 1024
"""Longer bodies that are no uploads are refused."""


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING = _Missing()
"""Default for parameters whose handler must tell `null` from left out."""


class Invalid(ValueError):
    """A value that its declaration does not take; the text says why and follows the parameter's name."""


class Param:
    """One declared parameter. Subclasses say in `clean` what they take and what becomes of it."""

    def __init__(self, *, required: bool = False, default: Any = None, nullable: bool = False, wire: str = "") -> None:
        self.required, self.default, self.nullable = required, default, nullable
        self.wire = wire
        """Its name on the wire where that is not the camelCase of its name here."""

    def read(self, sent: Mapping[str, Any], name: str, project: Project) -> Any:
        value = sent.get(name)
        if value is None:
            if name in sent and self.nullable:
                return None
            if self.required:
                raise Invalid("is required")
            return self.default
        return self.clean(value, project)

    def clean(self, value: Any, project: Project) -> Any:
        raise NotImplementedError


class Anything(Param):
    """Whatever is sent; the handler judges it."""

    def clean(self, value: Any, project: Project) -> Any:
        return value


class Upload(Anything):
    """A file, sent as a part of a multipart request."""


class NotEmulated(Param):
    """Known to 1.9.6 and not to us: sending it is refused aloud rather than ignored."""

    def read(self, sent: Mapping[str, Any], name: str, project: Project) -> Any:
        if sent.get(name) is not None:
            raise AppwriteError("general_not_implemented", f"The parameter {name} is not emulated.")
        return self.default


class Text(Param):
    """A text of `min` to `max` characters; an empty one only with `min=0`.

    One of the `choices`, if there are any; with `any_case` in whatever letters, which are kept.
    """

    def __init__(
        self, max: int = 0, *, min: int = 1, choices: tuple[str, ...] = (), any_case: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.min, self.max, self.choices, self.any_case = min, max, choices, any_case

    def clean(self, value: Any, project: Project) -> str:
        if not isinstance(value, str):
            raise Invalid("must be a text")
        if len(value) < self.min or (self.max and len(value) > self.max):
            raise Invalid(f"must be {self.min} to {self.max or 'any number of'} characters long")
        if self.choices and value not in self.choices and not (self.any_case and self._is_choice(value)):
            raise Invalid(f"must be one of {', '.join(self.choices)}")
        return value

    def _is_choice(self, value: str) -> bool:
        return value.lower() in (choice.lower() for choice in self.choices)


class Id(Param):
    """The id of something that exists."""

    def clean(self, value: Any, project: Project) -> str:
        if not isinstance(value, str) or not ids.ID.fullmatch(value):
            raise Invalid("must be at most 36 letters, digits and . _ -, and not begin with a sign")
        return value


class CompoundId(Param):
    """Two ids with a colon between them, as `BUCKET:FILE`: a pair of them."""

    def clean(self, value: Any, project: Project) -> tuple[str, str]:
        first, colon, second = value.partition(":") if isinstance(value, str) else ("", "", "")
        if not colon or not (ids.ID.fullmatch(first) and ids.ID.fullmatch(second)):
            raise Invalid("must be two ids with a colon between them")
        return first, second


class Role(Param):
    """A role as permissions name them: `any`, `users`, `team:board/owner` ..."""

    def clean(self, value: Any, project: Project) -> str:
        if not isinstance(value, str) or not permissions.is_role(value):
            raise Invalid("must hold roles, as permissions name them")
        return value


class NewId(Id):
    """An id of the caller's choosing; `unique()` asks us for one."""

    def clean(self, value: Any, project: Project) -> str:
        return ids.unique() if value == "unique()" else super().clean(value, project)


class Key(Id):
    """The key of a column or an index: letters, digits and `._-`, not beginning with a sign."""


class _Filled(Param):
    """A text of a certain form; an empty one only with `empty=True`."""

    def __init__(self, *, empty: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.empty = empty

    def clean(self, value: Any, project: Project) -> str:
        return "" if self.empty and value == "" else self.clean_filled(value)

    def clean_filled(self, value: Any) -> str:
        raise NotImplementedError


class Email(_Filled):
    """An address, given back in small letters, or `as_sent`."""

    def __init__(self, *, as_sent: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.as_sent = as_sent

    def clean_filled(self, value: Any) -> str:
        if not isinstance(value, str) or not emails.is_address(value):
            raise Invalid("must be an e-mail address")
        return value if self.as_sent else value.lower()


class Phone(_Filled):
    """A number with `+` and country code."""

    _NUMBER = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)

    def clean_filled(self, value: Any) -> str:
        if not isinstance(value, str) or not self._NUMBER.fullmatch(value):
            raise Invalid("must be a phone number: +, country code and number, at most fifteen digits")
        return value


class Password(_Filled):
    """A password of 8 to 256 bytes."""

    def clean_filled(self, value: Any) -> str:
        if not isinstance(value, str) or not 8 <= len(value.encode()) <= 256:
            raise Invalid("must be 8 to 256 bytes long")
        return value


class Url(Param):
    """An address; with `platform`, one whose host is a registered platform of the project."""

    def __init__(self, *, platform: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.platform = platform

    def clean(self, value: Any, project: Project) -> str:
        if not isinstance(value, str):
            raise Invalid("must be a URL")
        if self.platform:
            if not project.knows_url(value):
                raise Invalid("must be a URL whose host is a registered platform of the project")
            return value
        try:
            parts = urlsplit(value)
        except ValueError:
            raise Invalid("must be a URL") from None
        if not parts.scheme or not parts.netloc:
            raise Invalid("must be a URL")
        return value


class Colour(Param):
    """Three or six hex digits, without `#`."""

    def clean(self, value: Any, project: Project) -> str:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6}", value):
            raise Invalid("must be a colour of three or six hex digits")
        return value


class Boolean(Param):
    """True or false; 1, 0 and the four texts count too, except with `strict`.

    As in PHP, the text "false" passes and then counts as true.
    """

    _LOOSE = (True, False, "true", "false", "1", "0")

    def __init__(self, *, strict: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.strict = strict

    def clean(self, value: Any, project: Project) -> bool:
        if isinstance(value, bool):
            return value
        if self.strict or not isinstance(value, str | int) or value not in self._LOOSE:
            raise Invalid("must be true or false")
        return value not in (0, "0")


class Flag(Boolean):
    """The same where Appwrite looks at the text: only `true` and `1` are true, whatever form they have."""

    def clean(self, value: Any, project: Project) -> bool:
        super().clean(value, project)
        return value in (True, "true", "1")


# As PHP reads numbers in texts: with space around them, with a plus (a space, in an address), with nothing before or
# after the point.
_DIGITS = re.compile(r"\s*[+-]?\d{1,19}\s*", re.ASCII)
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


def numeric(value: Any) -> int | float:
    """`value` if it is a number, or the one that its text reads as (PHP's is_numeric); else TypeError."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return value


class Integer(Param):
    """A whole number from `min` to `max`; a text of digits counts too, except with `strict`."""

    def __init__(self, min: int = -(2**63), max: int = 2**63 - 1, *, strict: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.min, self.max, self.strict = min, max, strict

    def clean(self, value: Any, project: Project) -> int:
        if not self.strict and isinstance(value, str) and _DIGITS.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise Invalid("must be a whole number")
        if not self.min <= value <= self.max:
            raise Invalid(f"must be from {self.min} to {self.max}")
        return value


class Float(Param):
    """A number from `min` to `max`; a text that reads as one counts too, except with `strict`."""

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

    def clean(self, value: Any, project: Project) -> float:
        try:
            value = numeric(None if self.strict and isinstance(value, str) else value)
        except TypeError:
            raise Invalid("must be a number") from None
        if not self.min <= value <= self.max:
            raise Invalid(f"must be from {self.min} to {self.max}")
        return value


class Numeric(Float):
    """A number of any kind, as Appwrite's validator of this name: in GraphQL it is a whole one."""


class Datetime(Param):
    """A moment, in any form that PHP reads; with `future`, one that is still to come."""

    def __init__(self, *, future: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.future = future

    def clean(self, value: Any, project: Project) -> datetime.datetime:
        try:
            moment = moments.parse(value)
        except (ValueError, AttributeError):
            raise Invalid("must be a date and time") from None
        if self.future and moment <= clock.now():
            raise Invalid("must be a time to come")
        return moment


class ListOf(Param):
    """A list of at most `max` values of one kind."""

    def __init__(self, kind: Param, max: int = 100, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind, self.max = kind, max

    def clean(self, value: Any, project: Project) -> list[Any]:
        if not isinstance(value, list):
            raise Invalid("must be a list")
        if self.max and len(value) > self.max:
            raise Invalid(f"must be a list of at most {self.max}")
        return [self.kind.clean(item, project) for item in value]


class Json(Param):
    """An object of at most `max_length` characters as JSON; `text=True` also takes it written out."""

    def __init__(self, *, text: bool = False, max_length: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.text, self.max_length = text, max_length

    def clean(self, value: Any, project: Project) -> dict[str, Any]:
        value = self.unwritten(value)
        if value == []:  # PHP knows one kind of empty array
            value = {}
        if not isinstance(value, dict) or (value and is_like_list(value)):
            raise Invalid("must be an object")
        if self.max_length and len(json.dumps(value, separators=(",", ":"))) > self.max_length:
            raise Invalid(f"must be at most {self.max_length} characters long")
        return value

    def unwritten(self, value: Any) -> Any:
        """What a text says, where texts are taken; anything else as it is."""
        if not self.text or not isinstance(value, str):
            return value
        try:
            return parse_json(value)
        except ValueError:
            raise Invalid("must be an object") from None


def is_like_list(value: Mapping[str, Any]) -> bool:
    """Whether PHP cannot tell the object from a list: its keys count from 0."""
    return list(value) == [str(n) for n in range(len(value))]


class Permissions(Param):
    """A list of permission strings for these actions, `write` spelt out (as those of `write`, where they are fewer)."""

    def __init__(self, *actions: str, write: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.actions, self.write = actions, write or actions

    def clean(self, value: Any, project: Project) -> list[str]:
        if not isinstance(value, list) or len(value) > permissions.MAX_PERMISSIONS:
            raise Invalid(f"must be a list of at most {permissions.MAX_PERMISSIONS} permissions")
        for text in value:
            try:
                permission = permissions.parse(text)
            except (ValueError, TypeError):
                raise Invalid(f"holds {text!r}, which is no permission") from None
            if permission.action not in (*self.actions, "write"):
                raise Invalid(f"holds {text!r}; only {', '.join(self.actions)} and write are possible here")
        return permissions.expand(value, self.write)


class Queries(ListOf):
    """Query strings, unparsed: at most 100 of at most 4096 characters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Text(4096), 100, default=(), **kwargs)


def accepts(**declared: Param) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a handler's parameters; `routing` reads and checks them before it calls the handler."""

    def decorate(handler: Callable[..., Any]) -> Callable[..., Any]:
        handler.params = declared  # type: ignore[attr-defined]
        return handler

    return decorate


URL_PART = Id(required=True)
"""What a part of the URL is unless its handler declares otherwise."""


def collect(
    handler: Callable[..., Any], sent: Mapping[str, Any], url_parts: Mapping[str, str], project: Project
) -> tuple[dict[str, Any], list[str]]:
    """The handler's arguments, checked; and the names that were sent and not declared.

    Parts of the URL are ids unless the handler declares them otherwise.
    """
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
            arguments[name] = _read(param, sent, wire, project)
    return arguments, [name for name in sent if name not in known]


def _read(param: Param, sent: Mapping[str, Any], wire: str, project: Project) -> Any:
    try:
        return param.read(sent, wire, project)
    except Invalid as reason:
        raise AppwriteError("general_argument_invalid", f"Invalid `{wire}`: it {reason}.") from None


def camel(name: str) -> str:
    """`user_id` -> `userId`"""
    head, *rest = name.rstrip("_").split("_")
    return head + "".join(word.title() for word in rest)


# -- reading the request ----------------------------------------------------------------------------------------------


def read(http: HttpRequest) -> dict[str, Any]:
    """What was sent: the query string of a GET, the body of anything else (JSON, form or multipart, PHP's way)."""
    if http.method in ("GET", "HEAD"):
        return nested((name, value) for name, values in http.GET.lists() for value in values)
    kind = http.content_type
    if kind == "multipart/form-data":
        return _read_multipart(http)
    if int(http.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
        raise AppwriteError("general_argument_invalid", "The body is too large.")
    body = http.body
    if kind == "application/json":
        return _read_json(body)
    if kind == "application/x-www-form-urlencoded":
        form = QueryDict(body, encoding="utf-8")
        return nested((name, value) for name, values in form.lists() for value in values)
    return {}


def _read_json(body: bytes) -> dict[str, Any]:
    """What is no JSON object holds no parameters, as on the real server: those that are required are then missing."""
    try:
        sent = parse_json(body)
    except ValueError:
        return {}
    return sent if isinstance(sent, dict) else {}


def parse_json(text: str | bytes) -> Any:
    """JSON as PHP reads it: UTF-8, no NaN, no broken surrogates, not too deep; ValueError otherwise."""
    try:
        value = json.loads(text.decode() if isinstance(text, bytes) else text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if (b"\\u" if isinstance(text, bytes) else "\\u") in text:  # type: ignore[operator]
        json.dumps(
            value, ensure_ascii=False
        ).encode()  # a lone surrogate is a UnicodeEncodeError, which is a ValueError
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _read_multipart(http: HttpRequest) -> dict[str, Any]:
    try:
        if http.method == "POST":
            fields, files = http.POST, http.FILES
        else:
            fields, files = http.parse_file_upload(http.META, http)
    except (MultiPartParserError, TooManyFilesSent):
        raise AppwriteError("general_argument_invalid", "The multipart body cannot be read.") from None
    sent = nested((name, value) for name, values in fields.lists() for value in values)
    return sent | {name: files[name] for name in files}


_BRACKETS = re.compile(r"\[([^\]]*)\]")


def nested(pairs: Any) -> dict[str, Any]:
    """Names with brackets as PHP understands them: `a[0]=x&a[]=y` is `{"a": ["x", "y"]}`; of equal names the last."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        head, bracket, _ = name.partition("[")
        path = [head, *_BRACKETS.findall(name)] if bracket and head else [name]
        node = tree
        for part, following in zip(path, [*path[1:], None], strict=True):
            part = part if part or node is tree else str(len(node))
            if following is None:
                node[part] = value
            else:
                if not isinstance(node.get(part), dict):
                    node[part] = {}
                node = node[part]
    return {name: _lists(value) for name, value in tree.items()}


def _lists(value: Any) -> Any:
    """Dicts whose keys count from 0 are lists."""
    if not isinstance(value, dict):
        return value
    items = {key: _lists(item) for key, item in value.items()}
    if all(key.isdecimal() for key in items):
        return [items[key] for key in sorted(items, key=int)]
    return items
