"""The long tests; each prints a Markdown table and says by its exit code whether its bars hold.

    python tests/soak [PART ...] [--scale 1.0] [--leave-out PART ...]

Without a PART all of them run, one after the other: some two hours, going by their counts.
``--scale 0.01`` is for trying them out: the bars stay, the counts and times shrink.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

from soak_parts import PARTS
from soak_report import table


def main() -> int:
    """Run the chosen parts and print what came of them."""
    parser = argparse.ArgumentParser(
        prog="python tests/soak", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--leave-out", nargs="*", default=[], metavar="PART")
    options = parser.parse_args()
    unknown = {*options.parts, *options.leave_out} - PARTS.keys()
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    logging.disable(logging.WARNING)  # what is refused on purpose need not be told
    failed = []
    for name in options.parts or PARTS:
        if name in options.leave_out:
            continue
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=f"pcdash-{name}-") as folder:
            figures = PARTS[name](Path(folder) / "artifacts", options.scale)
        print(table(name, figures))
        print(
            f"\n{name}: {time.monotonic() - started:.0f} s, scale {options.scale:g}\n", flush=True
        )
        failed += [name] if not all(one.holds for one in figures) else []
    if failed:
        print(f"bars missed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
