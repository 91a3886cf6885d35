"""A random walk of guests, members and an admin through the site, compared with a model of who may see and change what.

Each version of a post contains a word that occurs nowhere else. After each step, the walk opens pages as different
people and looks for the words that the model hides from them: in pages, feeds, searches, the sitemap, the cache,
pictures and Appwrite's REST API. It also compares all rows in Appwrite with the model, so that no step changes more
than it may.
"""

import json
import random
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from appwrite.query import Query
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.utils import timezone
from hypothesis import HealthCheck, Phase, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from accounts import session
from biso_site.page_cache import PageCache
from core import errors, rate_limits
from core.appwrite_client import SessionClient, create_admin_client, create_guest_client
from core.formats import appwrite_time, local_input
from posts import due_times, image_ids, policy, restrictions, scheduling
from posts.preview_links import PreviewLinkRepository
from tests.attacks.conftest import PARTS, SEED_OF_RUN, STEPS
from tests.conftest import picture
from tests.test_page_cache_leaks import cookies
from tests.users import Person
from tests.wsgi import WsgiClient

pytestmark = pytest.mark.attack

STEPS_PER_WALK = 50
IDS = ("modelpost1", "modelpost2")
MEMBERS, ADMIN, GUEST = ("alice", "bob"), "ingrid", ""
WORD = re.compile(r"zq[0-9a-z]{12}")
LISTS = ["/", "/posts/", "/en/posts/", "/posts/feed/", "/posts/feed/rss/", "/sitemap.xml", "/posts/by/alice/"]
LISTS += [
    "/posts/by/bob/",
    "/posts/by/alice/feed/",
    "/posts/topics/",
    "/posts/topics/kaffe/",
    "/posts/topics/kaffe/feed/",
]
LISTS += ["/posts/archive/", "/posts/?campus=oslo", "/posts/?q=kaffe", "/posts/feed/?q=kaffe"]
EDITOR = "label:editor"  # the value of POSTS_WRITERS with which only editors may publish
PRIVATE = [
    "/posts/mine/",
    "/manage/?q=kaffe",
    "/manage/",
    "/manage/featured/",
    "/manage/reviews/",
    "/auth/account/delete/",
]
OF_POST = ["", "edit/", "history/", "share/", "delete/", "send/", "share.jpg"]
HIDDEN_TABLES = ("revisions", "preview_links", "mailings", "profiles")


@dataclass(frozen=True)
class Stored:
    """What the model knows about a row. `word` is the unique word in its title and text."""

    author: str
    is_published: bool
    word: str


POST_ID = st.sampled_from(IDS)
ROLE = st.sampled_from(["author", "author", "author", "other", ADMIN])  # the role of the person who takes a step
SEEDS = st.integers(0, 2**32)


