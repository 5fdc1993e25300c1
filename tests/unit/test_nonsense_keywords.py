"""Whatever each argument of each public call is given: it takes it, or raises errors of nnc."""

import copy
import importlib
import inspect
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import nnc
from nnc.bitstream.parser import OutOfBandKeywords
from nnc.encoder.call import keywords
from nnc.formats import write_model
from nnc.plotting import RatePoint
from tests.unit.test_nonsense import DATA, GOOD, NONSENSE

#: Functions that are given: what they raise themselves is theirs.
CALLED = (
    "after_step",
    "change",
    "evaluate",
    "extra",
    "loss",
    "optimizer",
    "observe",
    "on_trial",
    "progress",
    "read",
)

MODULES = [
    "nnc", "nnc.torch", "nnc.onnx", "nnc.numpy", "nnc.containers", "nnc.report", "nnc.explore",
    "nnc.plotting", "nnc.inspect", "nnc.editing.levels", "nnc.editing.values",
]  # fmt: skip

#: What methods do for the library itself is no call of users.
METHODS = {
    "Bitstream": [
        *("__init__", "parse", "open", "get", "set", "set_all", "plan_set", "insert"),
        *("plan_insert", "remove", "plan_remove", "write", "share_mapping", "save"),
    ],
    "StreamDecoder": ["__init__", "feed"],
    "TensorFile": ["get_tensor", "get_slice"],
    "Decoder": ["__init__", "load", "save", "tensors", "decode"],
    "Encoder": [
        *("__init__", "keep_exact", "save", "load", "receive", "encode", "encode_bitstream"),
    ],
    "ModelInformation": ["of"],
    "TensorOptions": ["of"],
    "BatchNorm": ["unfolded"],
}
FRAMEWORKS = {"nnc.torch": "torch", "nnc.onnx": "onnxruntime", "nnc.plotting": "matplotlib"}
HEADER = "units[0].header.general_profile_idc"
MAPPING = {"w": np.ones((2, 2), "i4")}


def parsed():
    return nnc.Bitstream.parse(DATA)


def linear():
    import torch

    return torch.nn.Linear(2, 2)


def of_bitstream(**more):
    return lambda: {"data": DATA, **more}


def of_method(kind, **more):
    return lambda: {"self": kind(), **more}


def first_unit():
    return {"unit": list(parsed().walk())[-1], "observe": lambda _: None, "nncodec1": False}


