"""What every verb does with its result: a place beside the input, -f, --json, ends from outside."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import numpy as np
import pytest
from safetensors.numpy import save_file

import nnc
from nnc.cli.main import GROUPS, VERBS, run
from nnc.cli.main import nnc as group

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "guides" / "machine-output.md").read_text("utf-8")
ELEMENT = "units[2].header.topology_elem_id"

#: A call of each verb, and what it writes beside its input.
CALLS = {
    "encode": (["m.safetensors", "-f"], ["m.nnc"]),
    "decode": (["m.nnc", "-f"], ["m.safetensors"]),
    "demo": (["--qp", "-20"], []),
    "info": (["m.nnc"], []),
    "ls": (["m.nnc"], []),
    "tree": (["m.nnc"], []),
    "trace": (["m.nnc"], []),
    "get": (["m.nnc", ELEMENT], []),
    "explore": (["m.nnc"], ["m.html"]),
    "plot": (["m.nnc"], ["m.png"]),
    "check": (["m.nnc"], []),
    "diff": (["m.nnc", "m.nnc"], []),
    "set": (["m.nnc", f"{ELEMENT}=x"], ["m.new.nnc"]),
    "insert": (["m.nnc", "units[2]", "other.nnc:units[2]"], ["m.new.nnc"]),
    "remove": (["m.nnc", "units[2]"], ["m.new.nnc"]),
    "levels": (["m.nnc", "a", "--set", "0,0=1"], ["m.new.nnc"]),
    "convert": (["m.nnc", "--profile", "0"], ["m.new.nnc"]),
    "rename": (["m.nnc", "a=x"], ["m.new.nnc"]),
    "select": (["m.nnc", "a"], ["m.new.nnc"]),
    "merge": (["m.nnc", "other.nnc"], ["m.new.nnc"]),
    "split": (["m.nnc", "a"], ["m.new.nnc", "m.rest.nnc"]),
    "wrap": (["m.nnc", "2", "3"], ["m.new.nnc"]),
    "unwrap": (["wrapped.nnc", "units[2]"], ["wrapped.new.nnc"]),
    "cut": (["m.nnc", "units[2]", "8"], ["m.new.nnc"]),
    "join": (["cut.nnc", "units[2]"], ["cut.new.nnc"]),
    "json": (["m.nnc", "-o", "m.json"], ["m.json"]),
    "build": (["b.json"], ["b.nnc"]),
    "embed": (["m.nnc"], ["m.mp4"]),
    "extract": (["e.mp4"], ["e.nnc"]),
    "fuzz": (["--valid", "1", "-o", "corpus"], ["corpus"]),
    "capabilities": (["m.nnc"], []),
    "conformance": (["clauses"], ["clauses"]),
    "schema": (["check", "flac"], []),
    "completion": (["bash"], []),
    "man": ([], []),
}


def calls_of(verbs):
    """Return verbs as parameters; one takes its time."""
    slow = {"conformance"}
    return [pytest.param(one, marks=pytest.mark.slow) if one in slow else one for one in verbs]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    values = np.random.default_rng(0).normal(0, 1, (6, 8)).astype("f4")
    save_file({"a": values, "b": values[0]}, "m.safetensors")
    nnc.save_file({"a": values, "b": values[0]}, "m.nnc", dq=False, qp=-20, metadata_unit=False)
    nnc.save_file({"c": values}, "other.nnc", dq=False, qp=-20, metadata_unit=False)
    for verb, arguments, output in (
        ("wrap", ["m.nnc", "2", "3"], "wrapped.nnc"),
        ("cut", ["m.nnc", "units[2]", "8"], "cut.nnc"),
        ("json", ["m.nnc"], "b.json"),
        ("embed", ["m.nnc"], "e.mp4"),
    ):
        assert run([verb, *arguments, "-o", output, "-q"]) == 0
    return tmp_path


def called(verb, *more):
    """Run the call of a verb."""
    if verb == "plot":
        pytest.importorskip("matplotlib")
    return run([verb, *CALLS[verb][0], *more])


def strict(text):
    """Read JSON that has nothing but what JSON has."""

    def refuse(constant):
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


def documented():
    """Return the keys that the page tells of each verb."""
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (.*?) \|$", PAGE, re.M)
    return {
        verb: set(re.findall(r"`(\w+)`", keys))
        for verbs, keys in rows
        for verb in re.findall(r"\w+", verbs)
    }


def test_every_verb_stands_in_a_group_once():
    assert sorted(VERBS) == sorted(CALLS)
    assert len(VERBS) == sum(map(len, GROUPS.values()))


@pytest.mark.parametrize("verb", calls_of(VERBS))
def test_every_verb_prints_json_of_the_documented_shape(verb, folder, capsys):
    assert called(verb, "--json") == 0
    found = strict(capsys.readouterr().out)
    assert found["schema_version"] == 1
    own = documented().get(verb, set())
    common = {"schema_version"}
    if CALLS[verb][1]:
        common |= {"verb", "outputs", "warnings"}
        assert found["verb"] == verb
        assert [one["path"] for one in found["outputs"]] == CALLS[verb][1]
        assert all(one["bytes"] > 0 for one in found["outputs"])
    assert set(found) == common | own


@pytest.mark.parametrize("verb", calls_of(verb for verb, (_, made) in CALLS.items() if made))
def test_outputs_go_beside_the_input_and_over_nothing(verb, folder, capsys):
    made = CALLS[verb][1]
    arguments = [one for one in CALLS[verb][0] if one != "-f"]
    if verb == "plot":
        pytest.importorskip("matplotlib")
    for name in made:
        Path(name).unlink(missing_ok=True)
    assert run([verb, *arguments]) == 0
    assert all(Path(name).exists() for name in made)
    capsys.readouterr()
    assert run([verb, *arguments]) == 4
    assert "--force overwrites it" in capsys.readouterr().err
    assert run([verb, *arguments, "-f", "-q"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("verb", VERBS)
def test_an_error_is_json_too(verb, folder, capsys):
    assert run([verb, "--json", "--none-such"]) == 4
    found = strict(capsys.readouterr().out)
    assert (found["exit_code"], found["error"]["kind"]) == (4, "error")


def test_warnings_are_in_the_summary(folder, capsys):
    assert run(["encode", "m.safetensors", "-f", "--keep", "nothing", "--json"]) == 0
    captured = capsys.readouterr()
    (told,) = strict(captured.out)["warnings"]
    assert "nothing" in told
    assert told in captured.err


def test_data_make_room_for_a_result_on_standard_output(folder, capfdbinary):
    assert run(["encode", "m.safetensors", "-o", "-", "--json"]) == 0
    captured = capfdbinary.readouterr()
    assert set(nnc.decode(captured.out)) == {"a", "b"}
    assert strict(captured.err)["outputs"] == [{"path": "-", "bytes": None}]


@pytest.mark.parametrize(
    ("model", "output"),
    [
        ("m.safetensors", "m.nnc"),
        ("deep/m.pt.npz", "deep/m.pt.nnc"),
        ("deep/model.safetensors.index.json", "deep/model.nnc"),
        ("deep", "deep.nnc"),
        ("deep/", "deep.nnc"),
        ("m.PTH.tar", "m.nnc"),
    ],
)
def test_the_name_of_a_bitstream_by_that_of_its_model(model, output, folder):
    from nnc.cli.common.results import BITSTREAM, beside
    from nnc.formats import suffixes

    Path("deep").mkdir()
    assert Path(beside(None, model, BITSTREAM, *suffixes())) == Path(output)
    assert beside("x", model, BITSTREAM) == "x"


def test_the_folder_one_is_in(folder, monkeypatch):
    from nnc.cli.common.results import beside

    assert beside(None, ".", ".nnc") == f"{folder.resolve()}.nnc"


def test_the_output_of_standard_input(folder, monkeypatch):
    from nnc.cli.common.results import beside

    assert beside(None, "-", ".nnc") == "-"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(nnc.InputError, match="-o FILE"):
        beside(None, "-", ".nnc")


def heed_interrupts():
    """Let a process be interrupted, even where tests run in the background of a shell."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def command(*arguments, **options):
    """Start the command in a process of its own."""
    if sys.platform != "win32":
        options.setdefault("preexec_fn", heed_interrupts)
    return subprocess.Popen(
        [sys.executable, "-m", "nnc", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


@pytest.mark.parametrize("name", ["safetensors", "SafeTensors", ".safetensors", None])
def test_models_from_standard_input(name, folder):
    given = [] if name is None else ["--from", name]
    done = command("encode", "-", *given)
    data, told = done.communicate(Path("m.safetensors").read_bytes())
    assert (done.returncode, set(nnc.decode(data))) == (0, {"a", "b"})
    assert b"smaller than standard input" in told


def test_models_to_standard_output(folder):
    done = command("decode", "m.nnc", "-o", "-", "--to", "npz")
    data, told = done.communicate()
    Path("back.npz").write_bytes(data)
    assert set(np.load("back.npz")) == {"a", "b"}
    assert b"standard output: " in told
    assert b"as npz" in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["encode", "m.safetensors", "--from", "npz", "-f"], "nnc encode - --from npz < m.safet"),
        (["encode", "-", "--from", "mp3"], "'mp3' is no format of models (known: safetensors"),
        (["decode", "m.nnc", "-o", "-"], "name the format that standard output gets with --to"),
        (["decode", "m.nnc", "-o", "x.npz", "--to", "pt"], "is no file of the format that --to"),
        (["embed", "-"], "name the output with -o FILE"),
        (["split", "-", "a"], "name the outputs with -o and --rest"),
    ],
    ids=str,
)
def test_streams_that_say_no_format(arguments, message, folder, capsys):
    assert run(arguments) == 4
    assert message in " ".join(capsys.readouterr().err.split())


