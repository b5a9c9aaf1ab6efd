"""A PDF's first page as a PNG, so that the picture is the print and not a second drawing."""

from __future__ import annotations

from io import BytesIO
from threading import Lock

import pypdfium2

_ONE_AT_A_TIME = Lock()
"""PDFium is not made for threads."""


def picture(pdf: bytes, *, dots_per_inch: int) -> bytes:
    """The PNG of the first page."""
    with _ONE_AT_A_TIME:
        document = pypdfium2.PdfDocument(pdf)
        try:
            image = document[0].render(scale=dots_per_inch / 72).to_pil()
        finally:
            document.close()
    out = BytesIO()
    image.save(out, format="PNG", optimize=True, dpi=(dots_per_inch, dots_per_inch))
    return out.getvalue()
