"""Multipart responses, for clients that request an execution's body as bytes."""

import secrets
from typing import Any

from appwrite_emulator.common import php_json
from appwrite_emulator.http.responses import Response


def response(model: dict[str, Any], status: int) -> Response:
    """Return the model as form data, one part per field: strings and bytes unchanged, other values as JSON."""
    boundary = f"----AppwriteEmulator{secrets.token_hex(12)}"
    parts = []
    for name, value in model.items():
        written = value if isinstance(value, bytes | str) else php_json.dumps(value)
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        parts.append(head.encode() + (written.encode() if isinstance(written, str) else written) + b"\r\n")
    body = b"".join(parts) + f"--{boundary}--\r\n".encode()
    return Response(body, status=status, content_type=f"multipart/form-data; boundary={boundary}")
