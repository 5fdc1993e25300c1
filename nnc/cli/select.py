"""`nnc select`: keep, drop and reorder tensors."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from typing import Any

import click

from nnc.bitio import InputError
from nnc.bitstream import Bitstream
from nnc.cli.common.editing import choose_output, edit_options, finish
from nnc.cli.common.files import open_bitstream
from nnc.cli.common.output import examples


@click.command(
    epilog=examples(
        "nnc select model.nnc 'encoder.*' -o encoder.nnc",
        "nnc select model.nnc --drop '*.bias' -o new.nnc",
        "nnc select model.nnc 'fc*' '*' -o new.nnc",
    )
)
@click.argument("bitstream")
@click.argument("patterns", metavar="PATTERN...", nargs=-1, required=True)
@click.option("--drop", "dropping", is_flag=True, help="Leave out the tensors that match.")
@edit_options
def command(
    bitstream: str,
    patterns: tuple[str, ...],
    dropping: bool,
    dry_run: bool,
    force: bool,
    **options: Any,
) -> None:
    """Keep the tensors of BITSTREAM that match, in the order of the patterns."""
    from nnc.editing.tensors import drop, select

    choose_output(options, bitstream, dry_run, force)
    opened = open_bitstream(bitstream, **options.pop("out_of_band"))
    names = matching(opened, patterns)
    plan = (drop if dropping else select)(opened, names, keep=not dry_run)
    finish(opened, plan, dry_run=dry_run, force=force, **options)


def matching(bitstream: Bitstream, patterns: Sequence[str]) -> list[str]:
    """Return the names of tensors that match, those of the first pattern first.

    Raises:
        InputError: a pattern matches nothing.
        MissingValueError: it may match what can't be read without values from outside.
    """
    from nnc.editing.tensors import refuse_unread, tensor_names

    names = tensor_names(bitstream)
    found: list[str] = []
    for pattern in patterns:
        matches = [name for name in names if fnmatch.fnmatchcase(name, pattern)]
        if not matches:
            refuse_unread(bitstream)
            raise InputError(f"no tensor matches {pattern!r}")
        found += [name for name in matches if name not in found]
    return found
