"""manage.py export_posts: write the posts with their pictures, authors and history to a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import errors
from core.appwrite_client import create_admin_client
from posts.transfer.exporting import export


class Command(BaseCommand):
    help = (
        "Writes all posts with their pictures, history, authors and subscriptions to a ZIP file, which import_posts "
        "reads. The file contains drafts and e-mail addresses, so only its owner can read it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the file to write, such as posts.zip")
        parser.add_argument("--replace", action="store_true", help="replace the file if it exists")

    def handle(self, *_: Any, **options: Any) -> None:
        path: Path = options["file"]
        if path.exists() and not options["replace"]:
            raise CommandError(f"{path} exists. Choose a different name, or use --replace.")
        try:
            export(create_admin_client(), path, self.stdout.write if options["verbosity"] else lambda _: None)
        except errors.SiteError as error:
            raise CommandError(f"Nothing was exported, because Appwrite failed: {error}") from error
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"Wrote {path}.")
