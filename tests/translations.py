"""Check that the Norwegian translation is complete: `python -m tests.translations`, part of `make check`.

Extracts the strings again, compares them with the committed files and restores the files. Requires gettext.
"""

import os
import shutil
import sys
from pathlib import Path

import django
import polib
from django.core.management import call_command

CATALOGUE = Path("locale/nb/LC_MESSAGES/django.po")


def main() -> int:
    if not shutil.which("xgettext"):
        print("The check of the translations requires gettext (Debian: apt-get install gettext).")
        return 1
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "biso_site.settings")
    django.setup()
    committed = CATALOGUE.read_bytes()
    try:
        ignored = [".venv/*", "emulator/*", "tests/*"]
        call_command(
            "makemessages", locale=["nb"], no_location=True, no_obsolete=True, ignore_patterns=ignored, verbosity=0
        )
        gathered = polib.pofile(str(CATALOGUE))
    finally:
        CATALOGUE.write_bytes(committed)
    known = polib.pofile(str(CATALOGUE))
    wrong = [
        *(f"not translated: {entry.msgid!r}" for entry in known.untranslated_entries()),
        *(f"guessed by gettext, to be checked: {entry.msgid!r}" for entry in known.fuzzy_entries()),
        *(f"missing, run `make messages`: {text!r}" for text in sorted(_texts(gathered) - _texts(known))),
        *(f"used nowhere, run `make messages`: {text!r}" for text in sorted(_texts(known) - _texts(gathered))),
    ]
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    if {(e.msgctxt, e.msgid, e.msgstr) for e in compiled} != {(e.msgctxt, e.msgid, e.msgstr) for e in known}:
        wrong.append("the compiled file is older than the text: run `make messages`")
    print("\n".join(wrong) or f"All {len(known)} strings have a Norwegian translation.")
    return bool(wrong)


def _texts(catalogue: polib.POFile) -> set[str]:
    return {f"{entry.msgctxt or ''}|{entry.msgid}" for entry in catalogue if not entry.obsolete}


if __name__ == "__main__":
    sys.exit(main())
