"""A share with its interval, as every bench prints it. Pure."""

from __future__ import annotations

import math


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The 95 % interval for a share of ``hits`` in ``total`` (Wilson 1927)."""
    if total == 0:
        return 0.0, 1.0
    z, share = 1.96, hits / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    reach = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def share(name: str, hits: int, total: int) -> str:
    """One line: what was counted, the share in per cent, its 95 % interval, and the counts."""
    low, high = wilson(hits, total)
    part = f"{100 * hits / total:5.1f} %" if total else "    -  "
    return f"{name:<48} {part}  [{100 * low:.1f} .. {100 * high:.1f}]  {hits}/{total}"
