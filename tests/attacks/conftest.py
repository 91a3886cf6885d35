"""Options of `make attack`."""

import os

STEPS = int(os.environ.get("STEPS") or "2000")
"""Steps of the random walk in test_who_sees_what.py; `make attack STEPS=20000` takes more."""
SEED_OF_RUN = int(os.environ.get("SEED") or "1")
PARTS = 8
"""Parts of the walk, which pytest's workers share."""
SCAN_SECONDS = int(os.environ.get("SCAN") or "8")
"""Seconds for each kind of attack in test_scanner.py, as a guest and again as a member; `make attack SCAN=60`."""