#: What each call is given that asks for something: functions that make it anew.
REQUIRED = {
    "nnc.encode": lambda: {"model": GOOD},
    "nnc.encode_file": lambda: {"model": "good.npz", "output": "out.nnc"},
    "nnc.save_file": lambda: {"tensors": GOOD, "filename": "out.nnc"},
    "nnc.decode": of_bitstream(),
    "nnc.decode_file": lambda: {"bitstream": "good.nnc", "output": "out.npz"},
    "nnc.decode_levels": of_bitstream(),
    "nnc.load_file": lambda: {"filename": "good.nnc"},
    "nnc.load_model": lambda: {"filename": "good.nnc"},
    "nnc.open": lambda: {"path": "good.nnc"},
    "nnc.safe_open": lambda: {"filename": "good.nnc"},
    "nnc.check": of_bitstream(deep=True),
    "nnc.diff": lambda: {"first": DATA, "second": DATA, "levels": True},
    "nnc.trace": of_bitstream(),
    "nnc.tree": of_bitstream(),
    "nnc.torch.load": of_bitstream(),
    "nnc.torch.load_file": lambda: {"filename": "good.nnc"},
    "nnc.torch.load_into": lambda: {"module": linear(), "filename": "linear.nnc"},
    "nnc.torch.batch_norm_layers": lambda: {"module": linear()},
    "nnc.torch.calibrate": lambda: {"module": linear(), "batches": []},
    "nnc.torch.compressibility": lambda: {"module": linear()},
    "nnc.torch.local_scaling": lambda: {"module": linear()},
    "nnc.torch.low_rank": lambda: {"module": linear(), "rank": 1},
    "nnc.torch.mask": lambda: {"module": linear(), "masks": {}},
    "nnc.torch.reduced": lambda: {"module": linear()},
    "nnc.torch.refit": lambda: {"module": linear(), "data": DATA, "batches": []},
    "nnc.torch.remove": lambda: {"module": linear()},
    "nnc.torch.rounded": lambda: {"module": linear(), "qp": -20},
    "nnc.torch.cut_neurons": lambda: {
        "module": linear(), "pruned": nnc.reduce.Reduced(tensors=GOOD), "example": [],
    },
    "nnc.torch.lightning_callback": lambda: {"gradual": nnc.torch.Gradual(linear())},
    "nnc.torch.trainer_callback": lambda: {"gradual": nnc.torch.Gradual(linear())},
    "nnc.torch.tune": lambda: {"module": linear(), "batches": [], "loss": len},
    "nnc.torch.unify": lambda: {"module": linear(), "share": 0.5},
    "nnc.torch.save": lambda: {"model": linear()},
    "nnc.torch.save_file": lambda: {"model": linear(), "filename": "out.nnc"},
    "nnc.onnx.calibrate": lambda: {"model": "good.npz", "batches": []},
    "nnc.onnx.load_file": lambda: {"filename": "good.nnc"},
    "nnc.onnx.refit": lambda: {"model": "good.npz", "data": DATA, "batches": []},
    "nnc.onnx.session": lambda: {"filename": "good.nnc"},
    "nnc.numpy.save": lambda: {"model": GOOD},
    "nnc.numpy.save_file": lambda: {"tensors": GOOD, "filename": "out.nnc"},
    "nnc.numpy.load": of_bitstream(),
    "nnc.numpy.load_file": lambda: {"filename": "good.nnc"},
    "nnc.containers.embed": lambda: {"bitstream": "good.nnc", "container": "out.mp4"},
    "nnc.containers.extract": lambda: {"container": "good.mp4", "bitstream": "out.nnc"},
    "nnc.containers.is_carrier": lambda: {"head": b"1234ftypmif1"},
    "nnc.containers.read_post_filter": lambda: {"payload": b"head" + nnc.encode(GOOD)},
    "nnc.report.make_report": lambda: {"bitstream": parsed(), "read": GOOD.__getitem__},
    "nnc.report.write_report": lambda: {
        "path": "out.html", "model": "good.npz", "bitstream": "good.nnc",
    },
    "nnc.explore.app_page": dict,
    "nnc.explore.explorer_page": of_bitstream(name="good.nnc"),
    "nnc.plotting.measure_rates": lambda: {"tensors": GOOD, "qps": [-20]},
    "nnc.plotting.plot_accuracies": lambda: {"curves": {"a": [(9, 0.5)]}, "path": "out.svg"},
    "nnc.plotting.plot_bytes": lambda: {"bitstream": parsed(), "path": "out.svg"},
    "nnc.plotting.plot_rates": lambda: {
        "points": [RatePoint(0, 1, 2.0, 3.0), RatePoint(1, 2, 3.0, 2.0)], "path": "out.svg",
    },
    "nnc.inspect.all_rules": dict,
    "nnc.inspect.check": of_bitstream(deep=True),
    "nnc.inspect.decode_bins": first_unit,
    "nnc.inspect.diff": lambda: {"a": nnc.trace(DATA), "b": nnc.trace(DATA), "levels": True},
    "nnc.inspect.summarize": lambda: {"bitstream": parsed()},
    "nnc.inspect.summarize_tensors": lambda: {"bitstream": parsed()},
    "nnc.inspect.trace": of_bitstream(),
    "nnc.inspect.tree": lambda: {"traced": nnc.trace(DATA)},
    "nnc.editing.levels.read_levels": lambda: {"bitstream": parsed(), "name": "w"},
    "nnc.editing.levels.edit_levels": lambda: {
        "bitstream": parsed(), "name": "w", "change": lambda levels: levels,
    },
    "nnc.editing.values.replace_values": lambda: {
        "bitstream": parsed(), "values": {"w": np.ones((2, 2), "f4")},
    },
    "nnc.editing.levels.replace_levels": lambda: {
        "bitstream": parsed(), "name": "w", "levels": MAPPING["w"],
    },
    "nnc.Bitstream.__init__": of_method(lambda: nnc.Bitstream.__new__(nnc.Bitstream)),
    "nnc.Bitstream.parse": of_bitstream(),
    "nnc.Bitstream.open": lambda: {"path": "good.nnc"},
    "nnc.Bitstream.get": of_method(parsed, path=HEADER),
    "nnc.Bitstream.set": of_method(parsed, path=HEADER, value=0),
    "nnc.Bitstream.set_all": of_method(parsed, values={HEADER: 0}),
    "nnc.Bitstream.plan_set": of_method(parsed, path=HEADER, value=0),
    "nnc.Bitstream.insert": of_method(parsed, path="units[1]", value={"type": 0}),
    "nnc.Bitstream.plan_insert": of_method(parsed, path="units[1]", value={"type": 0}),
    "nnc.Bitstream.remove": of_method(parsed, path="units[0]"),
    "nnc.Bitstream.plan_remove": of_method(parsed, path="units[0]"),
    "nnc.Bitstream.write": of_method(parsed, file=None),
    "nnc.Bitstream.share_mapping": of_method(parsed, other=parsed()),
    "nnc.Bitstream.save": of_method(parsed, path="out.nnc"),
    "nnc.StreamDecoder.__init__": of_method(lambda: nnc.StreamDecoder.__new__(nnc.StreamDecoder)),
    "nnc.StreamDecoder.feed": of_method(nnc.StreamDecoder, data=DATA),
    "nnc.TensorFile.get_tensor": of_method(lambda: nnc.safe_open("good.nnc"), name="w"),
    "nnc.TensorFile.get_slice": of_method(lambda: nnc.safe_open("good.nnc"), name="w"),
    "nnc.Decoder.__init__": of_method(lambda: nnc.Decoder.__new__(nnc.Decoder)),
    "nnc.Decoder.load": lambda: {"path": "good.state"},
    "nnc.Decoder.save": of_method(nnc.Decoder, path="out.state"),
    "nnc.Decoder.tensors": of_method(nnc.Decoder),
    "nnc.Decoder.decode": of_method(nnc.Decoder, data=DATA),
    "nnc.Encoder.__init__": of_method(lambda: nnc.Encoder.__new__(nnc.Encoder)),
    "nnc.Encoder.keep_exact": of_method(nnc.Encoder, names=["w"]),
    "nnc.Encoder.save": of_method(nnc.Encoder, path="out.state"),
    "nnc.Encoder.load": of_method(nnc.Encoder, path="good.encoder"),
    "nnc.Encoder.receive": of_method(nnc.Encoder, data=DATA),
    "nnc.Encoder.encode": of_method(nnc.Encoder, tensors=GOOD),
    "nnc.Encoder.encode_bitstream": of_method(nnc.Encoder, tensors=GOOD),
    "nnc.ModelInformation.of": lambda: {"bitstream": parsed()},
    "nnc.TensorOptions.of": lambda: {"pattern": "*", "given": {"qp": 1}},
    "nnc.BatchNorm.unfolded": of_method(
        lambda: nnc.BatchNorm(beta="b", gamma="g", mean="m", variance="v"), beta=np.ones(2)
    ),
}  # fmt: skip

