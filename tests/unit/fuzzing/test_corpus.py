"""Corpora: the same seed gives the same files, and the manifest says what they are."""

import json

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
    assert len(files) == 5
    for entry in files:
        data = (tmp_path / entry["file"]).read_bytes()
        assert Bitstream.parse(data).to_bytes() == data
        assert (entry["verdict"], entry["parsed_by_nnc"]) == ("valid", "parsed")


def test_same_seed_same_files():
    def files(seed):
        return [data for _, data in corpus.broken_files("range", 4, seed)]

    assert files("1") == files("1")
    assert files("1") != files("2")


@pytest.mark.parametrize(
    "rule", ["truncated:scan_order", "size-too-large", "bad-utf8:base_model_id"]
)
def test_broken_files_fail_at_the_element_named(rule):
    for entry, data in corpus.broken_files(rule, 3, "x"):
        assert entry.rule.startswith(rule)
        assert entry.verdict == "error"
        with pytest.raises(BitstreamError) as caught:
            Bitstream.parse(data)
        assert caught.value.path == entry.path


def test_mutated_files_differ_and_parse_or_fail_with_our_errors(vectors, tmp_path):
    source = vectors / "p0-all-zero" / "bitstream.nnc"
    words = ["fuzz", "--mutate", str(source), "40", "-o", str(tmp_path), "-q", "--seed", "3"]
    assert run(words) == 0
    found = {entry["parsed_by_nnc"] for entry in manifest(tmp_path)["files"]}
    assert found == {"error", "parsed"}
    contents = {path.read_bytes() for path in tmp_path.glob("*.nnc")}
    assert len(contents) > 20


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
