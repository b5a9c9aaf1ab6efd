"""A page's own scripts and styles as they are sent: what only a reader of the source needs stays here.

On a slow line every kilobyte is 20 ms before a young person can write (docs/web-chat.md, "Promises").
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import rcssmin
import rjsmin
from starlette.responses import FileResponse, Response

THINNED = {".css": ("text/css", rcssmin.cssmin), ".js": ("text/javascript", rjsmin.jsmin)}


@cache
def _thin(file: Path) -> bytes:
    _, thinned = THINNED[file.suffix]
    return str(thinned(file.read_text(encoding="utf-8"))).encode()


def thin_file(file: Path) -> Response:
    """The file without comments and needless spaces, where it is a script or a style; else as it is. Read once."""
    if file.suffix not in THINNED:
        return FileResponse(file)
    return Response(_thin(file), media_type=THINNED[file.suffix][0])
