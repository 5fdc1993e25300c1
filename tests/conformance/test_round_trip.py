"""Every vector, the odd ones too: parsing and writing give back the very bytes."""

import pytest

import nnc
from tests.cases import CASES

FILES = [path for case in CASES for path in case.bitstreams]


@pytest.mark.parametrize("path", FILES, ids=[f"{p.parent.name}/{p.stem}" for p in FILES])
def test_bytes_survive(path):
    data = path.read_bytes()
    assert nnc.Bitstream.parse(data).to_bytes() == data


@pytest.mark.parametrize("path", FILES[:20], ids=[p.parent.name for p in FILES[:20]])
def test_files_survive(path, tmp_path):
    bitstream = nnc.open(path)
    bitstream.save(tmp_path / "copy.nnc")
    assert (tmp_path / "copy.nnc").read_bytes() == path.read_bytes()
    # In place, while the source is mapped.
    nnc.open(tmp_path / "copy.nnc").save(tmp_path / "copy.nnc")
    assert (tmp_path / "copy.nnc").read_bytes() == path.read_bytes()


def test_there_are_vectors():
    assert len(CASES) == 369
    assert len(FILES) > 369
