"""A share with its interval, and times with their quantiles, as every bench prints them. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence


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


def quantile(values: Sequence[float], part: float) -> float:
    """The value below which ``part`` (0 to 1) of the values lie; the nearest one there is, 0 without any."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(part * len(ranked)))] if ranked else 0.0


def quantiles(name: str, milliseconds: Sequence[float]) -> str:
    """One line: median, 95th and 99th percentile, the longest, and of how many."""
    at = [quantile(milliseconds, part) for part in (0.5, 0.95, 0.99, 1.0)]
    told = f"median {at[0]:7.1f}  p95 {at[1]:7.1f}  p99 {at[2]:7.1f}  longest {at[3]:7.1f} ms" if milliseconds else "-"
    return f"{name:<48} {told}  of {len(milliseconds)}"