def test_what_standard_input_is_must_be_known(folder):
    done = command("encode", "-")
    assert b"name it with --from" in done.communicate(b"no model at all, of any format")[1]
    assert done.returncode == 4


def test_a_decoding_says_what_was_written_and_what_is_missing(folder, capsys):
    assert run(["decode", "m.nnc", "-o", "x.npz"]) == 0
    told = capsys.readouterr().err
    assert re.match(r"x\.npz: \d+ B as npz, from \d+ B\n2 tensors, 224 B of values, in", told)
    import ml_dtypes

    values = np.ones((2, 2), ml_dtypes.bfloat16)
    data = nnc.encode({"a": values, "b": -values})
    last = nnc.Bitstream.parse(data).units[-1]
    Path("cut.nnc").write_bytes(data[: -last.byte_size])
    assert run(["decode", "cut.nnc", "-f"]) == 0
    assert "1 tensor, 1 missing, 8 B of values" in capsys.readouterr().err
    assert run(["decode", "cut.nnc", "-f", "--json"]) == 0
    found = strict(capsys.readouterr().out)
    assert (found["missing"], found["format"]) == (["b"], "safetensors")
    assert "'b'" in found["warnings"][0]


def test_a_ratio_says_what_it_is_to(folder, capsys):
    np.savez_compressed("z.npz", a=np.zeros((500, 500), "f4") + 1)
    assert run(["encode", "z.npz", "--allow-empty", "--max-unpacked", "2MB"]) == 0
    told = capsys.readouterr().err
    assert re.search(r"times smaller than z.npz \(\S+ kB\), \S+ .* its values \(1 MB\)", told)
    assert "1 tensor in" in told
    numbers = np.random.default_rng(0).integers(0, 256, 2000).astype("u1")
    np.savez("noise.npz", a=numbers)
    assert run(["encode", "noise.npz"]) == 0
    assert re.search(r"\d\.\d\d times larger than its values \(2 kB\)", capsys.readouterr().err)


