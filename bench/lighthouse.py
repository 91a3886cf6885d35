"""Run Lighthouse in Chromium on the site behind gunicorn. Print each page's four scores and its failed audits.

    python -m bench.lighthouse [desktop]

This requires Chromium and Lighthouse; `make lighthouse` installs Lighthouse in bench/node. A slow machine lowers only
the performance score.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import django

from bench.measuring import show

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "biso_site.settings")
django.setup()

from django.conf import settings  # noqa: E402 - these imports need the settings

from appwrite_emulator.testing import Emulator  # noqa: E402
from posts import demo  # noqa: E402
from tests.demo_data import demo_users  # noqa: E402
from tests.site import Site  # noqa: E402

LIGHTHOUSE = Path(__file__).parent / "node" / "node_modules" / ".bin" / "lighthouse"
POST = next(post.id for post in demo.posts() if post.featured)
PAGES = {"home": "/", "list": "/posts/", "post": f"/posts/{POST}/", "login": "/auth/login/", "in English": "/en/"}
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
CHROMIUM = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


def main() -> None:
    desktop = sys.argv[1:] == ["desktop"]
    with Emulator(project=settings.APPWRITE_PROJECT) as emulator, Site(emulator.endpoint) as site:
        demo_users(emulator)
        reports = {name: report(site.url + path, desktop=desktop) for name, path in PAGES.items()}
    show("Lighthouse", [(name, *scores(each)) for name, each in reports.items()], CATEGORIES)
    for name, each in reports.items():
        for audit in amiss(each):
            print(f"  {name}: {audit}")


def report(url: str, *, desktop: bool) -> dict[str, Any]:
    """Return Lighthouse's report on the page as parsed JSON."""
    command = [str(LIGHTHOUSE), url, "--quiet", "--output=json", f"--chrome-flags={CHROMIUM}"]
    command += ["--preset=desktop"] if desktop else []
    environment = {"CHROME_PATH": "/usr/bin/chromium", **os.environ}
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    made: dict[str, Any] = json.loads(answer.stdout)
    return made


def scores(report: dict[str, Any]) -> list[str]:
    """Return the scores out of 100 in the order of CATEGORIES."""
    return [f"{100 * (report['categories'][name]['score'] or 0):.0f}" for name in CATEGORIES]


def amiss(report: dict[str, Any]) -> list[str]:
    """Return the titles of the audits that lower a score."""
    weighed = {
        ref["id"] for name in CATEGORIES for ref in report["categories"][name]["auditRefs"] if ref.get("weight", 0)
    }
    audits = (report["audits"][name] for name in sorted(weighed))
    return [
        f"{audit['title']} {audit.get('displayValue', '')}"
        for audit in audits
        if audit["score"] is not None and audit["score"] < 0.9
    ]


if __name__ == "__main__":
    main()
