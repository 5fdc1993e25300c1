"""A progress bar on the terminal: never in pipes, never for work of less than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

#: Work is shown after so many seconds.
DELAY = 1.0


class Bar:
    """A bar with bytes done, speed and time left, once the work turns out to be long."""

    def __init__(self, title: str) -> None:
        """Start the clock; nothing is shown yet."""
        self.title = title
        self.started = time.perf_counter()
        self.progress: Progress | None = None
        self.task: TaskID | None = None

    def __call__(self, done: int, whole: int) -> None:
        """Show how far the work is.

        Args:
            done: bytes that are done.
            whole: bytes that there are.
        """
        if self.progress is None:
            if time.perf_counter() - self.started < DELAY:
                return
            self.progress = new_progress()
            self.progress.start()
        if self.task is None:
            self.task = self.progress.add_task(self.title, total=whole)
        self.progress.update(self.task, completed=done)

    def stop(self) -> None:
        """Take the bar away."""
        if self.progress is not None:
            self.progress.stop()


def new_progress() -> Progress:
    """Return a bar of rich on standard error, which vanishes at the end."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


@contextmanager
def progress_bar(title: str, *, shown: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Return what is to be called as work goes on; None where nothing is to be shown.

    Args:
        title: what stands before the bar.
        shown: whether the user wants one; it appears on a terminal only.
    """
    if not shown or not sys.stderr.isatty():
        yield None
        return
    bar = Bar(title)
    try:
        yield bar
    finally:
        bar.stop()
