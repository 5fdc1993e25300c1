"""Shows the encodings on the way to a target."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nnc.cli.common.output import human_size


def told(trial: Any) -> str:
    """Return one line about an encoding."""
    met = "met" if trial.met else "missed"
    return (
        f"encoding {trial.number}: {human_size(trial.size)}, {100 * trial.share:.1f} % of the "
        f"target, {met}"
    )


@contextmanager
def trial_display(shown: bool) -> Iterator[Callable[[Any], None] | None]:
    """Return what shows the encodings of a search one after the other, on a terminal."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status("encoding 1") as status:
        yield lambda trial: status.update(told(trial))
