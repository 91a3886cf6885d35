"""manage.py import_posts: add posts from a file written by export_posts, or from a Ghost or WordPress blog."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from core import errors
from core.appwrite_client import create_admin_client
from core.revalidation import revalidate
from posts import models
from posts.transfer import blog
from posts.transfer.archive import DamagedError
from posts.transfer.importing import Import, summary
from posts.transfer.reading import Opened, Options, opened


class Command(BaseCommand):
    help = (
        "Adds posts, pictures and people from a file if they are missing from Appwrite. Changes no existing data, so "
        "the command can be repeated, even after an interruption. Reports and skips invalid entries, and then exits "
        "with status 1. Run setup_appwrite first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a file written by export_posts, Ghost's JSON or WordPress's XML")
        parser.add_argument("--dry-run", action="store_true", help="print what would be added, and add nothing")
        other = parser.add_argument_group("for another blog's export")
        other.add_argument("--images", type=Path, metavar="FOLDER", help="the folder with the blog's pictures")
        other.add_argument(
            "--language", choices=[*models.LANGUAGES], default="nb", help="language of posts that do not state one"
        )
        other.add_argument("--address", default="", metavar="URL", help="the Ghost blog's URL, to complete its links")
        other.add_argument(
            "--redirects", type=Path, metavar="FILE", help="write an nginx map of old and new paths to FILE"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        path, folder = options["file"], options["images"]
        if folder and not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        about = Options(folder, options["language"], options["address"])
        try:
            with opened(path, about, self._say) as file:
                self._import(file, is_dry_run=options["dry_run"])
                if options["redirects"]:
                    _write_redirects(file, options["redirects"])
        except (OSError, DamagedError, KeyError, blog.NoBlogError) as error:
            raise CommandError(f"{path} cannot be read: {error}") from error
        except ImportError as error:
            raise CommandError(f"{error}. docs/backups.md describes how to install the libraries for this.") from error
        if self.invalid:
            raise CommandError(f"{self.invalid} invalid entries were skipped.")

    def _say(self, sentence: str) -> None:
        """Print a message without control characters. Titles in the file could otherwise control the terminal."""
        self.stdout.write("".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in sentence))

    def _import(self, file: Opened, *, is_dry_run: bool) -> None:
        client = create_admin_client()
        run = Import(client.without_writes() if is_dry_run else client, file.source, self._say)
        try:
            run.run()
        except errors.NotFoundError as error:
            raise CommandError(f"{error} Run manage.py setup_appwrite first.") from error
        except errors.SiteError as error:
            raise CommandError(
                f"The import stopped, because Appwrite failed: {error} Repeat it to continue."
            ) from error
        finally:
            if not is_dry_run:
                revalidate()
        if not run.invalid and not any(run.counts.values()):
            raise CommandError("The file contains nothing to import.")
        for sentence in summary(run.counts, is_dry_run=is_dry_run):
            self.stdout.write(sentence)
        self.invalid = run.invalid


def _write_redirects(file: Opened, path: Path) -> None:
    lines = blog.redirects(file.paths, lambda post_id: reverse("posts:detail", args=[post_id]))
    try:
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}. The posts are imported.") from error
