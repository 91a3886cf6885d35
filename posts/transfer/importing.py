"""Write the entries of a file to Appwrite. Existing objects are never changed, so an import can be repeated.

The file is read once for each kind of entry, so that accounts are created before their owners' pictures, and pictures
before the posts that show them. Entries are processed in batches, so that the file can have any size.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import groupby, islice
from typing import Any, NamedTuple

from appwrite.input_file import InputFile
from appwrite.models.user import User as AppwriteUser
from appwrite.query import Query
from django.conf import settings

from accounts.repositories.address_proof import is_confirmed
from accounts.repositories.subscriptions import SubscriptionRepository
from core import errors
from core.appwrite_client import AdminClient
from core.calls import run_concurrently
from posts import image_ids, models, policy, restrictions, topics
from posts.covers import images
from posts.covers.storage import cover_prefix
from posts.schema import POSTS, PROFILES
from posts.transfer import checks, exporting
from posts.transfer.archive import DamagedError, Source
from posts.transfer.checks import InvalidEntryError

BATCH = 25  # entries
AT_ONCE = 4  # calls to Appwrite

ADDED, THERE, DIFFERENT, INVALID = "added", "already there", "different and left as they are", "invalid"
NO_ACCOUNT = "Its owner's account cannot be used."
OUTCOMES = (ADDED, THERE, DIFFERENT, INVALID)
KINDS = {"person": "people", "file": "pictures", "row": "rows", "subscriber": "subscriptions"}
"""Kinds of entries in import order, with their names in the summary."""


class Outcome(NamedTuple):
    """The result of importing an entry. `reason` says why the entry is invalid or different."""

    place: str
    state: str
    reason: str = ""


class Valid(NamedTuple):
    place: str
    values: dict[str, Any]


class Import:
    """The import of one file.

    `say` receives a message about each entry that is invalid or different. If the client is for a dry run
    (`AdminClient.without_writes`), the import only counts the entries that it would add.
    """

    def __init__(self, client: AdminClient, source: Source, say: Callable[[str], None]) -> None:
        self._client = client
        self._source = source
        self._say = say
        self._ids: dict[str, str] = {}  # a person's id in the file -> the id of their account, if it is different
        self._refused: set[str] = set()  # people whose accounts cannot be used, so their posts are not imported
        self._drafts: set[str] = set()  # prefixes of the ids of drafts' pictures
        self._can_publish: dict[str, bool] = {}  # person id -> whether they can publish without a review
        self._planned: set[str] = set()  # people whose accounts a dry run would create
        self.counts = {kind: Counter[str]() for kind in KINDS}
        self.invalid = 0

    def run(self) -> None:
        self._report_invalid()
        for kind in KINDS:
            entries = self._valid(kind)
            while batch := list(islice(entries, BATCH)):
                for outcome in self._write(kind, batch):
                    self._count(kind, outcome)
        with suppress(errors.WouldWriteError, errors.NotFoundError):  # NotFoundError: an older project lacks the table
            topics.recount(self._client)

    def _report_invalid(self) -> None:
        for entry in self._source.entries():
            try:
                if entry.fault:
                    raise InvalidEntryError(entry.fault)
                self._note_draft(checks.checked(entry.values))
            except InvalidEntryError as error:
                self.invalid += 1
                if entry.values.get("kind") == "person":
                    self._refused.add(str(entry.values.get("id")))
                self._say(f"{entry.place}: {error}")

    def _note_draft(self, values: dict[str, Any]) -> None:
        if values.get("table") == POSTS and values["data"]["status"] != models.PUBLISHED:
            prefixes = cover_prefix(values["id"]), image_ids.prefix(values["id"])
            self._drafts.update(prefix.removesuffix("-") for prefix in prefixes)

    def _valid(self, kind: str) -> Iterator[Valid]:
        for entry in self._source.entries():
            if not entry.fault and entry.values.get("kind") == kind:
                try:
                    yield Valid(entry.place, checks.checked(entry.values))
                except InvalidEntryError:
                    continue  # `_report_invalid` has counted the entry

    def _count(self, kind: str, outcome: Outcome) -> None:
        self.counts[kind][outcome.state] += 1
        self.invalid += outcome.state == INVALID
        if outcome.reason:
            self._say(f"{outcome.place}: {outcome.reason}")

    def _write(self, kind: str, batch: list[Valid]) -> Iterator[Outcome]:
        if kind == "person":
            yield from self._in_turn(self._people(batch))
        elif kind == "subscriber":
            yield from self._in_turn([partial(self._subscriber, entry) for entry in batch])
        else:
            place, write = ("table", self._rows) if kind == "row" else ("bucket", self._files)
            for name, group in groupby(batch, key=lambda entry: str(entry.values[place])):
                yield from self._in_turn(write(name, list(group)))

    def _in_turn(self, calls: list[Callable[[], Outcome]]) -> Iterator[Outcome]:
        for start in range(0, len(calls), AT_ONCE):
            yield from run_concurrently(*calls[start : start + AT_ONCE])

    # -- people -------------------------------------------------------------------------------------------------------
    def _people(self, batch: list[Valid]) -> list[Callable[[], Outcome]]:
        users = self._client.users
        ids = [entry.values["id"] for entry in batch]
        by_id = {user.id: user for user in users.list([Query.equal("$id", ids), Query.limit(len(ids))], total=0).users}
        addresses = [entry.values["email"] for entry in batch if entry.values["email"]]
        queries = [Query.equal("email", addresses), Query.limit(len(addresses))]
        found = users.list(queries, total=0).users if addresses else []
        by_address = {user.email.lower(): user for user in found}
        return [
            partial(self._person, entry, by_id.get(entry.values["id"]), by_address.get(entry.values["email"] or None))
            for entry in batch
        ]

    def _person(self, entry: Valid, user: AppwriteUser | None, namesake: AppwriteUser | None) -> Outcome:
        """Create the account. Complete it if an earlier import was interrupted and nobody has used the account since.

        Visitors can choose the id and the address of a new account, so the import must not give posts to an account
        that may belong to someone other than the person in the file.
        """
        values = entry.values
        if user is None and namesake is None:
            outcome = _outcome(entry, lambda: self._create_person(values))
            if outcome.state != ADDED:
                self._refused.add(values["id"])  # a visitor could create an account with this id
            return outcome
        if user is None and namesake is not None:
            if not values["by_address"]:
                return self._refuse(entry, f"Another account, {namesake.id}, has the address of {values['id']}.")
            if not is_confirmed(namesake):
                reason = f"Nobody has confirmed the address of the account {namesake.id}. Its owner must sign in first."
                return self._refuse(entry, reason)
            self._ids[values["id"]] = namesake.id
        elif user is not None and not values["by_address"]:
            if reason := _doubt(user, values):
                return self._refuse(entry, reason)
            if {**exporting.person_values(user), "email": user.email.lower()} != _comparable(values):
                if user.accessedat or user.passwordupdate or user.labels:
                    return Outcome(entry.place, DIFFERENT, f"The account {user.id} exists and differs.")
                return _outcome(entry, lambda: self._complete(values))
        return Outcome(entry.place, THERE)

    def _refuse(self, entry: Valid, reason: str) -> Outcome:
        self._refused.add(entry.values["id"])
        return Outcome(entry.place, INVALID, reason)

    def _create_person(self, values: dict[str, Any]) -> None:
        try:
            self._client.users.create(values["id"], values["email"] or None, name=values["name"] or None)
        except errors.WouldWriteError:
            self._planned.add(values["id"])
            raise
        self._complete(values)

    def _complete(self, values: dict[str, Any]) -> None:
        """Set all values except the id and the address. Set the labels last, because they grant rights."""
        users, user_id = self._client.users, values["id"]
        if values["prefs"]:
            users.update_prefs(user_id, values["prefs"])
        if values["verified"]:
            users.update_email_verification(user_id, True)
        if not values["active"]:
            users.update_status(user_id, False)
        if values["labels"]:
            users.update_labels(user_id, values["labels"])

    def _subscriber(self, entry: Valid) -> Outcome:
        if entry.values["person"] in self._planned:
            return Outcome(entry.place, ADDED)
        if entry.values["person"] in self._refused:
            return Outcome(entry.place, INVALID, NO_ACCOUNT)
        try:
            added = SubscriptionRepository(self._client).restore(entry.values["person"], entry.values["topic"])
        except errors.WouldWriteError:
            return Outcome(entry.place, ADDED)
        except errors.NotFoundError:
            reason = f"The account {entry.values['person']} or the topic {entry.values['topic']} does not exist."
            return Outcome(entry.place, INVALID, reason)
        except errors.NotAllowedError as error:
            return Outcome(entry.place, DIFFERENT, f"The person {entry.values['person']} gets no e-mails: {error}.")
        except errors.MisconfiguredError as error:
            return Outcome(entry.place, INVALID, f"The subscription cannot be added: {error}")
        return Outcome(entry.place, ADDED if added else THERE)

    # -- pictures -----------------------------------------------------------------------------------------------------
    def _files(self, bucket: str, batch: list[Valid]) -> list[Callable[[], Outcome]]:
        ids = [entry.values["id"] for entry in batch]
        queries = [Query.equal("$id", ids), Query.limit(len(ids))]
        there = {file.id: file for file in self._client.storage.list_files(bucket, queries, total=0).files}
        return [partial(self._file, entry, there.get(entry.values["id"])) for entry in batch]

    def _file(self, entry: Valid, there: Any) -> Outcome:
        values = entry.values
        if policy.owners_of(values["permissions"]) & self._refused:
            return Outcome(entry.place, INVALID, NO_ACCOUNT)
        permissions = self._permissions(values)
        if values["id"].partition("-")[0] in self._drafts and policy.READ_BY_EVERYONE in permissions:
            permissions.remove(policy.READ_BY_EVERYONE)
        if there is not None:
            return _compared(entry, set(there.permissions) == set(permissions), f"The file {there.id}")
        limit = checks.BUCKETS[values["bucket"]].maximum_file_size
        try:
            content = self._source.picture(values["path"], limit + 1)
        except KeyError:
            return Outcome(entry.place, INVALID, f"The archive contains no {values['path']}.")
        except DamagedError as error:
            return Outcome(entry.place, INVALID, str(error))
        if not images.is_webp(content) or len(content) > limit:
            return Outcome(entry.place, INVALID, f"{values['path']} is not a WebP picture of the allowed size.")
        upload = InputFile.from_bytes(content, values["name"])
        create = partial(self._client.storage.create_file, values["bucket"], values["id"], upload, permissions)
        return _outcome(entry, create)

    # -- rows ---------------------------------------------------------------------------------------------------------
    def _rows(self, table: str, batch: list[Valid]) -> list[Callable[[], Outcome]]:
        ids = [entry.values["id"] for entry in batch]
        queries = [Query.equal("$id", ids), Query.limit(len(ids))]
        rows = self._client.db.list_rows(settings.APPWRITE_DATABASE, table, queries, total=0).rows
        there = {row.id: row for row in rows}
        return [partial(self._row, entry, there.get(entry.values["id"])) for entry in batch]

    def _row(self, entry: Valid, there: Any) -> Outcome:
        values = entry.values
        if _people_of(values) & self._refused:
            return Outcome(entry.place, INVALID, NO_ACCOUNT)
        permissions = self._permissions(values)
        data = {
            key: self._ids.get(value, value) if key == "authorId" else value for key, value in values["data"].items()
        }
        if there is not None:
            return _compared(entry, _is_same(there, values["table"], data, permissions), f"The row {there.id}")
        dates = {f"${name}At": values[name] for name in ("created", "updated") if name in values}
        written = {key: value for key, value in data.items() if value not in (None, [])}
        create = partial(
            self._client.db.create_row,
            settings.APPWRITE_DATABASE,
            values["table"],
            values["id"],
            {**written, **dates},
            permissions,
        )
        return _outcome(entry, create)

    def _permissions(self, values: dict[str, Any]) -> list[str]:
        """Return the permissions, with the accounts' ids in Appwrite instead of the ids in the file.

        Give only read permission to people who need a review to publish.
        """
        permissions = [self._with_ids(each) for each in values["permissions"]]
        for owner in policy.owners_of(permissions):
            if owner not in self._can_publish:
                self._can_publish[owner] = restrictions.can_author_publish(self._client, owner, even_if_blocked=True)
            if not self._can_publish[owner]:
                return [each for each in permissions if each.startswith("read(")]
        return permissions

    def _with_ids(self, permission: str) -> str:
        """Return the permission with the account's id in Appwrite instead of the id in the file."""
        before, user, rest = permission.partition('("user:')
        name, end = rest[:-2], rest[-2:]
        return f"{before}{user}{self._ids.get(name, name)}{end}"


