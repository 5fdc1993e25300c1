"""Editing a file of two gigabytes: little memory, and not a byte of other units changed."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nnc
from nnc.bitstream import Bitstream
from nnc.bitstream.builder import UnitBuilder
from nnc.editing.tensors import merge
from tests.cases import FOLDER

ROOT = Path(__file__).parents[3]

UNITS = 8
VALUES = 1 << 26  # of 32 bits: 256 MB a unit

#: Runs the command, and prints the largest memory that it had itself, in megabytes. (What
#: getrusage gives begins with that of the process that started it.)
MEASURED = """
import re, sys
from pathlib import Path
from nnc.cli.main import run
code = run(sys.argv[1:])
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) >> 10)
sys.exit(code)
"""


def write_sparse(path: Path) -> list[int]:
    """Write raw tensors of zeros, without storing the zeros; give where each unit begins."""
    bitstream = Bitstream.parse(nnc.encode({"w": [0.5]}, keep=["*"]))
    head, unit = bitstream.units[:-1], bitstream.units[-1]
    header = unit.header.nnr_compressed_data_unit_header
    header.tensor_dimensions_list.tensor_dimensions = [VALUES]
    starts = []
    with path.open("wb") as file:
        file.write(Bitstream(head).to_bytes())
        for number in range(UNITS):
            starts.append(file.tell())
            header.topology_elem_id = f"w{number}"
            builder = UnitBuilder()
            list(builder.build_units(head))
            unit.payload = memoryview(bytes(1)).cast("B")
            pieces = list(builder.build_unit(unit, ""))
            size = sum(len(piece) for piece in pieces[1:]) - 1 + 4 * VALUES + 4
            file.write((1 << 31 | size).to_bytes(4, "big") + pieces[1])
            file.write(f"{number}".encode())  # a mark in the first value
            file.seek(4 * VALUES - 2, 1)
            file.write(b"\x3f")
    return starts


def run_measured(*arguments: str) -> tuple[int, int]:
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *arguments], capture_output=True, text=True, cwd=ROOT
    )
    return done.returncode, int(done.stdout.split()[-1])


@pytest.mark.slow
def test_a_name_in_two_gigabytes_is_changed_with_little_memory(tmp_path):
    source, target = tmp_path / "big.nnc", tmp_path / "out.nnc"
    starts = write_sparse(source)
    assert source.stat().st_size > 2 << 30
    number = len(Bitstream.open(source).units) - UNITS + 5
    path = f"units[{number}].header.topology_elem_id"
    code, megabytes = run_measured("set", str(source), f"{path}=x", "-o", str(target), "-q")
    assert code == 0
    assert megabytes < 200
    assert target.stat().st_size == source.stat().st_size - 1
    place = starts[5]
    with source.open("rb") as before, target.open("rb") as after:
        while block := before.read(min(1 << 24, place - before.tell())):
            assert after.read(len(block)) == block
        # The unit's size and name differ, and nothing after them.
        old, new = before.read(6), after.read(6)
        assert int.from_bytes(old[:4], "big") - 1 == int.from_bytes(new[:4], "big")
        assert (old[4:], before.read(3), after.read(2)) == (new[4:], b"w5\0", b"x\0")
        while block := before.read(1 << 24):
            assert after.read(len(block)) == block
    changed = Bitstream.open(target)
    assert changed.get(path) == "x"
    source.unlink()
    target.unlink()


@pytest.mark.slow
def test_reading_an_element_of_a_large_file_takes_little_memory(tmp_path):
    source = tmp_path / "big.nnc"
    write_sparse(source)
    code, megabytes = run_measured("get", str(source), "units[*].header.tensor_dimensions[0]")
    assert code == 0
    assert megabytes < 200
    source.unlink()


@pytest.mark.parametrize("copies", [True, False])
def test_large_payloads_are_written_in_pieces(tmp_path, monkeypatch, copies):
    if not copies:
        monkeypatch.delattr(os, "copy_file_range")
    data = (FOLDER / "p1-base-default-dq" / "bitstream.nnc").read_bytes()
    source, target = tmp_path / "a.nnc", tmp_path / "b.nnc"
    source.write_bytes(data)
    monkeypatch.setattr("nnc.bitstream.bitstream.WRITING_BYTES", 7)
    Bitstream.open(source).save(target)
    assert target.read_bytes() == data


def test_payloads_of_several_files_are_copied(tmp_path, monkeypatch):
    monkeypatch.setattr("nnc.bitstream.bitstream.WRITING_BYTES", 7)
    monkeypatch.setattr("nnc.engine.mapped.COPYING_BYTES", 11)
    paths = [tmp_path / "a.nnc", tmp_path / "b.nnc"]
    for path, name in zip(paths, "ab", strict=True):
        path.write_bytes(nnc.encode({name: np.arange(100, dtype=np.float32)}, keep=["*"]))
    merged = merge(*map(Bitstream.open, paths))
    merged.save(tmp_path / "c.nnc")
    assert (tmp_path / "c.nnc").read_bytes() == merged.to_bytes()
    # Over a file that it is read from, and into what is no file.
    again = Bitstream.open(tmp_path / "c.nnc")
    again.set("units[2].header.topology_elem_id", "x")
    wanted = again.to_bytes()
    again.save(tmp_path / "c.nnc")
    assert (tmp_path / "c.nnc").read_bytes() == wanted
    into = io.BytesIO()
    again.write(into)
    assert into.getvalue() == wanted


def test_one_value_of_a_raw_tensor_takes_one_copy_of_its_payload(tmp_path):
    source, target = tmp_path / "raw.nnc", tmp_path / "out.nnc"
    values = np.arange(1 << 24, dtype=np.float32)
    nnc.save_file({"w": values}, source, keep=["*"])
    path = "units[2].payload.raw_float32_parameter[7]"
    code, base = run_measured("get", str(source), path)
    assert code == 0
    code, megabytes = run_measured("set", str(source), f"{path}=2.5", "-o", str(target), "-q")
    assert code == 0
    # The copy, and the pages of the file that it was made from.
    assert megabytes - base < 2.3 * values.nbytes / (1 << 20)
    assert nnc.load_file(target)["w"][7] == 2.5
