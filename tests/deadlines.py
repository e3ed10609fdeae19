"""How long the tests wait for what is to happen."""

from __future__ import annotations

AT_ONCE = 15.0
"""Seconds for what is promised at once, or within two: other tests keep the machine busy.

What is broken takes far longer, or never happens. `make soak` holds the promises themselves.
"""

EVENTUALLY = 90.0
"""Seconds for everything else."""
