"""Help pages, the manual page and completion."""

import dataclasses
import re
import subprocess
import sys

import click
import pytest

from nnc.cli.main import VERBS, nnc, run
from nnc.encoder import TensorOptions

CONTEXT = click.Context(nnc, info_name="nnc")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_two_examples(verb):
    command = nnc.get_command(CONTEXT, verb)
    examples = [line.strip() for line in (command.epilog or "").splitlines()]
    commands = [line for line in examples if line.startswith("nnc ")]
    assert len(commands) >= (2 if verb not in ("man",) else 1)
    assert all(f"nnc {verb}" in line for line in commands)


@pytest.mark.parametrize("verb", VERBS)
def test_examples_use_options_that_there_are(verb):
    command = nnc.get_command(CONTEXT, verb)
    known = {name for parameter in command.params for name in
             (*parameter.opts, *parameter.secondary_opts)}  # fmt: skip
    for line in (command.epilog or "").splitlines():
        words = line.split("|")[0].split("<")[0].split(">")[0].split()
        if words[:2] == ["nnc", verb]:
            options = {word.split("=")[0] for word in words if re.match("-+[a-z]", word)}
            assert options <= known, line


def test_all_options_of_tensors_are_named():
    parameters = {one.name: one for one in nnc.get_command(CONTEXT, "encode").params}
    named = re.findall(r"\w+", parameters["tensors"].help)
    assert {field.name for field in dataclasses.fields(TensorOptions)} <= set(named)


def test_the_help_cuts_no_sentence(capsys):
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert "..." not in shown.partition("Commands:")[2]
    assert "or the index of one." in " ".join(shown.split())


def test_options_of_encode_stand_in_groups(capsys):
    assert run(["encode", "--help"]) == 0
    shown = capsys.readouterr().out
    first, second = shown.index("How fine tensors"), shown.index("How levels are chosen")
    assert first < shown.index("--qp INTEGER") < second < shown.index("--effort INTEGER")
    assert shown.count("  --qp ") == 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_call_the_command(shell, capsys):
    assert run(["completion", shell]) == 0
    assert "_NNC_COMPLETE" in capsys.readouterr().out


def test_completion_offers_verbs():
    done = subprocess.run(
        [sys.executable, "-c", "from nnc.cli import main; main()"],
        env={"_NNC_COMPLETE": "bash_complete", "COMP_WORDS": "nnc exp", "COMP_CWORD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "plain,explore" in done.stdout


def test_the_manual_page_has_all_verbs(capsys):
    assert run(["man"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(".TH NNC 1")
    for verb in VERBS:
        assert any(line.startswith(f".SS nnc {verb} ") for line in lines), verb
    assert "\\fB\\-o, \\-\\-output TEXT\\fR" in lines
    assert "" not in lines
