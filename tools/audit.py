"""Look for known vulnerabilities in the locked packages, with pip-audit: `make audit`.

The exit status is 1 if a package has a known vulnerability, and 2 if the vulnerability service cannot be reached.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# dev.txt contains the packages of the site, of `import_posts`, of monitoring and of local mode.
LOCKS = ("requirements/site.txt", "requirements/dev.txt", "requirements/attack.txt", "requirements/release.txt")
# Words in pip-audit's messages about failed connections.
UNREACHABLE = ("ConnectionError", "Max retries exceeded", "ServiceError", "Timeout", "SSLError", "ProxyError")


def audit(lock: str) -> int:
    """Audit one lock file, and print the result. Return the exit status."""
    command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--progress-spinner=off", "-r"]
    ran = subprocess.run([*command, str(ROOT / lock)], capture_output=True, text=True, check=False)
    if ran.returncode and any(word in ran.stderr for word in UNREACHABLE):
        print(f"{lock}: not audited, because the vulnerability service cannot be reached.")
        return 2
    print(f"{lock}:\n{ran.stdout or ran.stderr}".strip())
    return min(ran.returncode, 1)


def main() -> None:
    codes = [audit(lock) for lock in LOCKS]
    sys.exit(1 if 1 in codes else max(codes))


if __name__ == "__main__":
    main()
