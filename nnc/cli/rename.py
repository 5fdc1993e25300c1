"""`nnc rename`: give tensors other names."""

from __future__ import annotations

from typing import Any

import click

from nnc.bitio import InputError
from nnc.cli.common.editing import choose_output, edit_options, finish, once
from nnc.cli.common.files import open_bitstream
from nnc.cli.common.output import examples


@click.command(
    epilog=examples(
        "nnc rename model.nnc fc.weight=head.weight fc.bias=head.bias -o new.nnc",
        "nnc rename model.nnc fc.weight=head.weight --dry-run",
    )
)
@click.argument("bitstream")
@click.argument("names", metavar="OLD=NEW...", nargs=-1, required=True)
@edit_options
def command(
    bitstream: str, names: tuple[str, ...], dry_run: bool, force: bool, **options: Any
) -> None:
    """Rename tensors of BITSTREAM wherever they are named."""
    from nnc.editing.tensors import rename

    choose_output(options, bitstream, dry_run, force)
    pairs = once(map(pair, names))
    opened = open_bitstream(bitstream, **options.pop("out_of_band"))
    plan = rename(opened, pairs, keep=not dry_run)
    finish(opened, plan, dry_run=dry_run, force=force, **options)


def pair(text: str) -> tuple[str, str]:
    """Read `OLD=NEW`."""
    old, equals, new = text.partition("=")
    if not equals:
        raise InputError(f"{text!r} is not OLD=NEW")
    return old, new
