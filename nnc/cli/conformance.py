"""`nnc conformance`: a corpus for anybody's tests of a decoder."""

from __future__ import annotations

from pathlib import Path

import click

from nnc.cli.common.output import examples
from nnc.cli.common.results import quiet_option, report_done


@click.command(epilog=examples("nnc conformance corpus", "nnc conformance corpus --force --quiet"))
@click.argument("folder")
@click.option("-f", "--force", is_flag=True, help="Write into a folder that has a corpus already.")
@quiet_option
def command(folder: str, force: bool, quiet: bool) -> None:
    """Write into FOLDER bitstreams that test a decoder, with digests of what they decode to.

    The corpus is the same on every machine: valid bitstreams for each feature, and for each rule
    one that breaks it beside its valid twin, one folder a clause.
    """
    from nnc.fuzzing.conformance import write_conformance
    from nnc.fuzzing.corpus import MANIFEST

    place = Path(folder)
    if (place / MANIFEST).exists() and not force:
        raise click.UsageError(f"{place / MANIFEST} exists; --force overwrites it")
    whole = write_conformance(place)
    count = sum(clause["bitstreams"] for clause in whole["clauses"].values())
    told = f"wrote {count} bitstreams of {len(whole['clauses'])} clauses; digest {whole['digest']}"
    report_done(folder, text=told, quiet=quiet, bitstreams=count, digest=whole["digest"])
