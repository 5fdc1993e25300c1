"""`nnc encode`: options of tensors, files of options, targets, reports."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import nnc
from nnc.cli.main import run
from nnc.syntax import CompressedDataUnitPayloadType

RAW = CompressedDataUnitPayloadType.NNR_PT_RAW_FLOAT

MODEL = {
    "layer1.weight": (40, 50),
    "layer4.0.weight": (40, 50),
    "layer4.1.weight": (40, 50),
    "layer4.bias": (40,),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    rng = np.random.default_rng(1)
    tensors = {name: rng.laplace(0, 0.1, shape).astype(np.float32) for name, shape in MODEL.items()}
    save_file(tensors, tmp_path / "m.safetensors")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def headers(path="m.nnc"):
    return {unit.names[0]: unit.header for unit in nnc.open(path).walk() if unit.names}


def encode(*arguments):
    return run(["encode", "m.safetensors", "-o", "m.nnc", "--force", "-q", *arguments])


def test_options_of_tensors(folder):
    wanted = "layer4.*=qp:-16,dq:off,scan-order:1,exclude:layer4.1.*"
    assert encode("--tensor", wanted, "--tensor", "*.bias=keep:on") == 0
    found = headers()
    assert found["layer4.0.weight"].dq_flag == 0
    assert found["layer4.0.weight"].scan_order == 1
    assert found["layer4.1.weight"].dq_flag == 1
    assert found["layer4.bias"].nnr_compressed_data_unit_payload_type == RAW


def test_a_file_of_options(folder):
    (folder / "o.toml").write_text(
        'qp = -16\nkeep = ["*.bias"]\ncodebook = 16\n'
        '[tensors."layer4.*"]\ndq = false\ncodebook = false\nexclude = ["layer4.1.*"]\n'
    )
    assert encode("--options", "o.toml") == 0
    by_file = (folder / "m.nnc").read_bytes()
    found = headers()
    assert found["layer1.weight"].codebook_present_flag == 1
    assert found["layer4.0.weight"].codebook_present_flag == 0
    assert found["layer4.0.weight"].dq_flag == 0
    # The command line goes before the file.
    assert encode("--options", "o.toml", "--qp", "-32") == 0
    assert len((folder / "m.nnc").read_bytes()) > len(by_file)
    assert encode("--options", "o.toml", "--tensor", "layer4.*=dq:on") == 0
    assert headers()["layer4.0.weight"].dq_flag == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("quality = 3", "there is no option 'quality'"),
        ("qp = ", "o.toml: "),
        ('tensors = "x"', "table of patterns"),
        ('[tensors."x"]\nspeed = 1', "there is no option 'speed'"),
    ],
)
def test_wrong_files_of_options(folder, capsys, text, message):
    (folder / "o.toml").write_text(text)
    assert encode("--options", "o.toml") == 4
    assert message in capsys.readouterr().err
    assert not (folder / "m.nnc").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--tensor", "x"],
        ["--tensor", "x=qp"],
        ["--tensor", "x=quality:3"],
        ["--codebook=many"],
        ["--scan-order", "best"],
        ["--target-size", "10%", "--psnr", "40"],
        ["--target-size", "10%", "--qp", "-20"],
        ["--accuracy-drop", "1"],
        ["--accuracy-drop", "1", "--evaluate", "json"],
        ["--accuracy-drop", "1", "--evaluate", "json:nothing"],
        ["--accuracy-drop", "1", "--evaluate", "no.such.module:x"],
        ["--report", "r.pdf"],
        ["--lossless", "--qp", "-20"],
        ["--base", "m.safetensors", "--psnr", "40"],
        ["--base", "m.safetensors", "--report", "r.html"],
    ],
    ids=" ".join,
)
def test_wrong_usage(folder, arguments):
    assert encode(*arguments) == 4
    assert not (folder / "m.nnc").exists()


@pytest.mark.parametrize("codebook", ["on", "16", "exact", "auto", "off"])
def test_codebooks(folder, codebook):
    assert encode(f"--codebook={codebook}", "--qp", "-16") == 0
    found = headers()["layer1.weight"]
    assert found.codebook_present_flag == int(codebook in ("on", "16"))


def test_targets(folder):
    whole = sum(4 * int(np.prod(shape)) for shape in MODEL.values())
    assert encode("--target-size", "10%") == 0
    assert 0.98 * whole / 10 <= (folder / "m.nnc").stat().st_size <= whole / 10
    assert encode("--bits-per-value", "5") == 0
    assert 0.98 * 5 / 32 <= (folder / "m.nnc").stat().st_size / whole <= 5 / 32


def test_an_accuracy_by_a_function_of_the_working_directory(folder):
    (folder / "mine_for_test.py").write_text(
        "import numpy as np\n"
        "def accuracy(tensors):\n"
        "    return float(np.count_nonzero(tensors['layer1.weight']) / 2000)\n"
    )
    assert encode("--accuracy-drop", "5", "--evaluate", "mine_for_test:accuracy") == 0
    kept = np.count_nonzero(nnc.load_file("m.nnc")["layer1.weight"]) / 2000
    assert 0.94 <= kept < 0.99


def test_lossless(folder):
    assert encode("--lossless") == 0
    assert run(["diff", "m.nnc", "m.nnc"]) == 0
    from safetensors.numpy import load_file

    decoded, tensors = nnc.load_file("m.nnc"), load_file("m.safetensors")
    for name, values in tensors.items():
        np.testing.assert_array_equal(decoded[name], values)


def test_bit_depth(folder):
    assert encode("--bit-depth", "4") == 0
    for levels in nnc.decode_levels((folder / "m.nnc").read_bytes()).values():
        assert np.abs(levels).max() <= 7


def test_reports(folder):
    assert encode("--report", "r.json") == 0
    content = json.loads((folder / "r.json").read_text())
    assert [row["name"] for row in content["tensors"]] == list(headers())
    assert all(row["seconds"] > 0 for row in content["tensors"])
    assert content["seconds"] > 0
    assert encode("--report", "r.html") == 0
    assert (folder / "r.html").read_text().startswith("<!doctype html>")


def test_pruned_rows(folder):
    weight = np.random.default_rng(3).normal(0, 1, (40, 30)).astype(np.float32)
    weight[5:25] = 0
    save_file({"w": weight, "b": np.ones(40, np.float32)}, folder / "sparse.safetensors")
    encode = ["encode", str(folder / "sparse.safetensors"), "-o", str(folder / "s.nnc")]
    assert run([*encode, "--prune-rows"]) == 0
    decode = ["decode", str(folder / "s.nnc"), "-o", str(folder / "back.safetensors"), "--force"]
    assert run(decode) == 0
    assert load_file(folder / "back.safetensors")["w"].shape == (20, 30)
    assert run([*decode, "--full-size"]) == 0
    whole = load_file(folder / "back.safetensors")
    assert set(whole) == {"w", "b"}
    assert not whole["w"][5:25].any()
    np.testing.assert_allclose(whole["w"], weight, atol=0.01)
    base = ["--base", str(folder / "sparse.safetensors")]
    assert run([*decode, "--full-size", *base]) == 4


def test_elements_out_of_band(folder):
    tensors = {"w": np.random.default_rng(3).normal(0, 1, (4, 30)).astype(np.float32)}
    save_file(tensors, folder / "w.safetensors")
    elements = ["--out-of-band", "dimensions", "--out-of-band", "cabac_unary_length_minus1"]
    encode = ["encode", str(folder / "w.safetensors"), "-o", str(folder / "w.nnc")]
    assert run([*encode, *elements]) == 0
    decode = ["decode", str(folder / "w.nnc"), "-o", str(folder / "w.npz")]
    assert run(decode) == 4
    given = ["--dimensions", "w=4,30", "--cabac-unary-length-minus1", "10"]
    assert run([*decode, *given]) == 0
    np.testing.assert_allclose(np.load(folder / "w.npz")["w"], tensors["w"], atol=0.01)


def test_calibration_and_presets(folder, capsys):
    stats = nnc.Calibration({"layer1.weight": np.geomspace(0.01, 10, 50)})
    stats.save("stats.safetensors")
    assert encode("--preset", "small", "--calibration", "stats.safetensors") == 0
    tensors = load_file("m.safetensors")
    wanted = nnc.encode(tensors, preset="small", calibration=stats)
    assert (folder / "m.nnc").read_bytes() == wanted != nnc.encode(tensors, preset="small")
    assert encode("--calibration", "m.safetensors") == 4
    assert "no statistics that nnc.Calibration.save has written" in capsys.readouterr().err
    assert encode("--calibration", "missing.safetensors") == 4
