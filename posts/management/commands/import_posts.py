"""manage.py import_posts: add the posts of a file that export_posts has written."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from django.core.management.base import BaseCommand, CommandError

from core import errors
from core.appwrite_client import create_admin_client
from core.revalidation import revalidate
from posts.transfer.archive import Archive
from posts.transfer.importing import Import, summary


class Command(BaseCommand):
    help = (
        "Adds the posts, pictures and people of a file that are missing in Appwrite. Changes nothing that exists, so "
        "the command can be repeated, also after an interruption. Reports and skips invalid entries, and then exits "
        "with status 1. Run setup_appwrite first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a file that export_posts has written, or its entries.jsonl")
        parser.add_argument("--dry-run", action="store_true", help="print what would be added, and add nothing")

    def handle(self, *_: Any, **options: Any) -> None:
        client = create_admin_client()
        if options["dry_run"]:
            client = client.without_writes()
        try:
            run = Import(client, Archive(options["file"]), self.stdout.write)
            run.run()
        except errors.NotFoundError as error:
            raise CommandError(f"{error} Run manage.py setup_appwrite first.") from error
        except errors.SiteError as error:
            raise CommandError(
                f"The import stopped, because Appwrite failed: {error} Repeat it to continue."
            ) from error
        except (OSError, BadZipFile, KeyError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from error
        finally:
            if not options["dry_run"]:
                revalidate()
        for sentence in summary(run.counts, is_dry_run=options["dry_run"]):
            self.stdout.write(sentence)
        if run.invalid:
            raise CommandError(f"{run.invalid} invalid entries were skipped.")
