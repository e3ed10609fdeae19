"""Numbers as people read them."""

from __future__ import annotations

from math import floor, log10

UNKNOWN = "–"


def percent(share: float | None) -> str:
    """Return a share in [0, 1] as ``97.4 %``; a dash for None.

    What is rounded to nothing or to everything says that it is neither.
    """
    if share is None:
        return UNKNOWN
    if 0 < share < 0.0005:
        return "< 0.1 %"
    if 0.9995 <= share < 1:
        return "> 99.9 %"
    return f"{100 * share:.1f} %"


def number(value: float) -> str:
    """Return a bound as people write it: ``100,000``, ``0.5``."""
    return f"{int(value):,}" if float(value).is_integer() else f"{value:g}"


def measured(value: float, error: float, *, bare: bool = False) -> str:
    """Return a value with no more digits than its error allows: ``12.34 ± 0.05``.

    Parameters
    ----------
    value, error : float
        With its standard error; six digits are the most.
    bare : bool
        Leave the error out.
    """
    if value == 0 or error <= 1e-6 * abs(value):
        return f"{value:.6g}"
    places = -floor(log10(error))
    if 1e-3 <= abs(value) < 1e6:
        shown = f"{value:,.{min(max(places, 0), 9)}f}"
    else:
        digits = places + 1 + floor(log10(abs(value)))
        shown = f"{value:.{min(max(digits, 1), 6)}g}"
    return shown if bare else f"{shown} ± {f'{error:,.0f}' if 1 <= error < 1e6 else f'{error:.1g}'}"


def duration(seconds: float) -> str:
    """Return seconds as ``8 s``, ``2 min 05 s`` or ``1 h 12 min``."""
    whole = round(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def counted(n: int, noun: str) -> str:
    """Return ``1 point``, ``512 points``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"
