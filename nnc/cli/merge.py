"""`nnc merge`: the tensors of two bitstreams in one."""

from __future__ import annotations

from typing import Any

import click

from nnc.cli.common.files import (
    check_one_is_standard_input,
    check_output,
    open_bitstream,
    out_of_band_options,
    write_bitstream,
)
from nnc.cli.common.output import examples
from nnc.cli.common.results import (
    BITSTREAM,
    CHANGED,
    beside,
    force_option,
    output_option,
    quiet_option,
    report_done,
)


@click.command(
    epilog=examples(
        "nnc merge encoder.nnc decoder.nnc -o model.nnc",
        "nnc merge encoder.nnc decoder.nnc -o - | nnc info -",
    )
)
@click.argument("first")
@click.argument("second")
@output_option("The new bitstream; - for standard output.", "FIRST's name, .new.nnc")
@out_of_band_options
@force_option
@quiet_option
def command(
    first: str,
    second: str,
    output: str | None,
    force: bool,
    quiet: bool,
    out_of_band: dict[str, Any],
) -> None:
    """Put the tensors of FIRST and SECOND into one bitstream; no payload is decoded.

    A layer parameter set carries a different step size; other differences are refused.
    """
    from nnc.editing.tensors import merge

    output = beside(output, first, CHANGED, BITSTREAM)
    check_output(output, force)
    check_one_is_standard_input(first, second)
    opened = (open_bitstream(path, **out_of_band) for path in (first, second))
    write_bitstream(merge(*opened), output)
    report_done(output, quiet=quiet)