def _doubt(user: AppwriteUser, values: dict[str, Any]) -> str:
    """Return why an account may not belong to the person with this id in the file, or "" if there is no doubt.

    Anyone can create an account with someone else's address and a password. Accounts without an address can only be
    told apart by their labels, which visitors cannot write.
    """
    if user.email.lower() != values["email"]:
        return f"The account {user.id} does not have the address in the file. Delete it or change its address."
    if user.email:
        is_doubtful = bool(user.passwordupdate) and not is_confirmed(user)
    else:
        is_used = bool(user.phone or user.passwordupdate or user.accessedat)
        is_doubtful = is_used and set(user.labels).isdisjoint(values["labels"])
    if is_doubtful:
        return f"Nobody has confirmed that the account {user.id} belongs to this person. Delete the account."
    return ""


def _people_of(values: dict[str, Any]) -> set[str]:
    """Return the ids of the row's owners and of the people named in the row, because they may be able to read it."""
    named = {str(values["data"].get(column)) for column in ("authorId", "savedBy", "createdBy")}
    return named | policy.owners_of(values["permissions"]) | ({values["id"]} if values["table"] == PROFILES else set())


def _comparable(values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in ("id", "name", "email", "verified", "active", "labels", "prefs")}


def _is_same(row: Any, table: str, data: dict[str, Any], permissions: list[str]) -> bool:
    try:
        there = checks.checked(
            {"kind": "row", "table": table, "id": row.id, "data": row.data, "permissions": row.permissions}
        )
    except InvalidEntryError:
        return False
    return bool(there["data"] == data and set(row.permissions) == set(permissions))


def _compared(entry: Valid, is_same: bool, what: str) -> Outcome:
    return Outcome(entry.place, THERE) if is_same else Outcome(entry.place, DIFFERENT, f"{what} exists and differs.")


def _outcome(entry: Valid, create: Callable[[], object]) -> Outcome:
    """Create the object. Raise UnavailableError if Appwrite fails, so that the import can be repeated."""
    try:
        create()
    except errors.WouldWriteError:
        return Outcome(entry.place, ADDED)
    except errors.ConflictError as error:
        return Outcome(entry.place, DIFFERENT, f"It was created during the import: {error}")
    except errors.InvalidInputError as error:
        return Outcome(entry.place, INVALID, f"Appwrite refuses it: {error}")
    return Outcome(entry.place, ADDED)


def summary(counts: dict[str, Counter[str]], *, is_dry_run: bool) -> Iterator[str]:
    """Yield a message for each kind of entry in the file."""
    added = "to be added" if is_dry_run else ADDED
    for kind, name in KINDS.items():
        states = [
            f"{counts[kind][state]} {added if state == ADDED else state}" for state in OUTCOMES if counts[kind][state]
        ]
        if states:
            yield f"{counts[kind].total()} {name}: {', '.join(states)}."
