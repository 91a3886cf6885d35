#!/usr/bin/env python
"""Django's command line.

Only this program supports local mode (without APPWRITE_ENDPOINT). `wsgi.py` raises an error in local mode.
"""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "biso_site.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # the message names the setting; a traceback would hide it
        sys.exit(f"The settings are wrong: {error}")


if __name__ == "__main__":
    main()
