"""What a type checker says of options: a misspelt name, or a wrong type, is an error."""

import textwrap

import pytest

CALLS = """
    import nnc
    from nnc.encoder.options.keywords import TensorKeywords

    nnc.encode({}, bit_depth=5, tensors={"w": {"qp": -24}}, blocks="auto")
    nnc.save_file({}, "m.nnc", {"author": "me"}, effort=2)
    nnc.encode_file("m.npz", "m.nnc", memory=1 << 20, threads=2)
    nnc.Encoder(predictive=True, effort=0)

    nnc.encode({}, bitdepth=5)
    nnc.save_file({}, "m.nnc", efort=2)
    nnc.encode_file("m.npz", "m.nnc", memroy=1)
    nnc.Encoder(predictiv=True)
    nnc.Encoder(psnr=40)
    nnc.encode({}, effort="most")
    nnc.encode({}, aggregates="some")
    nnc.encode({}, named_qp={})
    own: TensorKeywords = {"qq": 3}
    nnc.encode({}, tensors={"w": {"qq": 3}})
"""


@pytest.mark.slow
def test_mypy_finds_wrong_options(tmp_path):
    api = pytest.importorskip("mypy.api")
    path = tmp_path / "calls.py"
    path.write_text(textwrap.dedent(CALLS))
    told, errors, _ = api.run(["--strict", "--config-file", "", str(path)])
    assert not errors
    lines = textwrap.dedent(CALLS).splitlines()
    first = next(n for n, line in enumerate(lines, 1) if "bitdepth" in line)
    found = {int(line.split(":")[1]) for line in told.splitlines() if "calls.py:" in line}
    assert found == set(range(first, len(lines) + 1)), told