def test_what_carries_a_bitstream_is_told_from_a_damaged_one(folder, capsys):
    for name in ("carrier.mp4", "carrier.safetensors"):
        nnc.containers.embed("m.nnc", name)
        assert run(["info", name]) == 2
        assert capsys.readouterr().err.endswith("; nnc extract takes it out\n")
        assert run(["check", name]) == 2
        assert "nnc extract takes it out\n1 error" in capsys.readouterr().err


def test_what_carries_a_bitstream_is_not_coded_again(folder, capsys):
    nnc.containers.embed("m.nnc", "carrier.safetensors")
    assert run(["encode", "carrier.safetensors", "-o", "again.nnc"]) == 4
    assert "carries a bitstream, and is no model" in capsys.readouterr().err
    assert not Path("again.nnc").exists()


def test_a_part_of_a_model_is_no_measure(folder, capsys):
    assert run(["decode", "m.nnc", "-o", "shards/", "--max-shard-size", "100", "-q"]) == 0
    (index,) = Path("shards").glob("*.index.json")
    large = np.zeros((300, 300), "f4")
    save_file({"a": large}, "shards/model-00001-of-00001.safetensors")
    index.write_text('{"weight_map": {"a": "model-00001-of-00001.safetensors"}}')
    assert run(["encode", str(index), "-o", "s.nnc"]) == 0
    assert "index.json (" not in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="signals are others")