class Walk(RuleBasedStateMachine):
    """The walk. If `reviews` is true, only editors may publish, and other members write drafts and ask for a review."""

    people: dict[str, Person]
    start: Callable[[], None]
    reviews = False

    @initialize(seed=SEEDS)
    def begin(self, seed: int) -> None:
        self.start()
        self.random = random.Random(seed)
        self.site = WsgiClient(PageCache(WSGIHandler()))
        self.people = dict(self.people)  # a copy, because a blocked person gets a new session
        self.browsers = {name: person.browser() for name, person in self.people.items()}
        self.editors: set[str] = set()
        self.blocked: set[str] = set()
        self.link_makers: dict[str, str] = {}  # private link -> the person who created it
        self.posts: dict[str, Stored] = {}
        self.owners: dict[str, str] = {}  # word -> the author of its post
        self.deleted: dict[tuple[str, str], Stored] = {}  # (person, post id) -> the post that the person deleted
        self.links: dict[str, str] = {}  # post id -> its valid private link
        self.old_links: dict[str, str] = {}  # revoked link -> the author whose posts it may still show
        self.versions: list[str] = []  # URLs of saved versions
        self.files: dict[tuple[str, str], set[str]] = {}  # bucket and file id -> people who may always see it
        self.shown_in: dict[tuple[str, str], str] = {}  # file -> post id
        self.public_files: set[tuple[str, str]] = set()
        self.opened: set[str] = set()  # ids of posts made readable over REST by their authors

    # -- steps ---------------------------------------------------------------------------------------------------------
    @rule(post_id=POST_ID, role=ROLE, act=st.sampled_from(["save", "publish", "schedule", "unpublish", "autosave"]))
    def write(self, post_id: str, role: str, act: str) -> None:
        """Submit the post form, which creates the post if it does not exist yet."""
        who = self.person(role, post_id)
        before = self.posts.get(post_id)
        form = self.form(post_id, who, act)
        if before is None:
            if act in ("unpublish", "autosave"):
                return
            self.browsers[who].post("/posts/new/", form)
            if who not in self.blocked and (act == "save" or self.may_publish(who, who)):
                self.posts[post_id] = Stored(who, act == "publish", str(form["word"]))
        else:
            self.browsers[who].post(f"/posts/{post_id}/edit/", form)
            if self.may_edit(who, post_id) and not self.is_refused(who, act, before):
                is_published = {"publish": True, "unpublish": False}.get(act, before.is_published)
                self.posts[post_id] = Stored(before.author, is_published, str(form["word"]))
                if act == "unpublish":
                    self.end_link(post_id)  # unpublishing ends the link even if the post was already a draft
        self.check(post_id)

    @rule(post_id=POST_ID, role=st.sampled_from(["other", ADMIN]), publish=st.booleans())
    def write_with_a_foreign_id(self, post_id: str, role: str, publish: bool) -> None:
        """Submit the form for a new post with the id of an existing post. The existing post must not change."""
        who = self.person(role, post_id)
        before = self.posts.get(post_id)
        if before is None or before.author == who:
            return
        form = self.form(post_id, who, "publish" if publish else "save")
        self.browsers[who].post("/posts/new/", form)
        is_saved = who not in self.blocked and (not publish or self.may_publish(who, who))
        self.check(post_id, new=Stored(who, publish, str(form["word"])) if is_saved else None)

    @rule(post_id=POST_ID, role=ROLE, act=st.sampled_from(["publish", "unpublish", "unschedule"]))
    def press(self, post_id: str, role: str, act: str) -> None:
        who = self.person(role, post_id)
        self.browsers[who].post(f"/posts/{post_id}/{act}/", self.confirmed(post_id))
        is_allowed = self.may_edit(who, post_id) and (act != "publish" or self.may_publish(who, self.author(post_id)))
        if is_allowed and act != "unschedule":
            self.posts[post_id] = replace(self.posts[post_id], is_published=act == "publish")
            self.end_link(post_id)
        self.check(post_id)

    @rule(post_id=POST_ID, role=ROLE)
    def delete(self, post_id: str, role: str) -> None:
        who = self.person(role, post_id)
        self.browsers[who].post(f"/posts/{post_id}/delete/")
        if self.may_edit(who, post_id):
            self.deleted[who, post_id] = self.posts.pop(post_id)
        self.check(post_id)

    @rule(post_id=POST_ID, role=ROLE)
    def undo(self, post_id: str, role: str) -> None:
        who = self.person(role, post_id)
        self.browsers[who].post(f"/posts/{post_id}/undo/")
        new = None
        if who not in self.blocked and (restored := self.deleted.pop((who, post_id), None)):
            if post_id in self.posts:
                new = replace(restored, is_published=False)  # restored as a draft with another id
            else:
                self.posts[post_id] = restored
        self.check(post_id, new=new)

    @rule(post_id=POST_ID, role=ROLE, act=st.sampled_from(["create", "create", "revoke"]))
    def share(self, post_id: str, role: str, act: str) -> None:
        who = self.person(role, post_id)
        self.browsers[who].post(f"/posts/{post_id}/share/", {"act": act})
        if self.may_edit(who, post_id) and not self.posts[post_id].is_published:
            self.end_link(post_id)
            if act == "create":
                url = self.browsers[who].get(f"/posts/{post_id}/share/").context["url"]
                self.links[post_id] = url[url.index("/posts/shared/") :]
                self.link_makers[self.links[post_id]] = who
        self.check(post_id)

    @rule(post_id=POST_ID, role=ROLE, seed=SEEDS)
    def open_version(self, post_id: str, role: str, seed: int) -> None:
        who = self.person(role, post_id)
        if versions := self.versions_of(post_id, who):
            self.versions.append(random.Random(seed).choice(versions))
            self.look(who, self.versions[-1])
        self.check(post_id)

    @rule(post_id=POST_ID, role=ROLE)
    def write_over_rest(self, post_id: str, role: str) -> None:
        """Change a row directly in Appwrite, without the site. Appwrite allows this only to the author and admins."""
        who = self.person(role, post_id)
        word = self.new_word(post_id, who)
        with suppress(errors.SiteError):
            self.people[who].appwrite.db.update_row("app", "posts", post_id, self.data(word))
            assert self.may_change_over_rest(who, post_id)
            self.posts[post_id] = replace(self.posts[post_id], word=word)
            self.forget_files(post_id)
        self.check(post_id)

    @rule(post_id=POST_ID, role=ROLE)
    def open_row_over_rest(self, post_id: str, role: str) -> None:
        """Make a row readable by everyone without publishing it. The site must still hide it."""
        who = self.person(role, post_id)
        with suppress(errors.SiteError):
            owner = f"user:{self.posts[post_id].author}" if post_id in self.posts else "user:nobody"
            permissions = ['read("any")', *(f'{right}("{owner}")' for right in ("read", "update", "delete"))]
            self.people[who].appwrite.db.update_row("app", "posts", post_id, permissions=permissions)
            assert self.may_change_over_rest(who, post_id)
            self.opened.add(post_id)
        self.check(post_id)

    @rule(post_id=POST_ID, role=ROLE)
    def delete_over_rest(self, post_id: str, role: str) -> None:
        who = self.person(role, post_id)
        with suppress(errors.SiteError):
            self.people[who].appwrite.db.delete_row("app", "posts", post_id)
            assert self.may_change_over_rest(who, post_id)
            self.old_links[self.links.pop(post_id, "")] = self.posts.pop(post_id).author
            self.forget_files(post_id)
        self.check(post_id)

    @rule(post_id=POST_ID, member=st.sampled_from(MEMBERS))
    def block(self, post_id: str, member: str) -> None:
        """Block a member, or unblock them. Unblocking ends their sessions."""
        before = cookies(self.browsers[member])
        is_blocked = member in self.blocked
        self.browsers[ADMIN].post(f"/manage/people/{member}/{'unblock' if is_blocked else 'block'}/")
        self.blocked ^= {member}
        self.forget(member)
        if is_blocked:
            made = create_admin_client().users.create_session(member)
            self.people[member] = replace(self.people[member], made=made)
            self.browsers[member] = self.people[member].browser()
            assert not self.words_in("/posts/mine/", before), "an old session works again"
        self.check(post_id)

    @rule(post_id=POST_ID, member=st.sampled_from(MEMBERS))
    def change_role(self, post_id: str, member: str) -> None:
        """Give a member the editors' label, or remove the label."""
        self.editors ^= {member}
        labels = ["editor"] if member in self.editors else []
        self.browsers[ADMIN].post(f"/manage/people/{member}/labels/", {"labels": labels})
        self.forget(member)
        self.check(post_id)

    @rule(post_id=POST_ID)
    def become_due(self, post_id: str) -> None:
        """Set a scheduled post's time to the past. The next request publishes it if its author may publish."""
        db = create_admin_client().db
        for row in db.list_rows("app", "posts", [Query.is_not_null("scheduledAt"), Query.equal("$id", [post_id])]).rows:
            past = timezone.now() - timedelta(minutes=1)
            db.update_row("app", "posts", row.id, {"scheduledAt": appwrite_time(past)})
            due_times.expect(past)
            self.get(GUEST, "/posts/")
            if self.may_publish(author := self.author(post_id), author) and author not in self.blocked:
                self.posts[post_id] = replace(self.posts[post_id], is_published=True)
        self.check(post_id)

    @rule(post_id=POST_ID, role=ROLE, act=st.sampled_from(["ask", "ask", "withdraw"]))
    def ask_for_review(self, post_id: str, role: str, act: str) -> None:
        self.browsers[self.person(role, post_id)].post(f"/posts/{post_id}/review/", {"act": act})
        self.check(post_id)

    @rule(post_id=POST_ID, role=ROLE)
    def send_back(self, post_id: str, role: str) -> None:
        """Send a draft back with a note that only its author and admins may read."""
        word = self.new_word(post_id, self.author(post_id) or ADMIN)
        self.browsers[self.person(role, post_id)].post(f"/manage/reviews/{post_id}/", {"note": f"Skriv om {word}."})
        self.check(post_id)

    def forget(self, member: str) -> None:
        """Delete the cache entry in which the site stores a person for a minute."""
        session.forget_user(self.people[member].secret)

    def author(self, post_id: str) -> str:
        return self.posts[post_id].author if post_id in self.posts else ""

    def person(self, role: str, post_id: str) -> str:
        """Return the author of the post, another member, or the admin. If there is no post, return any member."""
        author = self.posts[post_id].author if post_id in self.posts else self.random.choice(MEMBERS)
        return {"author": author, "other": self.other(author)}.get(role, role)

    def other(self, author: str) -> str:
        return self.random.choice([member for member in MEMBERS if member != author])

    def versions_of(self, post_id: str, who: str = ADMIN) -> list[str]:
        page = self.browsers[who].get(f"/posts/{post_id}/history/").content.decode()
        return re.findall(rf'href="(/posts/{post_id}/history/[^"]+/)"', page)

    # -- the model -----------------------------------------------------------------------------------------------------
    def may_edit(self, who: str, post_id: str) -> bool:
        post = self.posts.get(post_id)
        return post is not None and who not in self.blocked and who in (post.author, ADMIN)

    def may_publish(self, who: str, author: str) -> bool:
        return who == ADMIN or (who == author and (not self.reviews or who in self.editors))

    def may_change_over_rest(self, who: str, post_id: str) -> bool:
        return self.may_edit(who, post_id) and self.may_publish(who, self.author(post_id))

    def is_refused(self, who: str, act: str, before: Stored) -> bool:
        if act == "schedule":  # the author must be able to publish, even if an admin schedules the post
            can_schedule = self.may_publish(before.author, before.author) and before.author not in self.blocked
            return before.is_published or not can_schedule
        if act == "autosave" and before.is_published:
            return True
        changes_public_text = act == "publish" or (before.is_published and act != "unpublish")
        return changes_public_text and not self.may_publish(who, before.author)

    def may_see(self, who: str, word: str) -> bool:
        if who in (ADMIN, self.owners[word]) and who not in self.blocked:
            return True
        return any(post.word == word and post.is_published for post in self.posts.values())

    def new_word(self, post_id: str, who: str) -> str:
        word = f"zq{self.random.getrandbits(60):012x}"[:14]
        post = self.posts.get(post_id)
        self.owners[word] = post.author if post and self.may_edit(who, post_id) else who
        return word

    @staticmethod
    def data(word: str, more: str = "") -> dict[str, str]:
        return {"title": f"Kaffe {word}", "content": f"Det er {word} kaffe.{more}", "excerpt": ""}

    def form(self, post_id: str, who: str, act: str) -> dict[str, object]:
        """Return the form data that `who` submits, sometimes with a cover and an image."""
        browser, word = self.browsers[who], self.new_word(post_id, who)
        hidden: dict[str, str] = {}
        if self.may_edit(who, post_id):
            page = browser.get(f"/posts/{post_id}/edit/").content.decode()
            hidden = dict(re.findall(r'name="(version|form_key|state|cover_id|cover_alt)" value="([^"]*)"', page))
        form: dict[str, object] = {"language": "nb", "campus": "oslo", "tags": "kaffe", **hidden, "post_id": post_id}
        image = ""
        if self.random.random() < 0.3:
            upload = SimpleUploadedFile("a.webp", picture(), "image/webp")
            added = browser.post("/posts/image/", {**form, "image": upload}, headers={"X-Requested-With": "fetch"})
            if added.status_code == 200:
                image = "\n\n" + added.json()["markdown"]
        if self.random.random() < 0.3 and act != "autosave":
            form |= {"cover": SimpleUploadedFile("a.webp", picture(), "image/webp"), "cover_alt": "Rød"}
        soon = local_input(timezone.now() + timedelta(days=2)) if act == "schedule" else ""
        return {
            **form,
            **self.data(word, image),
            "act": act,
            "publish_at": soon,
            "word": word,
            **self.confirmed(post_id),
        }

    def forget_files(self, post_id: str) -> None:
        """Stop checking a post's files, because a write to its row over REST does not change who may read them."""
        self.files = {file: owners for file, owners in self.files.items() if self.shown_in[file] != post_id}

    def confirmed(self, post_id: str) -> dict[str, str]:
        """Return the data that the confirmation page submits when an admin publishes someone else's post."""
        return {"confirmed": self.posts[post_id].author} if post_id in self.posts else {}

    def end_link(self, post_id: str) -> None:
        self.old_links[self.links.pop(post_id, "")] = "nobody"

    # -- comparing -----------------------------------------------------------------------------------------------------
    def check(self, touched: str, new: Stored | None = None) -> None:
        self.compare_rows(new)
        for post_id in [
            post_id for post_id in self.links if post_id not in self.posts or self.posts[post_id].is_published
        ]:
            self.end_link(post_id)
        post = self.posts.get(touched)
        other = self.other(post.author if post else self.random.choice(MEMBERS))
        self.look(GUEST, self.random.choice(LISTS), f"/posts/{touched}/{self.random.choice(OF_POST)}")
        self.look(other, f"/posts/{touched}/{self.random.choice(OF_POST)}")
        self.look(self.random.choice([*MEMBERS, ADMIN]), self.random.choice([*LISTS, *PRIVATE]))
        if self.versions and self.random.random() < 0.5:
            self.look(self.random.choice(MEMBERS), self.random.choice(self.versions))
        if self.owners and self.random.random() < 0.2:
            self.look(GUEST, f"/posts/?q={self.random.choice(list(self.owners))}")
        if post and post.is_published:
            assert post.word in self.get(GUEST, f"/posts/{touched}/"), "a published post is hidden"
        else:
            self.look(GUEST, f"/posts/{touched}/")
        self.check_links()
        self.check_files()
        if self.random.random() < 0.5:
            self.check_rest(self.random.choice([GUEST, *MEMBERS]))

    def compare_rows(self, new: Stored | None) -> None:
        """Compare the model with all rows, and record which pictures the rows show."""
        rows = create_admin_client().db.list_rows("app", "posts", [Query.limit(500)]).rows
        stored = {}
        self.public_files = set()
        for row in rows:
            (author,) = policy.owners_of(row.permissions)
            (word,) = set(WORD.findall(row.data["title"]))
            stored[row.id] = Stored(author, row.data["status"] == "published", word)
            assert policy.is_restricted(row.permissions) != self.may_publish(author, author), "wrong permissions"
            files = {("images", file) for file in image_ids.find(row.data["content"], row.id)}
            files |= {("covers", row.data["coverId"])} if row.data["coverId"] else set()
            for file in files:
                self.files.setdefault(file, set()).add(author)
                self.shown_in[file] = row.id
            if stored[row.id].is_published:
                self.public_files |= files
        if new:
            (added,) = stored.keys() - self.posts.keys()
            self.posts[added] = new
        assert stored == self.posts

    def get(self, who: str, path: str) -> str:
        return self.page(path, cookies(self.browsers[who]) if who else "")

    def page(self, path: str, cookie: str) -> str:
        answer = self.site.get(path, **({"cookie": cookie} if cookie else {}))
        assert answer.status < 500, path
        return answer.body.decode(errors="replace")

    def words_in(self, path: str, cookie: str) -> set[str]:
        return set(WORD.findall(self.page(path, cookie)))

    def look(self, who: str, *paths: str) -> None:
        """Open pages as `who`. Check that they contain no word hidden from `who`, except in the search field."""
        for path in paths:
            seen = self.words_in(path, cookies(self.browsers[who]) if who else "") - {path.partition("q=")[2]}
            forbidden = {word for word in seen if not self.may_see(who, word)}
            assert not forbidden, (who or "guest", path, forbidden)

    def check_links(self) -> None:
        for post_id, link in self.links.items():
            works = self.posts[post_id].word in self.get(GUEST, link)
            assert works != (self.link_makers[link] in self.blocked), "a private link wrongly works or fails"
        for link in [link for link in self.old_links if link][-2:]:
            seen = set(WORD.findall(self.get(GUEST, link)))
            author = self.old_links[link]
            assert seen <= {each.word for each in self.posts.values() if each.is_published or each.author == author}

    def check_files(self) -> None:
        for (bucket, file), owners in self.files.items():
            if (bucket, file) in self.public_files or self.random.random() > 0.2:
                continue
            strangers = [each for each in MEMBERS if each not in owners or each in self.blocked]
            who = self.random.choice([GUEST, *strangers])
            path = f"/posts/{'cover' if bucket == 'covers' else 'image'}/{file}/480/"
            cookie = {"cookie": cookies(self.browsers[who])} if who else {}
            assert self.site.get(path, **cookie).status != 200, (who or "guest", path)

    def check_rest(self, who: str) -> None:
        """Check that `who` cannot list hidden rows or files directly in Appwrite."""
        client: SessionClient = self.people[who].appwrite if who else create_guest_client()
        if who in self.blocked:
            with pytest.raises(errors.SiteError):
                client.db.list_rows("app", "posts")
            return
        rows = client.db.list_rows("app", "posts", [Query.limit(500)]).rows
        seen = set(WORD.findall(json.dumps([row.data for row in rows if row.id not in self.opened])))
        assert not {word for word in seen if not self.may_see(who, word)}, who or "guest"
        with pytest.raises(errors.SiteError):
            client.db.list_rows("app", self.random.choice(HIDDEN_TABLES))
        bucket = self.random.choice(["covers", "images"])
        files = {(bucket, file.id) for file in client.storage.list_files(bucket).files} - self.public_files
        hidden = {file for file in files if file in self.files and who not in self.files[file]}
        assert not hidden, (who or "guest", hidden)