#: The keywords that stand behind `**options` where the signature doesn't say.
BEHIND = {
    "nnc.torch.load": nnc.decode,
    "nnc.torch.load_file": nnc.load_file,
    "nnc.torch.load_into": nnc.load_file,
    "nnc.plotting.measure_rates": nnc.encode,
    "nnc.editing.levels.edit_levels": importlib.import_module(
        "nnc.editing.levels"
    ).replace_levels,
}  # fmt: skip


def function_of(name):
    module = max((one for one in MODULES if name.startswith(f"{one}.")), key=len)
    if module in FRAMEWORKS:
        pytest.importorskip(FRAMEWORKS[module])
    found = importlib.import_module(module)
    for part in name.removeprefix(f"{module}.").split("."):
        found = getattr(found, part)
    return found


def keywords_of(name, function):
    """Return the names of all arguments of a call, and those that go by place only."""
    given, places = [], []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            table = re.fullmatch(r"Unpack\[(\w+)\]", str(parameter.annotation))
            if table:
                known = {**vars(keywords), "OutOfBandKeywords": OutOfBandKeywords}
                given += inspect.get_annotations(known[table[1]])
            elif name in BEHIND:
                behind = keywords_of("", BEHIND[name])[0][1:]
                given += [one for one in behind if one not in ("levels", "name", "qp")]
            continue
        given.append(parameter.name)
        if parameter.kind is parameter.POSITIONAL_ONLY:
            places.append(parameter.name)
    return given, places


