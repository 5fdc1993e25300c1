"""Corpora: the same seed gives the same files, and the manifest says what they are."""

import json
import random

import pytest

from nnc.bitio import BitstreamError, InputError
from nnc.bitstream import Bitstream
from nnc.cli.main import run
from nnc.fuzzing import corpus


def manifest(folder):
    return json.loads((folder / corpus.MANIFEST).read_text("utf-8"))


def test_valid_files_parse_whole(tmp_path):
    assert run(["fuzz", "--valid", "5", "-o", str(tmp_path), "-q"]) == 0
    files = manifest(tmp_path)["files"]
    bases = {entry["base"] for entry in files} - {""}
    assert len(files) == 5 + len(bases)
    for entry in files:
        data = (tmp_path / entry["file"]).read_bytes()
        assert Bitstream.parse(data).to_bytes() == data
        assert entry["verdict"] == "valid"
        assert (entry["parsed_by_nnc"], entry["decoded_by_nnc"]) == ("parsed", "decoded")


def test_a_base_stands_before_its_update_and_what_is_left_out_beside_both(tmp_path):
    assert run(["fuzz", "--valid", "60", "-o", str(tmp_path), "-q"]) == 0
    files = manifest(tmp_path)["files"]
    places = {entry["file"]: place for place, entry in enumerate(files)}
    updates = [entry for entry in files if entry["base"]]
    assert updates
    for entry in updates:
        assert places[entry["base"]] == places[entry["file"]] - 1
    told = [entry for entry in files if entry["dimensions"]]
    assert told
    for entry in told:
        data = (tmp_path / entry["file"]).read_bytes()
        units = Bitstream.parse(data, dimensions=entry["dimensions"]).walk()
        assert all(unit.missing is None for unit in units)


def test_same_seed_same_files():
    def files(seed):
        made = list(corpus.broken_files("range", 4, seed)) + list(corpus.valid_files(20, seed))
        return [data for _, data in made]

    assert files("1") == files("1")
    assert files("1") != files("2")


@pytest.mark.parametrize(
    "rule",
    ["truncated:scan_order", "truncated:nnr_unit_size", "size-too-large", "bad-utf8:base_model_id"],
)
def test_broken_files_fail_at_the_element_named(rule):
    for entry, data in corpus.broken_files(rule, 6, "x"):
        if entry.verdict == "valid":
            continue
        assert entry.rule.startswith(rule)
        assert entry.verdict == "error"
        with pytest.raises(BitstreamError) as caught:
            corpus.parsed(entry, data)
        assert caught.value.path == entry.path


def test_mutated_files_differ_and_parse_or_fail_with_our_errors(vectors, tmp_path):
    source = vectors / "p0-all-zero" / "bitstream.nnc"
    words = ["fuzz", "--mutate", str(source), "40", "-o", str(tmp_path), "-q", "--seed", "3"]
    assert run(words) == 0
    found = {entry["parsed_by_nnc"] for entry in manifest(tmp_path)["files"]}
    assert found == {"error", "parsed"}
    contents = {path.read_bytes() for path in tmp_path.glob("*.nnc")}
    assert len(contents) > 20
    assert source.read_bytes() not in contents


def test_mutations_of_long_units_keep_or_fit_their_size():
    unit = (0x80000040).to_bytes(4, "big") + bytes(60)
    sizes = set()
    for seed in range(40):
        edited = corpus.edit_unit(unit, "insert", random.Random(seed))
        assert edited[0] & 0x80
        sizes.add(int.from_bytes(edited[:4], "big") & 0x7FFFFFFF == len(edited))
    assert sizes == {True, False}


def test_an_empty_bitstream_is_not_mutated():
    with pytest.raises(InputError, match="empty bitstream"):
        next(corpus.mutated_files(b"", 1, "0"))


def test_rules_that_no_file_can_break_are_not_listed():
    names = corpus.rule_names()
    for name in (
        "truncated:nnr_unit_size_flag",
        "truncated:independently_decodable_flag",
        "truncated:mps_pruning_flag",
        "index:BitOffsetList",
    ):
        assert name not in names
    assert {"truncated:partial_data_counter", "index:codebook", "truncated:scan_order"} <= set(
        names
    )


def test_rules_are_listed(capsys):
    assert run(["fuzz", "--list-rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(corpus.rule_names())
    assert "range:scan_order\tfinding\tscan_order is not in 0..4" in lines


def test_unknown_rule_is_refused(tmp_path):
    with pytest.raises(InputError, match="no rule 'range:nothing'"):
        corpus.parse_rule("range:nothing")
    assert run(["fuzz", "--break", "nothing", "-o", str(tmp_path)]) == 4


def test_a_corpus_is_not_overwritten_unasked(tmp_path):
    words = ["fuzz", "--valid", "1", "-o", str(tmp_path), "-q"]
    assert run(words) == 0
    assert run(words) == 4
    assert run([*words, "--force"]) == 0
