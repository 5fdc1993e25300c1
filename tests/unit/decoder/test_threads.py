"""One large tensor on several threads, from its entry points."""

import numpy as np
import pytest

import nnc
from nnc.decoder import model, reconstruction
from nnc.decoder.workers import Resources


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch):
    monkeypatch.setattr(model, "LARGE_TENSOR", 1)


def random_tensor(*shape, seed=1):
    return np.random.default_rng(seed).normal(0, 0.1, shape).astype("f4")


@pytest.mark.parametrize("scan_order", [1, 2, 4])
@pytest.mark.parametrize("options", [{}, {"dq": False}, {"profile": 0}, {"blocks": "auto"}])
@pytest.mark.parametrize("threads", [2, 3, 40])
def test_threads_give_the_same_levels(scan_order, options, threads):
    tensors = {
        "l.weight": random_tensor(130, 90),
        "l.bias": random_tensor(130),
        "zeros": np.zeros((130, 90), "f4"),
        "narrow": random_tensor(300, 2),
        "i": np.arange(1200).reshape(60, 20),
    }
    tensors["l.weight"][20:80] = 0
    data = nnc.encode(tensors, scan_order=scan_order, qp=-20, **options)
    one, many = nnc.decode_levels(data, threads=1), nnc.decode_levels(data, threads=threads)
    assert one.keys() == many.keys()
    for name, levels in one.items():
        np.testing.assert_array_equal(many[name], levels)


@pytest.mark.parametrize("element", ["cabac_offset_list", "dq_state_list", "bit_offset_delta2"])
@pytest.mark.parametrize("place", [0, 3, -1])
def test_wrong_entry_points_are_named(element, place):
    bitstream = nnc.Bitstream.parse(nnc.encode({"w": random_tensor(100, 40)}, scan_order=1, qp=-20))
    getattr(bitstream.units[-1].header.nnr_compressed_data_unit_header, element)[place] ^= 1
    data = bitstream.to_bytes()
    messages = set()
    for threads in (1, 2, 12):
        with pytest.raises(nnc.InvalidError) as caught:
            nnc.decode(data, threads=threads)
        messages.add(str(caught.value))
    assert len(messages) == 1


@pytest.mark.parametrize("number", [(1 << 63) - 1, 1 << 63, 1 << 64])
@pytest.mark.parametrize("threads", [1, 2, 12])
def test_entry_points_beyond_all_integers_of_the_machine(number, threads):
    bitstream = nnc.Bitstream.parse(nnc.encode({"w": random_tensor(100, 40)}, scan_order=1, qp=-20))
    header = bitstream.units[-1].header.nnr_compressed_data_unit_header
    header.bit_offset_delta1 = number
    with pytest.raises(nnc.InvalidError, match=rf"bit_offset_list\[0\] is {number}"):
        nnc.decode(bitstream.to_bytes(), threads=threads)


def test_damage_is_found_on_any_number_of_threads():
    data = nnc.encode({"w": random_tensor(100, 40)}, scan_order=1, qp=-20)
    for place in range(len(data) - 400, len(data), 7):
        damaged = bytearray(data)
        damaged[place] ^= 0x40
        outcomes = []
        for threads in (1, 3):
            try:
                outcomes.append(nnc.decode_levels(bytes(damaged), threads=threads)["w"].tobytes())
            except nnc.NncError as error:
                outcomes.append(str(error))
        assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("options", [{}, {"codebook": True}, {"blocks": "auto"}, {"effort": 0}])
@pytest.mark.parametrize("threads", [2, 5])
def test_threads_give_the_same_values(monkeypatch, options, threads):
    monkeypatch.setattr(reconstruction, "LARGE_TENSOR", 100)
    tensors = {
        "l.weight": random_tensor(130, 90),
        "l.bias": random_tensor(130),
        "half": random_tensor(40, 30).astype("f2"),
        "few": random_tensor(50, 20).round(1),
        "i": np.arange(1200).reshape(60, 20),
    }
    data = nnc.encode(tensors, qp=-20, **options)
    one, many = nnc.decode(data, threads=1), nnc.decode(data, threads=threads)
    assert list(one) == list(many)
    for name, values in one.items():
        assert many[name].dtype == values.dtype
        assert many[name].flags.writeable
        np.testing.assert_array_equal(many[name], values)


@pytest.mark.parametrize("threads", [1, 3])
def test_step_sizes_that_cannot_be_are_named_by_unit(monkeypatch, threads):
    monkeypatch.setattr(reconstruction, "LARGE_TENSOR", 100)
    tensors = {f"t{number}": random_tensor(40, 30, seed=number) for number in range(3)}
    bitstream = nnc.Bitstream.parse(nnc.encode(tensors, qp=-20))
    decoded = model.decode_model(bitstream, Resources(threads=threads))
    decoded.units[1][0] = decoded.units[1][0]._replace(qp=4000)
    with pytest.raises(nnc.InvalidError, match="beyond float32") as caught:
        decoded.values()
    assert caught.value.unit == 3
