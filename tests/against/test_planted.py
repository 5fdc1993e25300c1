"""The runner finds what was planted into our own plain decoder, and makes it small."""

import shlex
import sys
from pathlib import Path

import pytest

from nnc.features import feature_set
from nnc.fuzzing.against.runs import Wanted, run_against
from tests.against.faulty import FAULTS

PROGRAM = Path(__file__).with_name("faulty.py")

#: The largest of the small bitstreams that show a fault: what is drawn has up to some kilobytes.
SMALL = 120


def command(*words):
    return shlex.join([sys.executable, str(PROGRAM), *words])


def report_of(tmp_path, words, valid, **options):
    options = {"seconds": 30.0, "causes": 1, **options}
    return run_against(command(*words), Wanted(feature_set("all"), valid), tmp_path, **options)


def test_the_decoder_without_a_fault_is_right(tmp_path):
    report = report_of(tmp_path, (), 12)
    assert report["outcomes"] == {"right": 12}


def test_a_fault_is_found_and_made_small(tmp_path):
    report = report_of(tmp_path, ["parity of doubled levels"], 12, shrink_seconds=3)
    (group,) = report["groups"]
    assert "dependent-quantization" in group["features"]


@pytest.mark.slow
@pytest.mark.parametrize("fault", list(FAULTS))
def test_each_fault_is_found_and_made_small(fault, tmp_path):
    report = report_of(tmp_path, [fault], 600, shrink_seconds=60)
    (group,) = report["groups"]
    assert group["smallest"]["bytes"] <= SMALL


@pytest.mark.slow
def test_no_fault_no_failure(tmp_path):
    assert report_of(tmp_path, (), 600)["outcomes"] == {"right": 600}