class WalkWithReviews(Walk):
    reviews = True


@pytest.fixture
def walk_of(cast, start_from, monkeypatch, settings) -> Callable[..., type[Walk]]:
    """Return a function that prepares a `Walk` class for a test and returns it.

    It sets POSTS_WRITERS to match the class.
    """

    def prepared(kind: type[Walk]) -> type[Walk]:
        monkeypatch.setattr(rate_limits.Limit, "take", lambda limit, key: 0)
        settings.POSTS_WRITERS = EDITOR if kind.reviews else "users"
        kind.people = {person.id: person for person in cast.values()}
        create = (lambda: call_command("setup_appwrite", verbosity=0)) if kind.reviews else (lambda: None)
        kind.start = staticmethod(lambda: start_from(f"model of who sees what, {kind.__name__}", create))
        return kind

    return prepared


@pytest.fixture
def walk(walk_of) -> type[Walk]:
    return walk_of(Walk)


@pytest.mark.parametrize("part", range(PARTS))
def test_nobody_sees_or_changes_what_the_rules_forbid(walk_of, part):
    """Each part repeats the same walk in every run. Set the environment variable SEED to try a different walk."""
    walk = walk_of(WalkWithReviews if part % 2 else Walk)
    seed(SEED_OF_RUN + part)(walk)
    run_state_machine_as_test(
        walk,
        settings=hypothesis_settings(
            max_examples=max(1, STEPS // PARTS // STEPS_PER_WALK),
            stateful_step_count=STEPS_PER_WALK,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],  # shrinking a failing example would take minutes
            print_blob=True,
        ),
    )


