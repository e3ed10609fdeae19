"""Stage, percent and time left on the terminal."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

import click


class TerminalProgress:
    """Stage, percent and time left on stderr; plain lines where it is no terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeRemainingColumn,
        )

        console = Console(stderr=True)
        self._live = console.is_terminal
        self._bar = Progress(
            TextColumn("{task.description:9}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[message]}"),
            console=console,
            disable=not self._live,
        )
        self._task = self._bar.add_task("prepare", total=1.0, message="")
        self._said = ""
        self._since = time.monotonic()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def report(self, stage: str, fraction: float, message: str = "") -> None:
        """Move the bar; without a terminal, say each new stage and each tenth."""
        self._bar.update(self._task, description=stage, completed=fraction, message=message)
        mark = f"{stage} {int(fraction * 10)}"
        if not self._live and mark != self._said:
            self._said = mark
            click.echo(f"{stage:9} {fraction:4.0%}  {message}{self._left(fraction)}", err=True)

    def _left(self, fraction: float) -> str:
        """The time that the rest takes if it goes on as so far."""
        if not 0.05 < fraction < 0.95:
            return ""
        seconds = (time.monotonic() - self._since) * (1 - fraction) / fraction
        return f", about {seconds:.0f} s left"

    def check(self) -> None:
        """Ctrl-C is the terminal's way to cancel; nothing to ask."""
