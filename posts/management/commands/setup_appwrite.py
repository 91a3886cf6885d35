"""manage.py setup_appwrite: set up a project for the site, in the emulator or in a real Appwrite."""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from appwrite.id import ID
from appwrite.models.user import User
from appwrite.query import Query
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.repositories.address_proof import UNPROVED, is_proved_by_mail
from accounts.repositories.cleanup import AccountCleanup
from accounts.repositories.site_account import SITE_ACCOUNT, SiteAccountRepository
from accounts.repositories.subscriptions import SubscriptionRepository
from core import errors
from core.appwrite_client import AdminClient, create_admin_client
from core.formats import appwrite_time
from core.revalidation import revalidate
from core.text_fields import AddressField
from posts import demo, models, policy, restrictions, schema, topics
from posts.covers.storage import CoverRepository
from posts.repository import PostRepository

READY_WITHIN = 120  # seconds; Appwrite's worker creates columns and indexes one by one


class Command(BaseCommand):
    help = (
        "Creates the database, tables, columns, indexes and buckets if they are missing, and corrects permissions. "
        "Prints each change and deletes nothing. Run this command again after each change to POSTS_WRITERS and after "
        "each upgrade."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="add people and posts for trying out the site")
        parser.add_argument("--admin", metavar="ADDRESS", help="make the person with this e-mail address an admin")
        parser.add_argument("--dry-run", action="store_true", help="print what would change, and change nothing")

    def handle(self, *_: Any, **options: Any) -> None:
        self.verbose = options["verbosity"] > 0
        self.dry_run = options["dry_run"]
        self.is_1_8 = False
        client = create_admin_client()
        try:
            if self.dry_run:
                with suppress(errors.NotFoundError):  # counting fails if the tables do not exist
                    self._set_up(client.without_writes(), options)
            else:
                self._set_up(client, options)
        except errors.MisconfiguredError as error:
            raise CommandError(
                f"Appwrite rejects the project or the API key: {error} docs/deploy.md lists the key's scopes."
            ) from error
        except errors.InvalidInputError as error:
            raise CommandError(
                f"Appwrite rejects a change: {error} Run manage.py check_appwrite, which says how to correct it."
            ) from error
        except errors.UnavailableError as error:
            raise CommandError(f"Appwrite at {settings.APPWRITE_ENDPOINT} cannot be reached: {error}") from error
        if self.dry_run:
            self._say("Nothing was changed.")
            return
        revalidate()
        self._say("Appwrite is ready.")

    def _set_up(self, client: AdminClient, options: dict[str, Any]) -> None:
        self._database(client)
        for table in schema.tables():
            self._table(client, table)
        for bucket in schema.buckets():
            self._bucket(client, bucket)
        self._change("create or correct", "the topics of e-mails about posts", lambda: self._topics(client))
        self._site_account(client)
        if options["admin"]:
            self._change("make", f"{options['admin']} an admin", lambda: self._admin(client, options["admin"]))
        if options["demo"]:
            self._change("add", "the demo people and posts", lambda: self._demo(client))
        self._change("correct", "the permissions of posts", lambda: self._restrictions(client))
        self._change("update", "the summaries or reading times of posts", lambda: self._derived(client))
        self._change("correct", "the numbers of posts about topics", lambda: self._recount(client))

    def _say(self, sentence: str) -> None:
        if self.verbose:
            self.stdout.write(sentence)

    def _change(self, verb: str, what: str, write: Callable[[], object], done: str = "") -> None:
        """Make the change and print `done`. In a dry run, only print the change that would be made."""
        try:
            write()
        except errors.WouldWriteError:
            self._say(f"Would {verb} {what}.")
        else:
            if done:
                self._say(f"{done} {what}.")

    def _restrictions(self, client: AdminClient) -> None:
        if changed := restrictions.enforce(client):
            self._say(f"Corrected the permissions of {changed} posts.")

    def _derived(self, client: AdminClient) -> None:
        if rebuilt := PostRepository(client).rebuild_derived():
            self._say(f"Updated the summary or reading time of {rebuilt} posts.")

    def _recount(self, client: AdminClient) -> None:
        if corrected := topics.recount(client):
            self._say(f"Corrected the number of posts about {corrected} topics.")

    # -- the schema ---------------------------------------------------------------------------------------------------
    def _database(self, client: AdminClient) -> None:
        try:
            client.db.get(settings.APPWRITE_DATABASE)
        except errors.NotFoundError:
            self._change(
                "create",
                f"database {settings.APPWRITE_DATABASE}",
                lambda: client.db.create(settings.APPWRITE_DATABASE, "BISO posts"),
                "Created",
            )

    def _table(self, client: AdminClient, table: schema.Table) -> None:
        database = settings.APPWRITE_DATABASE
        try:
            current = client.db.get_table(database, table.id)
        except errors.NotFoundError:
            self._change(
                "create",
                f"table {table.id}",
                lambda: client.db.create_table(database, table.id, table.name, table.permissions, table.row_security),
                "Created",
            )
        else:
            if set(current.permissions) != set(table.permissions) or current.rowsecurity != table.row_security:
                # Send all values, because Appwrite turns row security off if an update omits it.
                self._change(
                    "set",
                    f"the permissions of table {table.id}",
                    lambda: client.db.update_table(
                        database, table.id, table.name, table.permissions, table.row_security, True
                    ),
                    "Set",
                )
        self._columns(client, table)
        self._indexes(client, table)

    def _columns(self, client: AdminClient, table: schema.Table) -> None:
        existing = {column["key"] for column in self._listed(client, table, "columns")}
        for column in table.columns:
            if column.key not in existing:
                self._change(
                    "create",
                    f"column {table.id}.{column.key}",
                    partial(self._create_column, client, table, column),
                    "Created",
                )
        self._wait(client, table, "columns")

    def _create_column(self, client: AdminClient, table: schema.Table, column: schema.Column) -> None:
        """Create the column. In Appwrite 1.8, all text columns have the type `string`."""
        as_string = column.as_string()
        if as_string is None or not self.is_1_8:
            create = getattr(client.db, f"create_{column.kind}_column")
            try:
                create(settings.APPWRITE_DATABASE, table.id, column.key, required=column.required, **column.options)
            except errors.UnavailableError as error:
                if error.code != 404 or as_string is None:  # Appwrite's response to a missing route is an HTML page
                    raise
                self.is_1_8 = True
            else:
                return
        # Call the route directly, because the SDK's method prints a deprecation warning.
        path = f"/tablesdb/{settings.APPWRITE_DATABASE}/tables/{table.id}/columns/string"
        headers = {"content-type": "application/json", "x-appwrite-project": settings.APPWRITE_PROJECT}
        client.client.call("post", path, headers, {"key": column.key, "required": column.required, **as_string})

    def _indexes(self, client: AdminClient, table: schema.Table) -> None:
        existing = {index["key"] for index in self._listed(client, table, "indexes")}
        for index in table.indexes:
            if index.key not in existing:
                create = partial(client.db.create_index, settings.APPWRITE_DATABASE, table.id, index.key)
                self._change(
                    "create",
                    f"index {table.id}.{index.key}",
                    partial(create, index.type, list(index.columns), orders=list(index.orders) or None),
                    "Created",
                )
        self._wait(client, table, "indexes")

    def _wait(self, client: AdminClient, table: schema.Table, kind: str) -> None:
        """Wait until all columns or indexes (`kind`) are available.

        Raise CommandError if any of them fails, or is not available after READY_WITHIN seconds.
        """
        limit = time.monotonic() + READY_WITHIN
        while not self.dry_run:
            states = {entry["key"]: entry["status"] for entry in self._listed(client, table, kind)}
            if failed := [key for key, status in states.items() if status in ("failed", "stuck")]:
                raise CommandError(f"Appwrite could not create {kind} {', '.join(failed)} of table {table.id}.")
            if set(states.values()) <= {"available"}:
                return
            if time.monotonic() > limit:
                raise CommandError(f"{kind} of table {table.id} are not ready after {READY_WITHIN} seconds.")
            time.sleep(0.2)

    def _listed(self, client: AdminClient, table: schema.Table, kind: str) -> list[dict[str, Any]]:
        """Return the table's columns or indexes (`kind`).

        In a dry run, return an empty list if the table does not exist.
        """
        list_ = client.db.list_columns if kind == "columns" else client.db.list_indexes
        try:
            return list(list_(settings.APPWRITE_DATABASE, table.id, [Query.limit(100)]).to_dict()[kind])
        except errors.NotFoundError:
            if self.dry_run:
                return []
            raise

    def _bucket(self, client: AdminClient, bucket: schema.Bucket) -> None:
        options: dict[str, Any] = {
            "permissions": bucket.permissions,
            "file_security": bucket.file_security,
            "maximum_file_size": bucket.maximum_file_size,
            "allowed_file_extensions": list(bucket.allowed_file_extensions),
            "compression": bucket.compression,
        }
        try:
            existing = client.storage.get_bucket(bucket.id)
        except errors.NotFoundError:
            create = partial(client.storage.create_bucket, bucket.id, bucket.name, **options)
            self._change("create", f"bucket {bucket.id}", create, "Created")
            return
        current = {name: getattr(existing, name.replace("_", "")) for name in options}
        if {**current, "permissions": set(existing.permissions)} != {**options, "permissions": set(bucket.permissions)}:
            # Send all values, because Appwrite resets omitted values to their defaults.
            update = partial(client.storage.update_bucket, bucket.id, bucket.name, **options)
            self._change("set", f"the permissions and limits of bucket {bucket.id}", update, "Set")

    def _topics(self, client: AdminClient) -> None:
        """Create the topics for e-mails about new posts, or print that the API key lacks the required scopes."""
        try:
            for topic in SubscriptionRepository(client).create_topics():
                self._say(f"Created topic {topic}.")
        except errors.MisconfiguredError as error:
            if error.type != "general_unauthorized_scope":
                raise
            self._say(f"E-mails about new posts stay off: {error} docs/deploy.md lists the key's scopes.")

    def _site_account(self, client: AdminClient) -> None:
        account = SiteAccountRepository(client)
        if self.dry_run:
            if not account.exists():
                self._say(f"Would create the account {SITE_ACCOUNT.id}, which owns the posts that people hand over.")
            return
        try:
            if account.create():
                self._say(f"Created the account {SITE_ACCOUNT.id}, which owns the posts that people hand over.")
        except errors.ConflictError:
            self._say(
                f"A visitor's account has the id {SITE_ACCOUNT.id}. Posts cannot be handed over until you delete it."
            )

    # -- people and posts ---------------------------------------------------------------------------------------------
    def _demo(self, client: AdminClient) -> None:
        if client.db.list_rows(settings.APPWRITE_DATABASE, schema.POSTS, [Query.limit(1)]).total:
            self._say("The demo is not added, because there are already posts.")
            return
        ids = {person.id: self._person(client, person) for person in demo.people()}
        names = {person.id: person.name for person in demo.people()}
        covers = CoverRepository(client)
        posts = demo.posts()
        for post in posts:
            moment = appwrite_time(datetime.now(UTC) - timedelta(days=post.days_ago))
            published = post.status == models.PUBLISHED
            data = {
                "minutes": models.reading_minutes(post.content),
                **{"title": post.title, "content": post.content, "language": post.language, "tags": list(post.tags)},
                **{"campus": post.campus or None, "excerpt": post.excerpt or models.summarise(post.content)},
                **{"authorId": ids[post.author], "authorName": names[post.author], "status": post.status},
                **{"createdAt": moment, "updatedAt": moment, "publishedAt": moment if published else None},
            }
            permissions = policy.row_permissions(ids[post.author], published=published)
            if post.cover:
                data["coverId"] = covers.add(demo.picture(post), post.id, permissions)
                data["coverAlt"] = post.cover_alt
            client.db.create_row(settings.APPWRITE_DATABASE, schema.POSTS, post.id, data, permissions)
        for position, post in enumerate(post for post in posts if post.featured):
            chosen = {"position": position, "authorId": ids[post.author]}
            client.db.create_row(settings.APPWRITE_DATABASE, schema.FEATURED, post.id, chosen)
        self._say(f"Added {len(ids)} people and {len(posts)} posts.")

    def _person(self, client: AdminClient, person: demo.Person) -> str:
        """Return the id of the user with the address of `person`. Create the user if there is none."""
        try:
            user = client.users.create(person.id, person.email, name=person.name)
            client.users.update_email_verification(user.id, True)
        except errors.ConflictError:
            user = self._without_strangers(client, client.users.list([Query.equal("email", [person.email])]).users[0])
        if person.labels and not set(person.labels) <= set(user.labels):
            client.users.update_labels(user.id, sorted({*user.labels, *person.labels}))
        return str(user.id)

    def _without_strangers(self, client: AdminClient, user: User) -> User:
        """Return the user. If the e-mail address is not verified, first remove all other sign-in methods.

        A stranger may have created the account with someone else's address.
        """
        if is_proved_by_mail(user):
            return user
        cleaned = AccountCleanup(client).run(user.id, user.email, UNPROVED)
        self._say(f"{user.email} has not signed in by e-mail yet: removed all other sign-in methods from that account.")
        return cleaned

    def _admin(self, client: AdminClient, address: str) -> None:
        try:
            address = AddressField().clean(address).lower()
            users = client.users.list([Query.equal("email", [address])]).users
            user = self._without_strangers(client, users[0]) if users else client.users.create(ID.unique(), address)
        except (errors.InvalidInputError, ValidationError) as error:
            raise CommandError(f"{address} is not a valid e-mail address.") from error
        if "admin" in user.labels:
            self._say(f"{address} is already an admin.")
            return
        client.users.update_labels(user.id, sorted({*user.labels, "admin"}))
        self._say(f"{address} is now an admin.")
