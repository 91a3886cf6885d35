"""manage.py check_appwrite: check whether Appwrite is set up for the site, and print how to correct each problem."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from biso_site import appwrite_check

SIGNS = {"fine": "fine   ", "wrong": "WRONG  ", "unknown": "unknown"}


class Command(BaseCommand):
    help = (
        "Checks whether Appwrite is set up for the site. Prints a result for each item, with a remedy if it is wrong. "
        "Changes nothing. Exits with status 1 if anything is wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON array instead of lines")

    def handle(self, *_: Any, **options: Any) -> None:
        findings = []
        for finding in appwrite_check.findings():
            findings.append(finding)
            if not options["json"]:
                self.stdout.write(f"{SIGNS[finding.state]}  {finding.item}: {finding.detail}")
                if finding.remedy:
                    self.stdout.write(f"         → {finding.remedy}")
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
        count = {state: sum(finding.state == state for finding in findings) for state in SIGNS}
        if count["wrong"]:
            raise CommandError(f"{count['wrong']} of {len(findings)} items are wrong.")
        if not options["json"]:
            self.stdout.write(f"Nothing is wrong. {count['unknown']} items are unknown.")
