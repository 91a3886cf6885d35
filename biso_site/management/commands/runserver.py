"""manage.py runserver: Django's command, extended to start the Appwrite emulator in local mode."""

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.management.commands import runserver
from django.core.management import CommandError, call_command

from biso_site import local_project
from core.transport import POOL
from posts import demo, schema


class Command(runserver.Command):
    help = "Starts the site. Without APPWRITE_ENDPOINT, also starts the Appwrite emulator and adds demo posts."

    def run(self, **options: Any) -> None:
        # With the reloader, this method runs in two processes. The process that watches the files starts the emulator.
        # The process that serves the site (RUN_MAIN) is restarted after each change.
        if settings.LOCAL and os.environ.get("RUN_MAIN") != "true":
            try:
                self._start_local_appwrite()
            except KeyboardInterrupt:
                sys.exit(0)
        super().run(**options)

    def get_handler(self, *args: Any, **options: Any) -> Any:
        """Return the handler without Django's static files handler. WhiteNoise serves the files, as when deployed."""
        return super(runserver.Command, self).get_handler(*args, **options)

    def _start_local_appwrite(self) -> None:
        settings.LOCAL_DIR.mkdir(exist_ok=True)
        seed = settings.LOCAL_DIR / f"first-day-{_first_day_hash()}.json"
        if not seed.exists():
            self._make_seed(seed)
        self._say(f"Starting the Appwrite emulator on port {settings.EMULATOR_PORT}…")
        data = settings.LOCAL_DIR / "emulator.sqlite3"
        # The emulator stops when this process exits, because its standard input is then closed.
        self.emulator = self._start_emulator("--data", str(data), "--seed", str(seed))
        threading.Thread(target=self._report_end, daemon=True).start()
        self._say("Checking the tables…")
        call_command("setup_appwrite", demo=True, verbosity=0)
        self._say("Starting the site…")

    def _make_seed(self, seed: Path) -> None:
        """Write the seed to which the emulator can be reset: a project with the tables and the demo posts.

        A separate, ephemeral emulator creates the seed, so that an interruption cannot damage locally written posts.
        """
        self._say("Preparing the demo posts. This happens only at the first start…")
        with self._emulator("--ephemeral"):
            call_command("setup_appwrite", demo=True, verbosity=0)
            response = POOL.get(f"{settings.EMULATOR_ORIGIN}/_emulator/export", timeout=60)
            response.raise_for_status()
        for older in settings.LOCAL_DIR.glob("first-day-*"):
            older.unlink()
        unfinished = seed.with_suffix(".part")
        unfinished.write_bytes(response.content)
        unfinished.replace(seed)

    @contextmanager
    def _emulator(self, *options: str) -> Iterator[None]:
        emulator = self._start_emulator(*options)
        try:
            yield
        finally:
            assert emulator.stdin is not None
            emulator.stdin.close()
            emulator.wait()

    def _start_emulator(self, *options: str) -> "subprocess.Popen[str]":
        """Start an emulator that exits when its standard input closes. Wait until it accepts connections."""
        emulator = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [
                *(sys.executable, "-m", "appwrite_emulator", "--port", str(settings.EMULATOR_PORT)),
                *("--project", settings.APPWRITE_PROJECT, *options),
            ],
            cwd=settings.BASE_DIR,
            env={**os.environ, "PYTHONPATH": str(settings.BASE_DIR / "emulator")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # so that Ctrl+C stops only the site, which then stops the emulator
        )
        assert emulator.stdout is not None
        for line in emulator.stdout:
            if line.startswith("listening on"):
                _import_local_project()
                return emulator
        raise CommandError(
            f"The Appwrite emulator did not start on port {settings.EMULATOR_PORT}. If another program uses "
            "this port, set EMULATOR_PORT to a different port."
        )

    def _report_end(self) -> None:
        code = self.emulator.wait()
        reason = f"signal {-code}" if code < 0 else f"exit code {code}"
        self.stderr.write(
            f"\nThe Appwrite emulator has stopped ({reason}), so the site cannot read or save anything. Press Ctrl+C "
            "and start again with `make run`. Saved data is kept.\n"
        )
        self.stderr.flush()

    def _say(self, sentence: str) -> None:
        """Print a line and flush it, because output into a pipe is buffered."""
        self.stdout.write(sentence)
        self.stdout.flush()

    def on_bind(self, server_port: int) -> None:
        """Print the URLs of the site and the mailbox.

        The two URLs have different host names, `localhost` and `127.0.0.1`. All ports of a host share cookies, and both
        servers set a cookie with the same name.
        """
        if not settings.LOCAL:
            super().on_bind(server_port)
            return
        self._say(
            f"\nSite      http://localhost:{server_port}/\n"
            f"Mailbox   {settings.INBOX_URL}\n\n"
            "Sign in with any e-mail address, and open the link in the mailbox.\n"
            "  ada@example.com     has written posts\n"
            "  mikkel@example.com  has written posts too: try to edit Ada's\n"
            "  ingrid@example.com  is an admin\n\n"
            "Ctrl+C stops both.\n"
        )


def _import_local_project() -> None:
    """Add the site's API key and platforms to the emulator's project, unless they already exist."""
    response = POOL.post(f"{settings.EMULATOR_ORIGIN}/_emulator/import", json=local_project.seed(), timeout=60)
    response.raise_for_status()


def _first_day_hash() -> str:
    """Return a hash that changes with the API key, the tables, their permissions and the demo posts."""
    parts = (local_project.seed(), schema.tables(), schema.buckets(), demo.people(), demo.posts())
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
