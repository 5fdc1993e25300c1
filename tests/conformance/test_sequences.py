"""Vectors of updates: one decoder for all bitstreams of a case, by both engines."""

import numpy as np
import pytest

import nnc
from nnc.deepcabac import engine, reference
from tests.cases import CASES

ENGINES = {"compiled": engine.Decoder, "reference": reference.Decoder}
SEQUENCES = [case for case in CASES if case.is_sequence]


@pytest.fixture(params=ENGINES)
def decoder(request, monkeypatch):
    monkeypatch.setattr("nnc.deepcabac.Decoder", ENGINES[request.param], raising=False)
    return request.param


def steps(case):
    for number, path in enumerate(case.bitstreams):
        yield path.read_bytes(), case.arrays(f"expected_{number}"), case.arrays(f"levels_{number}")


def test_there_are_sequences():
    assert len(SEQUENCES) == 28
    assert max(len(case.bitstreams) for case in SEQUENCES) > 2


@pytest.mark.parametrize("case", SEQUENCES, ids=lambda case: case.name)
def test_differences_as_coded(case, decoder):
    session = nnc.Decoder()
    for data, values, levels in steps(case):
        tensors = session.decode(data, reconstruct=False, apply=False)
        assert set(tensors) == set(values)
        for name, expected in values.items():
            assert tensors[name].dtype == expected.dtype
            np.testing.assert_array_equal(tensors[name], expected, err_msg=name)
        for name, expected in (levels or {}).items():
            device = session.state.base_device
            np.testing.assert_array_equal(session.state.coded[device, name].levels, expected)


@pytest.mark.parametrize("case", SEQUENCES, ids=lambda case: case.name)
def test_differences_add_up(case):
    samples = {name: values for _, step, _ in steps(case) for name, values in step.items()}
    from_base = "from-base" in case.name
    base = {name: np.full_like(values, 3.5) for name, values in samples.items()}
    session = nnc.Decoder(None if from_base else base)
    expected = dict(base)
    predicted = "pre" in case.name.split("-")
    differences = {name: np.zeros_like(values) for name, values in samples.items()}
    for number, (data, values, _) in enumerate(steps(case)):
        model = session.decode(data)
        for name, step in values.items():
            if from_base and number == 0:
                expected[name] = step
                continue
            differences[name] = step + differences[name] if predicted else step
            expected[name] = expected[name] + differences[name]
        assert set(model) == set(expected)
        for name, total in expected.items():
            np.testing.assert_array_equal(model[name], total, err_msg=name)


@pytest.mark.parametrize("case", SEQUENCES, ids=lambda case: case.name)
def test_a_session_goes_on_from_its_file(case, tmp_path):
    session = nnc.Decoder()
    for data, values, _ in steps(case):
        session.save(tmp_path / "state")
        session = nnc.Decoder.load(tmp_path / "state")
        tensors = session.decode(data, reconstruct=False, apply=False)
        for name, expected in values.items():
            np.testing.assert_array_equal(tensors[name], expected, err_msg=name)


LONG = [case for case in SEQUENCES if len(case.bitstreams) > 2]


@pytest.mark.parametrize("case", LONG, ids=lambda case: case.name)
def test_updates_out_of_order_are_refused(case):
    datas = [data for data, _, _ in steps(case)]
    session = nnc.Decoder()
    session.decode(datas[0], apply=False)
    before = session.state
    with pytest.raises(nnc.NncError, match=r"depth 2\), but the tensor is at node .*depth 1\)"):
        session.decode(datas[2], apply=False)
    assert session.state is before
    session.decode(datas[1], apply=False)
    with pytest.raises(nnc.NncError, match="already decoded or skipped"):
        session.decode(datas[1], apply=False)
    session.decode(datas[2], apply=False)


def test_temporal_contexts_need_the_parent():
    case = next(case for case in SEQUENCES if case.name == "p1-tca-dq")
    data = case.bitstreams[1].read_bytes()
    with pytest.raises(nnc.MissingValueError, match="levels of its parent"):
        nnc.decode(data)
    with pytest.raises(nnc.MissingValueError, match=r"node \(device 0, parameter 0, depth 1\)"):
        nnc.Decoder().decode(data, apply=False)


def test_a_difference_needs_a_base():
    case = next(case for case in CASES if case.name == "p1-diff-single-dq")
    data = case.bitstreams[0].read_bytes()
    with pytest.raises(nnc.MissingValueError, match="whose values aren't known"):
        nnc.Decoder().decode(data)
    shapes = {name: values.shape for name, values in nnc.decode(data).items()}
    wrong = {name: np.zeros((*shape, 2), "f4") for name, shape in shapes.items()}
    with pytest.raises(nnc.InvalidError, match="another shape"):
        nnc.Decoder(wrong).decode(data)
    with pytest.raises(nnc.InvalidError, match=r"depth 0\), but the tensor is at node .*depth 7"):
        nnc.Decoder(wrong, base_depth=7).decode(data)


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_parents_by_digest(algorithm):
    case = next(case for case in CASES if case.name == f"p1-diff-parent-{algorithm}")
    data = case.bitstreams[0].read_bytes()
    other = nnc.encode(nnc.decode(data, reconstruct=False))
    session = nnc.Decoder()
    session.decode(other)
    with pytest.raises(nnc.InvalidError, match=f"payload has the {algorithm}"):
        session.decode(data)
