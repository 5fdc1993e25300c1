"""What the explorer's page makes of bitstreams by itself, under node, against what Python makes."""

import json
from pathlib import Path

import pytest

import nnc.explore
from nnc.explore.content import explore
from tests.cases import CASES
from tests.javascript.reader import node, run
from tests.mutations import mutations

MODULE = Path(nnc.explore.__file__).parent / "content.js"

#: Bitstreams of all kinds of units.
SMALL = [
    data
    for case in CASES
    if not case.is_sequence and not case.out_of_band and not case.is_odd
    for data in [case.bitstreams[0].read_bytes()]
    if len(data) < 6000
]


def explored(bitstreams, folder):
    """Return the content that JavaScript makes of bitstreams."""
    paths = []
    for number, data in enumerate(bitstreams):
        path = folder / f"{number}.nnc"
        path.write_bytes(data)
        paths.append(str(path))
    (folder / "files.json").write_text(json.dumps(paths), "utf-8")
    lines = run("explore.mjs", str(MODULE), str(folder / "files.json")).splitlines()
    return [json.loads(line) for line in lines]


def check(bitstreams, folder):
    """Check that trees, tensors and histograms are those of Python."""
    for data, found in zip(bitstreams, explored(bitstreams, folder), strict=True):
        wanted = explore(memoryview(data), "")
        # Value names are added by the page; words of faults are the page's own.
        for row, known in zip(found["nodes"], wanted["nodes"], strict=True):
            assert row[:6] == known[:6], (row, known, data.hex())
            assert row[9] or not known[9], (row, known, data.hex())
        rows = {(row["unit"], row["name"]): row for row in found["tensors"]}
        told = dict(zip(rows, found["described"], strict=True))
        for tensor in wanted["tensors"]:
            place = tensor["unit"], tensor["name"]
            row, described = rows.pop(place), told.pop(place)
            assert row == {name: tensor[name] for name in row}
            check_histograms(described, tensor)
        # Python's table leaves out units whose payload is damaged at its beginning.
        assert all(described["problem"] for described in told.values()), data.hex()


def check_histograms(found, wanted):
    """Check the histograms of a tensor, or that both say why there are none."""
    assert bool(found["problem"]) == bool(wanted["problem"]), (found, wanted)
    for kind in ("level_histogram", "value_histogram"):
        if kind in wanted and not wanted["problem"]:
            assert found[kind].keys() == wanted[kind].keys()
            for name, value in wanted[kind].items():
                assert found[kind][name] == pytest.approx(value, rel=1e-9), name


@pytest.mark.filterwarnings("ignore::nnc.DecodingWarning")
def test_some_bitstreams_and_damaged_ones(tmp_path):
    node()
    check([*SMALL[::16], *mutations(SMALL, 12, 3)], tmp_path)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::nnc.DecodingWarning")
def test_many_bitstreams_and_damaged_ones(tmp_path):
    node()
    check([*SMALL, *mutations(SMALL, 500, 4)], tmp_path)
