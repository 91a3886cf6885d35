"""Programs that some tests need, and that may be missing on a developer's machine."""

import os
import shutil

import pytest


def programs_required(*names: str) -> None:
    """Skip the test if one of the programs is not installed. In CI, fail instead, because `.ci/run` installs them."""
    for name in names:
        if shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin") is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{name} is not installed")
