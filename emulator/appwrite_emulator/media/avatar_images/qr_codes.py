"""QR codes in black on white."""

import io
import math


def qr_code(text: str, size: int, margin: int) -> bytes:
    """Return a square PNG of `size` pixels, with a white margin of `margin` modules."""
    import segno
    from PIL import Image

    # As in the real server's library: UTF-8 without an ECI header, and the lowest error correction level.
    code = segno.make_qr(text, error="L", boost_error=False, encoding="utf-8", eci=False)
    rows = [bytes(0 if dark else 255 for dark in row) for row in code.matrix_iter(border=margin)]
    modules = Image.frombytes("L", (len(rows), len(rows)), b"".join(rows))
    # Scale each module to whole pixels first, and then scale down, so that all modules look the same.
    whole = modules.resize((len(rows) * math.ceil(size / len(rows)),) * 2, Image.Resampling.NEAREST)
    written = io.BytesIO()
    whole.resize((size, size), Image.Resampling.LANCZOS).convert("RGB").save(written, "PNG")
    return written.getvalue()
