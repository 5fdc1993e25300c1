"""`nnc fuzz`: corpora for testing decoders."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

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
        "nnc fuzz --against 'decoder {} {out}' --valid 200 --break all -n 400 -o run",
        "nnc fuzz --only ims-full --break all -n 500 -o corpus",
    )
)
@click.option("--valid", type=click.IntRange(1), metavar="N", help="N valid bitstreams.")
@click.option("--break", "rule", metavar="RULE", help="Bitstreams that break exactly one rule: a kind (range), a kind at an element (range:scan_order), or all, one after the other.")  # fmt: skip # noqa: E501
@click.option("--mutate", type=(str, click.IntRange(1)), multiple=True, metavar="FILE N", help="N damaged variants of a bitstream; with --against again for others.")  # fmt: skip # noqa: E501
@click.option("-n", "--count", type=click.IntRange(1),
              help="Number of bitstreams for --break.  [default: 1; 200 for all]")  # fmt: skip
@click.option("--against", metavar="COMMAND", help="Run that decoder on them, sort what it does wrong by its causes, and make each small.")  # fmt: skip # noqa: E501
@click.option("--conformance", is_flag=True, help="With --against: the bitstreams of `nnc conformance`.")  # fmt: skip # noqa: E501
@click.option("--only", metavar="SET", help="Only features of that set: a name, or a file of yours.")  # fmt: skip # noqa: E501
@click.option("--without", multiple=True, metavar="FEATURE", help="Without that feature; again for others.")  # fmt: skip # noqa: E501
@click.option("--timeout", type=click.FloatRange(0.01), default=10.0, show_default=True, metavar="SECONDS", help="The longest time for one bitstream.")  # fmt: skip # noqa: E501
@click.option("--memory", type=click.IntRange(16), default=4096, show_default=True, metavar="MB", help="The most memory of the decoder.")  # fmt: skip # noqa: E501
@click.option("--shrink", type=click.FloatRange(0), default=60.0, show_default=True, metavar="SECONDS", help="The longest time to make a failure small; 0 makes none.")  # fmt: skip # noqa: E501
@click.option("--causes", type=click.IntRange(1), metavar="N", help="End with so many causes of failures.")  # fmt: skip # noqa: E501
@click.option("--driver", metavar="NAME", help="Print a program that runs a decoder for --against: javascript, nncodec.")  # fmt: skip # noqa: E501
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
    mutate: tuple[tuple[str, int], ...],
    count: int | None,
    against: str | None,
    conformance: bool,
    only: str | None,
    without: tuple[str, ...],
    timeout: float,
    memory: int,
    shrink: float,
    causes: int | None,
    driver: str | None,
    output: str | None,
    seed: str,
    list_rules: bool,
    schema: str | None,
    force: bool,
    quiet: bool,
) -> int:
    """Write bitstreams for testing decoders, and a manifest of what to expect from each.

    With --against, --only, --without or --break all, each broken one comes with a valid twin that
    differs in its rule alone. Exit code with --against: 0 where the decoder did all of it right;
    1: it didn't.
    """
    from nnc.cli.common import against as running
    from nnc.fuzzing.corpus import MANIFEST

    if driver is not None:
        running.print_driver(driver)
        return 0
    form = load(schema)
    if list_rules:
        return print_rules(form)
    has_features = only is not None or bool(without)
    if conformance and (against is None or has_features):
        raise click.UsageError("--conformance goes with --against, and with all features")
    choices = sum((valid is not None, rule is not None, bool(mutate), conformance))
    if not choices or (against is None and (choices > 1 or mutate[1:])):
        raise click.UsageError("give exactly one of --valid, --break and --mutate")
    if output is None or output == "-":
        raise click.UsageError("name the folder with -o DIR")
    folder = Path(output)
    wanted = None
    if against is not None or has_features or rule == "all":
        if schema is not None:
            raise click.UsageError("--schema doesn't go with features, twins or --against")
        wanted = running.wanted_of(
            only or "all", without, valid, rule, count, mutate, seed, conformance
        )
    if against is not None:
        return running.run(
            against,
            wanted,
            folder,
            force=force,
            quiet=quiet,
            seconds=timeout,
            megabytes=memory,
            shrink_seconds=shrink,
            causes=causes,
        )
    if (folder / MANIFEST).exists() and not force:
        raise click.UsageError(f"{folder / MANIFEST} exists; --force overwrites it")
    what = "bitstreams"
    if wanted is not None:
        from nnc.fuzzing.against.runs import write_cases

        written = write_cases(folder, wanted)
    elif schema is not None:
        what = "files"
        written = write_documents(form, folder, valid, rule, mutate, count or 1, seed)
    else:
        written = write_bitstreams(folder, valid, rule, mutate, count or 1, seed)
    told = f"wrote {written} {what} and {MANIFEST} to {folder}"
    report_done(output, text=told, quiet=quiet, bitstreams=written)
    return 0


def print_rules(form: Any) -> int:
    """Print the rules of a format that can be broken; return the exit code."""
    from nnc.fuzzing.documents import rule_rows

    rows = rule_rows(form)
    if json_wanted():
        print_json({"rules": rows})
    else:
        click.echo("\n".join("\t".join(row.values()) for row in rows))
    return 0


def write_documents(
    form: Any,
    folder: Path,
    valid: int | None,
    rule: str | None,
    mutate: tuple[tuple[str, int], ...],
    count: int,
    seed: str,
) -> int:
    """Write files of the format that a schema describes; return how many."""
    from nnc.fuzzing import documents

    files = documents.drawn_files(form, seed, valid, rule, count)
    if mutate:
        source, number = mutate[0]
        files = documents.mutated_files(form, open_data(source), number, seed)
    return documents.write_corpus(folder, files, {"seed": seed, "format": form.name})


def write_bitstreams(
    folder: Path,
    valid: int | None,
    rule: str | None,
    mutate: tuple[tuple[str, int], ...],
    count: int,
    seed: str,
) -> int:
    """Write bitstreams without twins; return how many."""
    from nnc.fuzzing import corpus

    about = {"seed": seed}
    if valid is not None:
        made = corpus.valid_files(valid, seed)
    elif rule is not None:
        corpus.parse_rule(rule)
        made = corpus.broken_files(rule, count, seed)
    else:
        source, number = mutate[0]
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        about["mutated"] = source
        made = corpus.mutated_files(data, number, seed)
    return corpus.write_corpus(folder, made, about)
