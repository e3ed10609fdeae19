"""What the documentation says of other tests can be held against them."""

from __future__ import annotations

import sys
from pathlib import Path

# The walks over the url map stand with the tests of the routes, and use what lies beside them.
sys.path.append(str(Path(__file__).resolve().parents[1] / "api"))