def test_an_interruption(folder):
    # On a busy machine the command may not have begun to read when it is interrupted.
    for seconds in (1.5, 5, 20):
        running = command("info", "-")
        time.sleep(seconds)
        running.send_signal(signal.SIGINT)
        out, told = running.communicate()
        if running.returncode == 130:
            break
    assert (running.returncode, out, told.strip()) == (130, b"", b"nnc: interrupted")


def test_an_interruption_before_the_command_is_there():
    code = """
import sys
class Interrupting:
    def find_spec(self, name, *_):
        if name == "numpy":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupting())
from nnc.__main__ import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"nnc: interrupted\n")


def test_an_interruption_has_a_code_of_its_own(monkeypatch, folder, capsys):
    monkeypatch.setattr(
        "nnc.inspect.summarize", lambda bitstream: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    assert run(["info", "m.nnc"]) == 130
    assert capsys.readouterr().err.strip() == "nnc: interrupted"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes are others")
@pytest.mark.parametrize("arguments", [["man"], ["info", "m.nnc"], ["json", "m.nnc"]], ids=str)
def test_a_pipe_that_nobody_reads(arguments, folder):
    running = command(*arguments)
    running.stdout.close()
    assert running.stderr.read() == b""
    assert running.wait() == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")
@pytest.mark.parametrize("arguments", [["man"], ["info", "m.nnc"]], ids=str)
def test_a_full_device(arguments, folder):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "nnc", *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 4
    assert done.stderr == b"nnc: the output can't be written: No space left on device\n"


@pytest.mark.parametrize(("said", "near"), [("lss", "ls"), ("Decode", "decode"), ("exlpore", "ex")])
def test_the_nearest_verb_is_told(said, near, capsys):
    assert run([said]) == 4
    assert f"Did you mean '{near}" in capsys.readouterr().err


def test_a_verb_that_resembles_none(capsys):
    assert run(["xyzzy"]) == 4
    assert "nnc --help lists them" in capsys.readouterr().err


def test_the_groups_are_on_the_help_page(capsys):
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"{title}:\n" in shown for title in GROUPS)
    columns = {line.index("  ", 2) for line in shown.splitlines() if line.startswith("  encode")}
    assert columns
    context = click.Context(group, info_name="nnc")
    for verb in VERBS:
        assert any("--json" in one.opts for one in group.get_command(context, verb).params), verb
