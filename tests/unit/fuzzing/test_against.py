"""Running other decoders: outcomes, twins, groups, small examples, resumption."""

import json
import sys

import numpy as np
import pytest

import nnc
from nnc.bitio import InputError
from nnc.cli.main import run
from nnc.features import feature_set
from nnc.fuzzing.against.cases import Recipe, all_rules, broken_cases, make, valid_cases
from nnc.fuzzing.against.command import Command
from nnc.fuzzing.against.runs import Wanted, run_against
from nnc.fuzzing.expected import digests_of
from nnc.fuzzing.strategies import RejectedError
from nnc.fuzzing.within import EVERYTHING, Within

#: A decoder that serves, and does what the first byte of each second unit is asked to.
SERVER = """
import json, os, sys, time
for line in sys.stdin:
    job = json.loads(line)
    data = open(job["file"], "rb").read()
    {body}
    print(json.dumps(found), flush=True)
"""


def program(tmp_path, body, text=SERVER):
    """Write a decoder; return its command."""
    path = tmp_path / "decoder.py"
    path.write_text(text.format(body=body))
    return f"{sys.executable} -S {path}"


def outcomes(tmp_path, command, **wanted):
    options = {"shrink_seconds": 0.2, "causes": 9, "seconds": 20.0}
    mine = {name: wanted.pop(name) for name in list(wanted) if name in options}
    said = Wanted(feature_set("ims-full"), **wanted)
    return run_against(command, said, tmp_path / "run", **options | mine)


def test_a_decoder_that_refuses_all_proves_nothing(tmp_path):
    command = program(tmp_path, 'found = {"decoded": False, "error": "no"}')
    report = outcomes(tmp_path, command, rules=["truncated"], broken=3)
    assert report["outcomes"] == {"unproved": 3}
    assert not report["groups"]


def test_a_decoder_that_takes_all_accepts_broken_ones_and_misses_values(tmp_path):
    command = program(tmp_path, 'found = {"decoded": True, "values": {}}')
    report = outcomes(tmp_path, command, valid=2, rules=["truncated", "range"], broken=4)
    assert set(report["outcomes"]) == {"wrong-values", "accepted-broken", "unnoticed"}
    smallest = [group["smallest"]["bytes"] for group in report["groups"]]
    assert min(smallest) < 60
    folder = tmp_path / "run"
    assert {path.name for path in folder.iterdir()} >= {"report.html", "report.json", "groups"}
    entry = json.loads((folder / "manifest.json").read_text("utf-8"))["files"][0]
    assert entry["expected"]["values"]


@pytest.mark.parametrize(
    ("body", "kind", "told"),
    [
        ("os.kill(os.getpid(), 11)", "crash", "SIGSEGV"),
        ("sys.exit(0)", "crash", "without an answer"),
        ("raise MemoryError", "memory", "MemoryError"),
        ("held = bytearray(1 << 31)", "memory", "MemoryError"),
    ],
)
def test_crashes_and_memory_are_told_apart(tmp_path, body, kind, told):
    with Command(program(tmp_path, body), 20.0, 512) as command:
        answer = command.run(b"\x00\x04\x00\x01", None, {})
    assert answer.kind == kind
    assert told in answer.told


def test_a_decoder_that_hangs_is_ended_and_started_again(tmp_path):
    body = 'time.sleep(60 * (data == b"x")); found = {"decoded": True}'
    with Command(program(tmp_path, body), 0.2, 512) as command:
        kinds = [command.run(data, None, {}).kind for data in (b"y", b"x", b"y")]
    assert kinds == ["decoded", "hang", "decoded"]


def test_a_command_for_each_file_gets_paths_and_says_by_its_code(tmp_path):
    text = (
        "import sys; data = open(sys.argv[1], 'rb').read(); print('why', file=sys.stderr)\n{body}"
    )
    command = program(tmp_path, "sys.exit(3 * (len(sys.argv) == 3) * (data == b'x'))", text)
    with Command(f"{command} {{}} {{out}} {{base}}", 20.0, 512) as running:
        assert running.takes_bases
        assert not running.is_told
        assert running.run(b"y", None, {}).kind == "decoded"
        refused = running.run(b"x", None, {})
        assert (refused.kind, refused.told) == ("refused", "why")
        assert running.run(b"x", b"base", {}).kind == "decoded"


def test_values_come_as_npz_or_digests_printed(tmp_path):
    text = (
        "import sys; import numpy\n"
        "numpy.savez(sys.argv[2], w=numpy.ones(3)); print('{body} levels w')"
    )
    command = program(tmp_path, "ab" * 32, text).replace(" -S", "")
    with Command(f"{command} {{}} {{out}}", 60.0, 4096) as running:
        answer = running.run(b"y", None, {})
    assert np.array_equal(answer.values["w"], np.ones(3))
    assert answer.digests == {"levels": {"w": "ab" * 32}}


