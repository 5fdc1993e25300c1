"""`nnc capabilities`: what a decoder can do, and what a bitstream needs."""

from __future__ import annotations

from typing import Any

import click

from nnc.cli.common.documents import load, trace_file
from nnc.cli.common.files import out_of_band_options
from nnc.cli.common.output import examples, print_json


@click.command(
    epilog=examples(
        "nnc capabilities",
        "nnc capabilities model.nnc",
        "nnc capabilities model.nnc --decoder ims-full",
    )
)
@click.argument("bitstream", required=False)
@click.option("--decoder", metavar="SET", help="The features of another decoder: a name, or a file of yours.")  # fmt: skip # noqa: E501
@out_of_band_options
def command(bitstream: str | None, decoder: str | None, out_of_band: dict[str, Any]) -> int:
    """Print as JSON what this decoder can do, and what BITSTREAM needs.

    BITSTREAM may be - for standard input. Exit code 0: the decoder has all that the bitstream
    needs; 1: it lacks something.
    """
    from nnc.cli.main import DIFFERS, GOOD
    from nnc.features import capabilities, feature_set

    wanted = None if decoder is None else feature_set(decoder)
    traced = None if bitstream is None else trace_file(bitstream, load(None), out_of_band)
    found = capabilities(traced, wanted)
    print_json(found)
    return DIFFERS if found.get("bitstream", {}).get("lacking") else GOOD
