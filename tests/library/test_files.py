"""Real files of every format of the library: back byte for byte, without a finding, and damaged."""

import json

import pytest

from nnc.engine.format import Format
from tests.library.files import FILES, of
from tests.mutations import survive

NAMES = [f"{path.parent.name}/{path.name}" for _, path in FILES]

#: Damaged files of each format in the quick run.
QUICK = {"av1": 20, "flac": 15, "h264": 20, "isobmff": 40}


def test_every_format_has_files():
    assert {name for name, _ in FILES} == set(Format.names()) == set(QUICK)
    assert all(len(of(name)) >= 10 for name in QUICK)


@pytest.mark.parametrize(("name", "path"), FILES, ids=NAMES)
def test_files_come_back(name, path):
    form, data = Format.load(name), path.read_bytes()
    document = form.parse(data)
    assert document.to_bytes() == data
    assert form.from_json(json.loads(json.dumps(form.to_json(document)))).to_bytes() == data
    assert form.check(data).findings == []


def use(form):
    """Return a function that reads damaged data, and writes again what could be read."""

    def run(data):
        form.trace(data)
        assert form.parse(data).to_bytes() == data

    return run


@pytest.mark.parametrize("name", QUICK)
def test_damaged_files(name):
    read, refused = survive(use(Format.load(name)), of(name), QUICK[name])
    assert read + refused == QUICK[name]
    assert refused


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_ten_thousand_damaged_files(name):
    read, refused = survive(use(Format.load(name)), of(name), 10_000, seed=1)
    assert read + refused == 10_000