def test_levels_are_expected_as_they_are_decoded():
    compared = 0
    for case in valid_cases(12, "levels", EVERYTHING):
        if case.drawn.base is None:
            wanted = nnc.decode_levels(case.drawn.data, **case.drawn.out_of_band)
            assert case.expected.digests()["levels"] == digests_of(wanted)
            compared += len(wanted)
    assert compared > 5


def test_what_only_a_validator_reads_is_no_error_of_a_decoder():
    (case,) = broken_cases(["truncated:count_ids"], 1, "x", EVERYTHING, [])
    assert case.drawn.broken.verdict == "error"
    assert case.verdict == "finding"


def test_a_program_that_there_isnt_is_refused(tmp_path):
    with pytest.raises(InputError, match="nowhere/decoder"):
        outcomes(tmp_path, "nowhere/decoder {}", valid=1)
    with pytest.raises(InputError, match="is empty"):
        Command(" ", 1.0, 512)


def test_a_run_goes_on_where_it_was_broken_off(tmp_path):
    command = program(tmp_path, 'found = {"decoded": True}')
    first = outcomes(tmp_path, command, valid=3)
    results = tmp_path / "run" / "results.jsonl"
    lines = results.read_text("utf-8").splitlines()
    results.write_text("\n".join(lines[:-1]) + '\n{"name": "val')
    again = outcomes(tmp_path, command, valid=3)
    assert again["outcomes"] == first["outcomes"]
    with pytest.raises(InputError, match="another run"):
        outcomes(tmp_path, command, valid=2)


def test_a_twin_differs_in_the_rule_alone():
    unreached = []
    # Blocks of large tensors would have entry points, which depend on the order.
    cases = list(broken_cases(["range:scan_order"], 4, "z", EVERYTHING, unreached))
    assert len(cases) == 4
    for case in cases:
        one, other = case.drawn.data, case.twin.data
        assert len(one) == len(other)
        assert case.twin.broken is None
        # Each part of a unit that is cut has the header.
        differing = [a ^ b for a, b in zip(one, other, strict=True) if a != b]
        assert sum(each.bit_count() for each in differing) <= 16, case.recipe
    for case in broken_cases(["truncated:dq_flag"], 2, "x", EVERYTHING, unreached):
        assert len(case.drawn.data) < len(case.twin.data)
    assert not unreached


def test_the_same_recipe_makes_the_same_bytes_and_what_was_taken_makes_them_again():
    within = Within(feature_set("ims-update"))
    for case in valid_cases(6, "again", within):
        assert make(case.recipe, "", within).drawn.data == case.drawn.data
        given = Recipe("other", given=case.taken, simple=True)
        assert make(given, "", within).drawn.data == case.drawn.data


def test_all_rules_are_made_in_one_process():
    assert len(all_rules()) > 190
    rules = ["truncated:scan_order", "range:scan_order", "bad-utf8:topology_elem_id"]
    rules += ["size-too-large", "exp-golomb-too-long:tensor_dimensions"]
    unreached = []
    found = [case.rule for case in broken_cases(rules, 10, "0", EVERYTHING, unreached)]
    assert not unreached
    assert all(sum(one.startswith(rule) for one in found) == 2 for rule in rules)


def test_what_doesnt_keep_to_the_features_is_rejected():
    with pytest.raises(RejectedError):
        make(Recipe("0", given={}, dropped=frozenset("1")), "", Within(feature_set("ims-full")))


def test_the_command_runs_prints_and_exits(tmp_path, capsys):
    command = program(tmp_path, 'found = {"decoded": False, "error": "line 3: no"}')
    words = ["fuzz", "--against", command, "--only", "ims-full", "--without", "blocks", "-q"]
    folder = str(tmp_path / "run")
    assert run([*words, "--valid", "2", "-o", folder, "--shrink", "1", "--causes", "1"]) == 1
    report = json.loads((tmp_path / "run" / "report.json").read_text("utf-8"))
    assert report["features"] == "ims-full without blocks"
    assert report["groups"][0]["cause"] == "refused-valid: line …: no"
    assert run(["fuzz", "--driver", "nncodec"]) == 0
    assert "import numpy" in capsys.readouterr().out
    corpus = tmp_path / "corpus"
    assert (
        run(["fuzz", "--only", "ims-full", "--break", "range", "-n", "3", "-o", str(corpus)]) == 0
    )
    files = json.loads((corpus / "manifest.json").read_text("utf-8"))["files"]
    assert all((corpus / entry["twin"]).exists() for entry in files)
    assert run(["fuzz", "--only", "nothing", "--valid", "1", "-o", str(corpus)]) == 4


def test_the_corpus_goes_with_a_decoder_and_all_features(tmp_path, capsys):
    for words in (["--conformance"], ["--against", "x", "--only", "ims-full", "--conformance"]):
        assert run(["fuzz", *words, "-o", str(tmp_path / "run")]) == 4
        assert "--conformance goes with --against" in capsys.readouterr().err
