"""`nnc fuzz`: corpora for testing decoders."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nnc.cli.common.documents import load, schema_option
from nnc.cli.common.elements import open_data
from nnc.cli.common.output import examples, print_json
from nnc.cli.common.results import json_wanted, quiet_option, report_done


@click.command(
    epilog=examples(
        "nnc fuzz --valid 100 -o corpus",
        "nnc fuzz --break range:scan_order -n 5 -o corpus --seed 7",
        "nnc fuzz --mutate model.nnc 1000 -o corpus",
        "nnc fuzz --list-rules",
    )
)
@click.option("--valid", type=click.IntRange(1), metavar="N", help="N valid bitstreams.")
@click.option("--break", "rule", metavar="RULE", help="Bitstreams that break exactly one rule: a kind (range) or a kind at an element (range:scan_order).")  # fmt: skip # noqa: E501
@click.option("--mutate", type=(str, click.IntRange(1)), metavar="FILE N", help="N damaged variants of a bitstream.")  # fmt: skip # noqa: E501
@click.option("-n", "--count", type=click.IntRange(1), default=1, show_default=True,
              help="Number of bitstreams for --break.")  # fmt: skip
@click.option("-o", "--output", metavar="DIR", help="Folder for the files and manifest.json.")
@click.option("--seed", default="0", show_default=True, help="The same seed, the same files.")
@click.option("--list-rules", is_flag=True, help="Print the rules that can be broken.")
@click.option(
    "-f", "--force", is_flag=True, help="Write into a folder that has a manifest already."
)
@schema_option
@quiet_option
def command(
    valid: int | None,
    rule: str | None,
    mutate: tuple[str, int] | None,
    count: int,
    output: str | None,
    seed: str,
    list_rules: bool,
    schema: str | None,
    force: bool,
    quiet: bool,
) -> None:
    """Write bitstreams for testing decoders, and a manifest of what to expect from each."""
    from nnc.fuzzing import corpus, documents

    form = load(schema)
    if list_rules:
        rows = documents.rule_rows(form)
        if json_wanted():
            print_json({"rules": rows})
        else:
            click.echo("\n".join("\t".join(row.values()) for row in rows))
        return
    if sum(choice is not None for choice in (valid, rule, mutate)) != 1:
        raise click.UsageError("give exactly one of --valid, --break and --mutate")
    if output is None or output == "-":
        raise click.UsageError("name the folder with -o DIR")
    folder = Path(output)
    if (folder / corpus.MANIFEST).exists() and not force:
        raise click.UsageError(f"{folder / corpus.MANIFEST} exists; --force overwrites it")
    about = {"seed": seed}
    if schema is not None:
        files = documents.drawn_files(form, seed, valid, rule, count)
        if mutate is not None:
            source, number = mutate
            files = documents.mutated_files(form, open_data(source), number, seed)
        written = documents.write_corpus(folder, files, about | {"format": form.name})
        told = f"wrote {written} files and {corpus.MANIFEST} to {folder}"
        report_done(output, text=told, quiet=quiet, bitstreams=written)
        return
    if valid is not None:
        made = corpus.valid_files(valid, seed)
    elif rule is not None:
        corpus.parse_rule(rule)
        made = corpus.broken_files(rule, count, seed)
    else:
        assert mutate is not None
        source, number = mutate
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        about["mutated"] = source
        made = corpus.mutated_files(data, number, seed)
    written = corpus.write_corpus(folder, made, about)
    told = f"wrote {written} bitstreams and {corpus.MANIFEST} to {folder}"
    report_done(output, text=told, quiet=quiet, bitstreams=written)
