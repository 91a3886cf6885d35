"""Options of `make attack`."""

import os

STEPS = int(os.environ.get("STEPS") or "2000")
"""Steps of the random walk in test_who_sees_what.py; `make attack STEPS=20000` takes more."""
SEED_OF_RUN = int(os.environ.get("SEED") or "1")
PARTS = 8
"""Parts of the walk, which pytest's workers share."""
