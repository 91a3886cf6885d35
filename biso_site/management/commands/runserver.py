"""manage.py runserver: Django's own, with the Appwrite emulator beside it in local mode."""

import os
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.management.commands import runserver
from django.core.management import CommandError, call_command


class Command(runserver.Command):
    help = "Starts the site. Without APPWRITE_ENDPOINT it also starts, provisions and fills the Appwrite emulator."

    def run(self, **options: Any) -> None:
        # With the reloader this runs twice: in the process that watches, which keeps the emulator, and in the one that
        # serves and is started anew after each change.
        if settings.LOCAL and os.environ.get("RUN_MAIN") != "true":
            self._start_emulator()
            call_command("setup_appwrite", demo=True, verbosity=0)
        super().run(**options)

    def _start_emulator(self) -> None:
        settings.LOCAL_DIR.mkdir(exist_ok=True)
        # It ends when its standard input closes, which happens however this process ends: nothing is orphaned.
        self.emulator = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [
                *(sys.executable, "-m", "appwrite_emulator", "--port", str(settings.EMULATOR_PORT)),
                *("--project", settings.APPWRITE_PROJECT, "--data", str(settings.LOCAL_DIR / "emulator.sqlite3")),
            ],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.emulator.stdout is not None
        for line in self.emulator.stdout:
            if line.startswith("listening on"):
                return
        raise CommandError(
            f"The Appwrite emulator did not start on port {settings.EMULATOR_PORT}. If something else has that port, "
            "set EMULATOR_PORT to another one."
        )

    def on_bind(self, server_port: int) -> None:
        """Say where things are. The site is `localhost` and the mailbox `127.0.0.1`: cookies ignore ports, and both use
        a cookie of the same name."""
        if not settings.LOCAL:
            super().on_bind(server_port)
            return
        self.stdout.write(
            f"\nSite      http://localhost:{server_port}/\n"
            f"Mailbox   {settings.INBOX_URL}\n\n"
            "Sign in with any e-mail address; the link lands in the mailbox.\n"
            "  ada@example.com     has written posts\n"
            "  mikkel@example.com  has, too: try to change Ada's\n"
            "  ingrid@example.com  is an admin\n\n"
            "Ctrl+C ends both.\n"
        )
