"""A self-signed certificate for localhost."""

import subprocess
from pathlib import Path


def make_certificate(certificate: str, key: str) -> None:
    """Write a certificate for localhost and its private key. The certificate is valid for two days."""
    Path(certificate).parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