def fresh(nonsense):
    """Return a copy of what might be written to."""
    return copy.copy(nonsense) if isinstance(nonsense, dict | list | set) else nonsense


def call(function, places, arguments):
    first = [arguments.pop(name) for name in places]
    result = function(*first, **arguments)
    if inspect.isgenerator(result):
        list(result)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    from nnc.containers import embed

    monkeypatch.chdir(tmp_path)
    nnc.save_file(GOOD, "good.nnc")
    write_model("good.npz", GOOD)
    embed("good.nnc", "good.mp4")
    decoder = nnc.Decoder()
    decoder.decode(DATA)
    decoder.save("good.state")
    encoder = nnc.Encoder()
    encoder.encode(GOOD)
    encoder.save("good.encoder")
    return tmp_path


def public_functions():
    """Yield the functions of the public modules, as the documentation has them."""
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    for name in re.findall(r"^### (\S+) \{", page, re.MULTILINE):
        if name.rpartition(".")[0] in MODULES and name.rpartition(".")[2].islower():
            yield name
    for kind, methods in METHODS.items():
        for method in methods:
            yield f"nnc.{kind}.{method}"


def test_every_public_call_is_tried():
    assert set(REQUIRED) == set(public_functions())


@pytest.mark.parametrize("name", REQUIRED)
def test_nonsense_in_any_argument_raises_errors_of_nnc(name, folder):
    function = function_of(name)
    known, places = keywords_of(name, function)
    wrong = []
    for argument in known:
        if argument == "self":
            continue
        for kind, nonsense in NONSENSE.items():
            if argument in CALLED and kind in ("class", "function"):
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    call(function, places, {**REQUIRED[name](), argument: fresh(nonsense)})
                except (nnc.NncError, OSError):
                    pass
                except Exception as error:
                    wrong.append(f"{argument}: {kind}: {type(error).__name__}: {error}")
    assert not wrong, "\n".join(wrong)


#: What values of classes are made of, and a call that uses them.
USED = {
    nnc.BatchNorm: (
        dict.fromkeys(["beta", "gamma", "mean", "variance"], "b"),
        lambda one: nnc.decode(DATA, batch_norms={"w": one}),
    ),
    nnc.Block: ({"weight": "w"}, lambda one: nnc.encode(GOOD, blocks=[one])),
    nnc.Joined: ({"names": ["w"]}, lambda one: nnc.encode(GOOD, joins=[one])),
    nnc.LayerParameters: ({}, lambda one: nnc.encode(GOOD, layer_parameters={"*": one})),
    nnc.Limits: ({}, lambda one: nnc.decode(DATA, limits=one)),
    nnc.ModelInformation: ({}, lambda one: nnc.encode(GOOD, information=one)),
    nnc.PerformanceMaps: ({}, lambda one: nnc.encode(GOOD, performance_maps=one)),
    nnc.Pruning: ({}, lambda one: nnc.encode(GOOD, pruning=one)),
    nnc.Quantization: (
        {"storage_format": 1, "data": b"x"},
        lambda one: nnc.encode(GOOD, quantization=one),
    ),
    nnc.TensorOptions: ({}, lambda one: nnc.encode(GOOD, tensors={"*": one})),
    nnc.Topology: (
        {"storage_format": 1, "data": b"x"},
        lambda one: nnc.encode(GOOD, topology=one),
    ),
}


@pytest.mark.parametrize("kind", USED, ids=lambda kind: kind.__name__)
def test_nonsense_in_any_field_raises_errors_of_nnc(kind):
    fields, use = USED[kind]
    wrong = []
    for field in inspect.signature(kind).parameters:
        for name, nonsense in NONSENSE.items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    use(kind(**{**fields, field: fresh(nonsense)}))
                except nnc.NncError:
                    pass
                except Exception as error:
                    wrong.append(f"{field}: {name}: {type(error).__name__}: {error}")
    assert not wrong, "\n".join(wrong)
