"""QR codes, black on white."""

import io
import math


def qr_code(text: str, size: int, margin: int) -> bytes:
    """A square PNG of `size` pixels, with `margin` modules of white around the code."""
    import segno
    from PIL import Image

    # As the library of the real server does it: UTF-8 without saying so, and the lowest error correction.
    code = segno.make_qr(text, error="L", boost_error=False, encoding="utf-8", eci=False)
    rows = [bytes(0 if dark else 255 for dark in row) for row in code.matrix_iter(border=margin)]
    modules = Image.frombytes("L", (len(rows), len(rows)), b"".join(rows))
    # Whole pixels for each module first, then down to the size: all modules stay alike.
    whole = modules.resize((len(rows) * math.ceil(size / len(rows)),) * 2, Image.Resampling.NEAREST)
    written = io.BytesIO()
    whole.resize((size, size), Image.Resampling.LANCZOS).convert("RGB").save(written, "PNG")
    return written.getvalue()
