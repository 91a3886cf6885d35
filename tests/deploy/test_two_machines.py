"""Two machines with gunicorn share one Redis and one Appwrite.

An action started on one machine can be continued on the other.
"""

import re
from collections.abc import Iterator
from itertools import cycle

import pytest

from core import rate_limits
from posts.repository import PostRepository
from tests.conftest import fields, picture
from tests.deploy.visitor import Visitor, soon
from tests.redis_server import RedisServer, redis_required
from tests.site import Site

pytestmark = [pytest.mark.processes, pytest.mark.deploy]
Machines = tuple[str, str]

TEXT = "Det er **kaffe** igjen."
FORM = {"title": "Kaffe på lesesalen", "content": TEXT, "language": "nb", "post_id": "abcdefgh27", "state": "new"}


@pytest.fixture(scope="module")
def running(appwrite_process) -> Iterator[tuple[Machines, RedisServer]]:
    redis_required()
    with RedisServer() as redis:
        shared = f"{redis.url}?socket_timeout=30&socket_connect_timeout=30"
        with (
            Site(appwrite_process.endpoint, CACHE_URL=shared) as first,
            # Both have the same SITE_URL, as behind a load balancer.
            Site(appwrite_process.endpoint, CACHE_URL=shared, SITE_URL=first.url) as second,
        ):
            yield (first.url, second.url), redis
            for site in (first, second):
                assert "core.redis_store" not in site.log(), site.log()


@pytest.fixture
def machines(appwrite, running) -> Machines:
    """Empty Redis and return the URLs of both machines."""
    urls, redis = running
    redis.client.flushall()
    return urls


def test_write_on_one_machine_is_visible_on_the_other(machines, alice):
    here, there = machines
    writer, reader = Visitor(alice), Visitor()

    def shows(machine: str, path: str, title: str) -> bool:
        return title in reader.get(f"{machine}{path}").text

    PostRepository(alice.appwrite).create("alicedraft", alice.user, fields(title="Alices kladd"))
    for machine in machines:
        for _ in range(2):
            assert not shows(machine, "/posts/", "Alices kladd")
            assert reader.get(f"{machine}/posts/alicedraft/").status_code == 404
    for title in ("Første tittel", "Andre tittel"):
        assert writer.submit(f"{here}/posts/alicedraft/edit/", form_of(writer, here, title)).status_code == 302
        here, there = there, here
        if title == "Første tittel":
            assert writer.submit(f"{there}/posts/alicedraft/publish/", form=f"{there}/posts/mine/").status_code == 302
        for machine in machines:
            for path in ("/", "/posts/", "/posts/alicedraft/", "/posts/feed/"):
                assert soon(lambda: shows(machine, path, title)), (machine, path)  # noqa: B023 - called before the loop continues
    assert writer.submit(f"{here}/posts/alicedraft/unpublish/", form=f"{here}/posts/alicedraft/").status_code == 302
    for machine in machines:
        assert soon(lambda: not shows(machine, "/posts/", title)), machine  # noqa: B023
        assert soon(lambda: reader.get(f"{machine}/posts/alicedraft/").status_code == 404), machine  # noqa: B023


def form_of(writer: Visitor, machine: str, title: str) -> dict[str, str]:
    """Return the fields of the edit form of Alice's draft, with a new title."""
    page = writer.get(f"{machine}/posts/alicedraft/edit/").text
    hidden = dict(re.findall(r'<input type="hidden" name="(version|form_key|post_id|state)" value="([^"]*)"', page))
    assert hidden["version"]
    return {**hidden, "title": title, "content": TEXT, "language": "nb", "act": "save"}


def test_sign_in_started_on_one_machine_can_be_finished_on_the_other(machines, appwrite):
    here, there = machines
    visitor = Visitor()
    form = {"email": "olga@example.com", "act": "code"}
    assert visitor.submit(f"{here}/auth/login/", form).status_code == 302
    code = appwrite.inbox.code("olga@example.com")
    assert visitor.submit(f"{there}/auth/code/", {"code": code}).status_code == 302
    for machine in machines:
        assert "olga@example.com" in visitor.get(f"{machine}/auth/account/").text


def test_both_machines_share_rate_limits(machines, appwrite):
    visitor = Visitor()
    visitor.submit(f"{machines[0]}/auth/login/", {"email": "olga@example.com", "act": "code"})
    page = f"{machines[0]}/auth/code/"
    tries = rate_limits.TRIES_PER_CODE.attempts
    statuses = [
        visitor.submit(f"{machine}/auth/code/", {"code": "000000"}, form=page).status_code
        for _, machine in zip(range(tries), cycle(machines), strict=False)
    ]
    assert statuses == [200] * (tries - 1) + [429]
    answer = visitor.submit(f"{machines[1]}/auth/code/", {"code": appwrite.inbox.code("olga@example.com")}, form=page)
    assert answer.status_code == 429


def test_signing_out_takes_effect_on_both_machines(machines, alice):
    visitor, copy = Visitor(alice), Visitor(alice)
    for machine in machines:
        assert alice.email in copy.get(f"{machine}/auth/account/").text
    form = f"{machines[0]}/auth/account/"
    assert visitor.submit(f"{machines[0]}/auth/logout/", form=form).status_code == 302
    for machine in machines:
        assert alice.email not in copy.get(f"{machine}/auth/account/").text


def test_deletion_on_one_machine_can_be_undone_on_the_other(machines, alice, covered):
    here, there = machines
    post, writer, reader = covered(publish=True), Visitor(alice), Visitor()
    assert writer.submit(f"{here}/posts/{post.id}/delete/").status_code == 302
    assert soon(lambda: reader.get(f"{there}/posts/{post.id}/").status_code == 404)
    assert writer.submit(f"{there}/posts/{post.id}/undo/", form=f"{there}/posts/mine/").status_code == 302
    for machine in machines:
        pages = []
        assert soon(lambda: pages.append(reader.get(f"{machine}/posts/{post.id}/")) or pages[-1].ok)  # noqa: B023
        cover = re.search(r"/posts/cover/[\w.-]+/480/", pages[-1].text)
        assert reader.get(machine + cover[0]).headers["Content-Type"] == "image/webp"


def test_picture_of_an_unsaved_form_is_available_on_both_machines(machines, alice, stored):
    here, there = machines
    writer = Visitor(alice)
    form, files = {**FORM, "cover_alt": "En rød flate"}, {"cover": ("cover.webp", picture(), "image/webp")}
    preview = writer.submit(f"{here}/posts/preview/", form, form=f"{here}/posts/new/", files=files)
    pending = re.search(r'name="pending_cover" value="([^"]+)"', preview.text)
    form = {**form, "pending_cover": pending[1], "act": "publish"}
    assert writer.submit(f"{there}/posts/new/", form).status_code == 302
    assert stored("abcdefgh27").data["coverId"]


def test_site_starts_without_redis_and_uses_it_when_available(appwrite, alice):
    redis_required()
    redis, visitor = RedisServer(), Visitor(alice)
    with Site(appwrite.endpoint, CACHE_URL=redis.url) as site:

        def is_read() -> bool:
            return visitor.get(f"{site.url}/posts/mine/").status_code == 200

        assert all(is_read() for _ in range(20))
        # Each of the two workers logs this at most once.
        assert 1 <= site.log().count("cannot be used, and the site continues without it") <= 2
        with redis:
            assert soon(lambda: is_read() and bool(redis.client.keys(":1:person:*")))
            assert "can be used again" in site.log()
