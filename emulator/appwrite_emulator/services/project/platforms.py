"""Platforms: the websites and apps that can call the API, and to which sign-in links can redirect."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import PLATFORM_IDENTIFIERS, Platform
from appwrite_emulator.db.queries import Attribute
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Hostname, NewId, Text, accepts
from appwrite_emulator.services import lists

ATTRIBUTES = lists.attributes(Platform, type="type", name="name", hostname="hostname") | {
    name: Attribute(name, "text", f'"{Platform._meta.db_table}"."key"')
    for kind, name in PLATFORM_IDENTIFIERS.items()
    if kind != "web"
}
_APP_ID = Text(256, required=True)
_WEB = {"name": Text(128, required=True), "hostname": Hostname(required=True)}
_ANDROID = {"name": Text(128, required=True), "application_id": _APP_ID}
_APPLE = {"name": Text(128, required=True), "bundle_identifier": _APP_ID}
_LINUX = {"name": Text(128, required=True), "package_name": _APP_ID}
_WINDOWS = {"name": Text(128, required=True), "package_identifier_name": _APP_ID}


@accepts(queries=lists.Queries(ATTRIBUTES), total=Boolean(default=True))
def list_platforms(request: Request, *, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /project/platforms: list platforms of all types."""
    page = lists.page(request.project.platforms.all(), queries, ATTRIBUTES, total=total)
    return {"total": page.total, "platforms": [responses.platform(platform) for platform in page.items]}


def get_platform(request: Request, *, platform_id: str) -> dict[str, Any]:
    """GET /project/platforms/{id}."""
    return responses.platform(_find_platform(request, platform_id))


@accepts(platform_id=NewId(required=True), **_WEB)
def create_web_platform(request: Request, *, platform_id: str, name: str, hostname: str) -> dict[str, Any]:
    """POST /project/platforms/web. `*.example.org` allows every subdomain of `example.org`."""
    return _create(request, platform_id, "web", name, hostname=hostname)


@accepts(platform_id=NewId(required=True), **_ANDROID)
def create_android_platform(request: Request, *, platform_id: str, name: str, application_id: str) -> dict[str, Any]:
    """POST /project/platforms/android."""
    return _create(request, platform_id, "android", name, key=application_id)


@accepts(platform_id=NewId(required=True), **_APPLE)
def create_apple_platform(request: Request, *, platform_id: str, name: str, bundle_identifier: str) -> dict[str, Any]:
    """POST /project/platforms/apple: add an app for iOS, macOS, watchOS or tvOS."""
    return _create(request, platform_id, "apple", name, key=bundle_identifier)


@accepts(platform_id=NewId(required=True), **_LINUX)
def create_linux_platform(request: Request, *, platform_id: str, name: str, package_name: str) -> dict[str, Any]:
    """POST /project/platforms/linux."""
    return _create(request, platform_id, "linux", name, key=package_name)


@accepts(platform_id=NewId(required=True), **_WINDOWS)
def create_windows_platform(
    request: Request, *, platform_id: str, name: str, package_identifier_name: str
) -> dict[str, Any]:
    """POST /project/platforms/windows."""
    return _create(request, platform_id, "windows", name, key=package_identifier_name)


@accepts(**_WEB)
def update_web_platform(request: Request, *, platform_id: str, name: str, hostname: str) -> dict[str, Any]:
    """PUT /project/platforms/web/{id}."""
    return _update(request, platform_id, "web", name, hostname=hostname)


@accepts(**_ANDROID)
def update_android_platform(request: Request, *, platform_id: str, name: str, application_id: str) -> dict[str, Any]:
    """PUT /project/platforms/android/{id}."""
    return _update(request, platform_id, "android", name, key=application_id)


@accepts(**_APPLE)
def update_apple_platform(request: Request, *, platform_id: str, name: str, bundle_identifier: str) -> dict[str, Any]:
    """PUT /project/platforms/apple/{id}."""
    return _update(request, platform_id, "apple", name, key=bundle_identifier)


@accepts(**_LINUX)
def update_linux_platform(request: Request, *, platform_id: str, name: str, package_name: str) -> dict[str, Any]:
    """PUT /project/platforms/linux/{id}."""
    return _update(request, platform_id, "linux", name, key=package_name)


@accepts(**_WINDOWS)
def update_windows_platform(
    request: Request, *, platform_id: str, name: str, package_identifier_name: str
) -> dict[str, Any]:
    """PUT /project/platforms/windows/{id}."""
    return _update(request, platform_id, "windows", name, key=package_identifier_name)


def delete_platform(request: Request, *, platform_id: str) -> None:
    """DELETE /project/platforms/{id}: delete a platform of any type."""
    _find_platform(request, platform_id).delete()


def _create(request: Request, platform_id: str, kind: str, name: str, **identifier: str) -> dict[str, Any]:
    if Platform.objects.filter(id=platform_id).exists():
        raise AppwriteError("platform_already_exists")
    platform = Platform.objects.create(id=platform_id, project=request.project, type=kind, name=name, **identifier)
    return responses.platform(platform)


def _update(request: Request, platform_id: str, kind: str, name: str, **identifier: str) -> dict[str, Any]:
    """Set the name and identifier. Raise 400 `platform_method_unsupported` if the platform has a different type."""
    platform = _find_platform(request, platform_id)
    if platform.type != kind:
        raise AppwriteError("platform_method_unsupported")
    platform.name, platform.updated_at = name, clock.now()
    for field, value in identifier.items():
        setattr(platform, field, value)
    platform.save()
    return responses.platform(platform)


def _find_platform(request: Request, platform_id: str) -> Platform:
    platform = request.project.platforms.filter(id=platform_id).first()
    if platform is None:
        raise AppwriteError("platform_not_found")
    return platform
