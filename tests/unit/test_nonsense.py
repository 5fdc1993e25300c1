"""Whatever public calls are given: they take it, or raise errors of nnc (or of the system)."""

import io
import types
import warnings
from pathlib import Path

import numpy as np
import pytest

import nnc
import nnc.formats
import nnc.numpy

GOOD = {"w": np.ones((2, 2), "f4")}
DATA = nnc.encode(GOOD)

#: Text of any length is a dtype since numpy 2.
TEXT = np.array(["text"], np.dtypes.StringDType() if hasattr(np.dtypes, "StringDType") else "U4")


class Raises:
    """Whatever is asked of it, it raises."""

    def __array__(self, *_, **__):
        raise RuntimeError("no")

    def __fspath__(self):
        raise RuntimeError("no")


NONSENSE = {
    "None": None,
    "number": 5,
    "negative": -1,
    "float": 1.5,
    "nan": float("nan"),
    "text": "nonsense",
    "empty text": "",
    "zero character": "a\0b",
    "surrogate": "\udc80",
    "path": Path("nowhere", "nothing.nnc"),
    "folder": Path(),
    "bytes": b"nonsense",
    "empty bytes": b"",
    "bytearray": bytearray(b"nonsense"),
    "cut bitstream": DATA[: len(DATA) // 2],
    "strided view": memoryview(DATA)[::2],
    "view of floats": memoryview(np.ones(3)),
    "array": np.ones(3),
    "list of arrays": [np.ones(3)],
    "tuple": (1, 2),
    "set": {1},
    "generator": iter([1]),
    "class": dict,
    "module": types,
    "function": len,
    "open file": io.BytesIO(DATA),
    "object": object(),
    "model": GOOD,
    "numbers as names": {1: np.ones(2)},
    "ragged": {"a": [[1], [1, 2]]},
    "text in it": {"a": "text"},
    "text of any length in it": {"a": TEXT},
    "objects in it": {"a": object(), "b": None},
    "nested": {"a": {"b": np.ones(2)}},
    "sets in it": {"a": {1, 2}},
    "zero character in a name": {"a\0b": np.ones(2)},
    "surrogate in a name": {"\ud800": np.ones(2)},
    "bitstream": nnc.Bitstream.parse(DATA),
}

#: Each public call, with nonsense as its first argument, or in the place that the name says.
CALLS = {
    "encode": nnc.encode,
    "save_file model": lambda x: nnc.save_file(x, "out.nnc"),
    "save_file path": lambda x: nnc.save_file(GOOD, x),
    "decode": nnc.decode,
    "decode_levels": nnc.decode_levels,
    "load_file": nnc.load_file,
    "load_model": nnc.load_model,
    "open": nnc.open,
    "parse": nnc.Bitstream.parse,
    "save": lambda x: nnc.Bitstream.parse(DATA).save(x),
    "get": lambda x: nnc.Bitstream.parse(DATA).get(x),
    "trace": nnc.trace,
    "tree": nnc.tree,
    "check": nnc.check,
    "check before": lambda x: nnc.check(DATA, deep=True, before=x),
    "diff first": lambda x: nnc.diff(x, DATA),
    "diff second": lambda x: nnc.diff(DATA, x),
    "encode_file model": lambda x: nnc.encode_file(x, "out.nnc"),
    "encode_file output": lambda x: nnc.encode_file("good.npz", x),
    "decode_file bitstream": lambda x: nnc.decode_file(x, "out.npz"),
    "decode_file output": lambda x: nnc.decode_file("good.nnc", x),
    "Encoder": lambda x: nnc.Encoder(base=x),
    "Encoder.encode": lambda x: nnc.Encoder().encode(x),
    "Encoder.receive": lambda x: nnc.Encoder().receive(x),
    "Encoder.save": lambda x: nnc.Encoder().save(x),
    "Encoder.load": lambda x: nnc.Encoder().load(x),
    "Calibration": nnc.Calibration,
    "Calibration path": lambda x: nnc.Calibration(path=x),
    "Decoder": nnc.Decoder,
    "Decoder.decode": lambda x: nnc.Decoder().decode(x),
    "Decoder.save": lambda x: nnc.Decoder().save(x),
    "Decoder.load": nnc.Decoder.load,
    "numpy.save": nnc.numpy.save,
    "numpy.load": nnc.numpy.load,
    "read_model": nnc.formats.read_model,
    "write_model path": lambda x: nnc.formats.write_model(x, GOOD),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    nnc.save_file(GOOD, "good.nnc")
    np.savez("good.npz", **GOOD)
    return tmp_path


@pytest.mark.parametrize("call", CALLS)
def test_nonsense_raises_errors_of_nnc(call, folder):
    wrong = []
    for name, nonsense in NONSENSE.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                CALLS[call](nonsense)
            except (nnc.NncError, OSError):
                pass
            except Exception as error:
                wrong.append(f"{name}: {type(error).__name__}: {error}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ([np.ones(3)], "give names"),
        (np.ones(3), "give it a name"),
        ("model.npz", "nnc.encode_file"),
        (Path("model.npz"), "nnc.encode_file"),
        (io.BytesIO(), "nnc.encode_file"),
        (DATA, "nnc.decode"),
        (None, "a mapping of names"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_model_says_what_to_call(given, word):
    for call in (nnc.encode, lambda x: nnc.Encoder(base=x), nnc.Encoder().encode, nnc.Decoder):
        if (call is nnc.Decoder and given is None) or (given is None and call is not nnc.encode):
            continue
        with pytest.raises(nnc.InputError, match=word):
            call(given)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ("m.nnc", "nnc.open"),
        (Path("m.nnc"), "nnc.open"),
        (io.BytesIO(DATA), "read"),
        (None, "bytes"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_bitstream_says_what_to_call(given, word):
    for call in (nnc.decode, nnc.trace, nnc.check, nnc.decode_levels, nnc.Decoder().decode):
        with pytest.raises(nnc.InputError, match=word):
            call(given)


def test_views_that_are_not_in_a_row():
    twice = bytes(byte for one in DATA for byte in (one, 0))
    view = memoryview(twice)[::2]
    assert not view.contiguous
    assert nnc.decode(view)["w"].tolist() == GOOD["w"].tolist()
    assert nnc.check(view) == []
    assert nnc.decode(np.frombuffer(DATA, "u1"))["w"].tolist() == GOOD["w"].tolist()


def test_tensors_of_pytorch():
    torch = pytest.importorskip("torch")
    module = torch.nn.Linear(2, 2)
    wanted = {name: one.tolist() for name, one in module.state_dict().items()}
    options = {"lossless": True}
    for given in (module, dict(module.named_parameters()), module.state_dict()):
        back = nnc.decode(nnc.encode(given, **options))
        assert {name: one.tolist() for name, one in back.items()} == wanted
        base = nnc.Encoder(base=given).decoder.tensors()
        assert {name: one.tolist() for name, one in base.items()} == wanted
    for dtype in (torch.bfloat16, torch.float8_e4m3fn, torch.float16, torch.bool, torch.complex64):
        back = nnc.decode(nnc.encode({"x": torch.ones(3).to(dtype)}))["x"]
        assert back.dtype.name == str(dtype).removeprefix("torch.")
        assert back.astype("c8").tolist() == [1, 1, 1]
    for odd in (torch.eye(3).to_sparse(), torch.ones(3, device="meta")):
        with pytest.raises(nnc.InputError, match="tensor 'x' is sparse"):
            nnc.encode({"x": odd})
    with pytest.raises(nnc.InputError, match="give it a name"):
        nnc.encode(torch.ones(3))
