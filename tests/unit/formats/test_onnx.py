"""Annex B: ONNX models in and out, and straight into a session."""

import numpy as np
import pytest

from nnc import Bitstream, InputError
from nnc.cli.main import run
from nnc.decoder import Topology, read_topology
from nnc.formats import read_model, write_model
from tests.unit.formats.frameworks import assert_explained, assert_same_model, there_and_back

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")
helper, numpy_helper = onnx.helper, onnx.numpy_helper
RANDOM = np.random.default_rng(3)


def normal(*shape):
    return (RANDOM.normal(size=shape) / np.sqrt(np.prod(shape[1:]) or 1)).astype(np.float32)


def make_model(**more):
    """Convolution, batch norm, upsampling, a reshape, a product and a sum."""
    tensors = {
        "conv.weight": normal(8, 3, 3, 3),
        "conv.bias": normal(8),
        "bn.weight": 1 + normal(8) / 9,
        "bn.bias": normal(8),
        "bn.mean": normal(8),
        "bn.var": 1 + np.abs(normal(8)),
        "scales": np.array([1, 1, 2, 2], np.float32),
        "shape": np.array([0, -1], np.int64),
        "fc.weight": normal(8 * 16 * 16, 10),
        "fc.bias": normal(10),
        "small": np.array(1e-9, np.float32),
        **more,
    }
    nodes = [
        helper.make_node("Conv", ["x", "conv.weight", "conv.bias"], ["a"], pads=[1] * 4),
        helper.make_node(
            "BatchNormalization", ["a", "bn.weight", "bn.bias", "bn.mean", "bn.var"], ["b"]
        ),
        helper.make_node("Relu", ["b"], ["c"]),
        helper.make_node("Resize", ["c", "", "scales"], ["d"], mode="nearest"),
        helper.make_node("Reshape", ["d", "shape"], ["e"]),
        helper.make_node("MatMul", ["e", "fc.weight"], ["f"]),
        helper.make_node("Add", ["f", "fc.bias"], ["g"]),
        helper.make_node("Add", ["g", "small"], ["y"]),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "small network",
        [value("x", onnx.TensorProto.FLOAT, ["n", 3, 8, 8])],
        [value("y", onnx.TensorProto.FLOAT, ["n", 10])],
        [numpy_helper.from_array(values, name) for name, values in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, {"author": "a test"})
    onnx.checker.check_model(model, full_check=True)
    return model


X = normal(4, 3, 8, 8) * 5


def outputs(model):
    data = model if isinstance(model, bytes) else model.SerializeToString()
    return runtime.InferenceSession(data, providers=["CPUExecutionProvider"]).run(None, {"x": X})[0]


def with_tensors(model, tensors):
    replaced = onnx.ModelProto()
    replaced.CopyFrom(model)
    for proto in replaced.graph.initializer:
        proto.CopyFrom(numpy_helper.from_array(tensors[proto.name], proto.name))
    return replaced


def save(tmp_path, model, **given):
    onnx.save(model, tmp_path / "model.onnx", **given)
    return tmp_path / "model.onnx"


@pytest.mark.parametrize("external", [False, True])
def test_annex_b_onnx(tmp_path, external):
    model = make_model()
    given = {"save_as_external_data": True, "location": "weights/w.data", "size_threshold": 256}
    (tmp_path / "weights").mkdir()
    path = save(tmp_path, onnx.ModelProto.FromString(model.SerializeToString()),
                **(given if external else {}))  # fmt: skip
    assert (tmp_path / "weights" / "w.data").exists() == external
    before, after = there_and_back(path, tmp_path / "back.onnx")
    assert_same_model(before, after)
    back = onnx.load(tmp_path / "back.onnx")
    onnx.checker.check_model(back, full_check=True)
    assert [one.name for one in back.graph.initializer] == list(before.tensors)
    for ours, theirs in zip(back.graph.node, model.graph.node, strict=True):
        assert ours == theirs
    assert back.metadata_props == model.metadata_props
    original = outputs(model)
    assert_explained(original, outputs(back), outputs(with_tensors(model, after.tensors)))


def test_topology_has_the_names_and_not_the_data(tmp_path):
    path = save(tmp_path, make_model())
    before, _ = there_and_back(path, tmp_path / "back.onnx")
    bitstream = Bitstream.open(tmp_path / "model.nnc")
    topology = read_topology(bitstream.walk())
    assert topology.storage_format == 2
    bare = onnx.ModelProto.FromString(topology.data)
    assert [one.name for one in bare.graph.initializer] == list(before.tensors)
    assert all(not one.raw_data for one in bare.graph.initializer)
    assert bitstream.units[2].header.nnr_topology_unit_header.topology_compression_format == 1
    names = {name for unit in bitstream.units[3:] for name in getattr(unit, "names", ())}
    assert names >= set(before.tensors)


def test_constants_of_the_graph_are_kept_and_rows_found(tmp_path):
    model = read_model(save(tmp_path, make_model()))
    assert model.exact == {"scales", "small"}
    assert model.row_axes == {"fc.weight": 1}


def test_integers_of_a_quantized_model_are_exact(tmp_path):
    weight = RANDOM.integers(-128, 128, (6, 5)).astype(np.int8)
    scale = (np.abs(normal(6)) / 1000 + 1e-6).astype(np.float32)
    nodes = [
        helper.make_node("DequantizeLinear", ["w", "s", "z"], ["f"], axis=0),
        helper.make_node("Gemm", ["x", "f"], ["y"], transB=1),
    ]
    tensors = {"w": weight, "s": scale, "z": np.zeros(6, np.int8)}
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "q", [value("x", 1, [2, 5])], [value("y", 1, [2, 6])],
        [numpy_helper.from_array(one, name) for name, one in tensors.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    _, after = there_and_back(save(tmp_path, model), tmp_path / "back.onnx")
    for name, values in tensors.items():
        np.testing.assert_array_equal(after.tensors[name], values)


def test_what_cannot_be_coded_stays_in_the_graph(tmp_path):
    model = make_model(mask=np.array([0, -np.inf], np.float32), text=np.array(["a", "b"], object))
    before, _ = there_and_back(save(tmp_path, model), tmp_path / "back.onnx")
    assert not {"mask", "text"} & set(before.tensors)
    back = {one.name: one for one in onnx.load(tmp_path / "back.onnx").graph.initializer}
    np.testing.assert_array_equal(numpy_helper.to_array(back["mask"]), [0, -np.inf])
    assert list(back["text"].string_data) == [b"a", b"b"]


@pytest.mark.parametrize("dtype", ["BFLOAT16", "FLOAT16", "DOUBLE", "INT4", "UINT8", "BOOL"])
def test_types_come_back(dtype, tmp_path):
    number = getattr(onnx.TensorProto, dtype)
    kind = helper.tensor_dtype_to_np_dtype(number)
    values = RANDOM.integers(0, 2, (4, 3)).astype(kind)
    before, after = there_and_back(save(tmp_path, make_model(t=values)), tmp_path / "back.onnx")
    assert_same_model(before, after)
    back = {one.name: one for one in onnx.load(tmp_path / "back.onnx").graph.initializer}
    assert back["t"].data_type == number


def test_large_models_get_a_file_beside_them(tmp_path, monkeypatch):
    monkeypatch.setattr("nnc.formats.onnx.LARGEST_MESSAGE", 1000)
    model = make_model()
    path = save(tmp_path, model)
    before, after = there_and_back(path, tmp_path / "back.onnx")
    assert (tmp_path / "back.onnx.data").exists()
    assert_same_model(before, after)
    found = runtime.InferenceSession(
        str(tmp_path / "back.onnx"), providers=["CPUExecutionProvider"]
    ).run(None, {"x": X})[0]
    assert_explained(outputs(model), found, outputs(with_tensors(model, after.tensors)))


def test_a_session_without_a_file(tmp_path):
    from nnc.onnx import load_file, session

    model = make_model()
    there_and_back(save(tmp_path, model), tmp_path / "back.onnx")
    found = session(tmp_path / "model.nnc").run(None, {"x": X})[0]
    np.testing.assert_array_equal(found, outputs(onnx.load(tmp_path / "back.onnx")))
    assert load_file(tmp_path / "model.nnc") == onnx.load(tmp_path / "back.onnx")


def test_a_session_needs_a_graph(tmp_path):
    from nnc import save_file
    from nnc.onnx import session

    save_file({"w": normal(3, 3)}, tmp_path / "plain.nnc")
    with pytest.raises(InputError, match="no ONNX graph"):
        session(tmp_path / "plain.nnc")
    assert run(["decode", str(tmp_path / "plain.nnc"), "-o", str(tmp_path / "x.onnx")]) == 4
    assert not (tmp_path / "x.onnx").exists()


def test_tensors_have_to_be_those_of_the_graph(tmp_path):
    model = read_model(save(tmp_path, make_model()))
    fewer = {name: one for name, one in model.tensors.items() if name != "conv.bias"}
    with pytest.raises(InputError, match=r"needs tensor 'conv\.bias'"):
        write_model(tmp_path / "x.onnx", fewer, {}, model.topology)
    with pytest.raises(InputError, match="'more' is none"):
        write_model(tmp_path / "x.onnx", model.tensors | {"more": normal(2)}, {}, model.topology)
    other = model.tensors | {"conv.bias": normal(9)}
    with pytest.raises(InputError, match=r"'conv.bias' has shape \[9\]"):
        write_model(tmp_path / "x.onnx", other, {}, model.topology)


@pytest.mark.parametrize("place", ["../secret", "/etc/hostname", "a/../../secret", "link"])
def test_external_data_outside_of_the_folder(place, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(bytes(4096))
    (folder / "link").symlink_to(tmp_path / "secret")
    model = make_model()
    proto = model.graph.initializer[0]
    proto.ClearField("raw_data")
    proto.data_location = onnx.TensorProto.EXTERNAL
    proto.external_data.add(key="location", value=place)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(InputError, match=r"can't be the name|outside"):
        read_model(folder / "model.onnx")


@pytest.mark.parametrize("entry", [("offset", "-1"), ("length", "999999"), ("offset", "x")])
def test_external_data_beyond_its_file(entry, tmp_path):
    model = make_model()
    proto = model.graph.initializer[0]
    proto.ClearField("raw_data")
    proto.data_location = onnx.TensorProto.EXTERNAL
    proto.external_data.add(key="location", value="w")
    proto.external_data.add(key=entry[0], value=entry[1])
    (tmp_path / "w").write_bytes(bytes(864))
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(InputError, match="would be bytes"):
        read_model(tmp_path / "model.onnx")


def hostile(change):
    model = make_model()
    change(model.graph.initializer[0])
    return model.SerializeToString()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"\xff" * 100, "no ONNX model"),
        (hostile(lambda one: one.dims.extend([1] * 100_000)), "100004 dimensions"),
        (hostile(lambda one: one.dims.append(-1)), "negative"),
        (hostile(lambda one: one.dims.extend([1 << 40, 1 << 40])), "more values than memory"),
        (hostile(lambda one: one.dims.append(7)), "'conv.weight'"),
        (hostile(lambda one: setattr(one, "name", "fc.bias")), "twice"),
    ],
    ids=["empty", "noise", "rank", "negative", "huge", "short", "twice"],
)
def test_damaged_files(data, message, tmp_path):
    (tmp_path / "model.onnx").write_bytes(data)
    with pytest.raises(InputError, match=message):
        read_model(tmp_path / "model.onnx")


def test_a_topology_that_points_to_files(tmp_path):
    model = make_model()
    proto = model.graph.initializer[0]
    proto.ClearField("raw_data")
    proto.data_location = onnx.TensorProto.EXTERNAL
    proto.external_data.add(key="location", value="../../secret")
    with pytest.raises(InputError, match="points to a file"):
        write_model(tmp_path / "x.onnx", {}, {}, Topology(2, model.SerializeToString()))