def test_walk_notices_a_version_that_another_member_may_open(walk, monkeypatch):
    machine = walk()
    machine.begin(seed=1)
    machine.write("modelpost1", "author", "publish")
    machine.write("modelpost1", "author", "save")
    other = machine.other(machine.posts["modelpost1"].author)
    versions = machine.versions_of("modelpost1")
    machine.look(other, *versions)
    monkeypatch.setattr(policy, "can_edit", lambda user, post: user.is_authenticated)
    with pytest.raises(AssertionError, match="history"):
        machine.look(other, *versions)


def test_walk_notices_a_private_link_that_was_not_revoked(walk, monkeypatch):
    machine = walk()
    machine.begin(seed=1)
    machine.write("modelpost1", "author", "save")
    machine.share("modelpost1", "author", "create")
    monkeypatch.setattr(PreviewLinkRepository, "revoke", lambda links, post_id: None)
    with pytest.raises(AssertionError):
        machine.share("modelpost1", "author", "revoke")


def test_walk_notices_drafts_that_keep_the_permissions_of_a_lost_role(walk_of, monkeypatch):
    machine = walk_of(WalkWithReviews)()
    machine.begin(seed=1)
    for member in MEMBERS:
        machine.change_role("modelpost1", member)
    machine.write("modelpost1", "author", "save")
    monkeypatch.setattr(restrictions, "enforce", lambda client, user_id: 0)
    with pytest.raises(AssertionError, match="permissions"):
        machine.change_role("modelpost1", machine.author("modelpost1"))


def test_walk_notices_a_scheduled_post_of_a_blocked_author_that_is_published(walk, monkeypatch):
    machine = walk()
    machine.begin(seed=1)
    machine.write("modelpost1", "author", "schedule")
    machine.block("modelpost1", machine.author("modelpost1"))
    monkeypatch.setattr(restrictions, "can_author_publish", lambda client, author_id, **options: True)
    with pytest.raises(AssertionError):
        machine.become_due("modelpost1")


def test_walk_notices_a_scheduled_post_that_is_not_published(walk, monkeypatch):
    machine = walk()
    machine.begin(seed=1)
    machine.write("modelpost1", "author", "schedule")
    monkeypatch.setattr(scheduling, "publish_due", lambda: None)
    with pytest.raises(AssertionError):
        machine.become_due("modelpost1")
