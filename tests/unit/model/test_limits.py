"""What a decoder refuses to allocate, and that the caller can raise the limits."""

import numpy as np
import pytest

import nnc


def with_dimensions(dimensions):
    """A bitstream of a tensor whose header claims other dimensions."""
    weights = np.linspace(-1, 1, 16, dtype=np.float32).reshape(4, 4)
    bitstream = nnc.Bitstream.parse(nnc.encode({"w": weights}))
    header = bitstream.units[-1].header.nnr_compressed_data_unit_header
    header.tensor_dimensions_list.count_tensor_dimensions = len(dimensions)
    header.tensor_dimensions_list.tensor_dimensions = list(dimensions)
    return bitstream.to_bytes()


@pytest.mark.parametrize(
    "dimensions",
    [
        (1 << 40, 4),
        (1 << 20, 1 << 20),
        (258, 32, 0, 105, 51, 72, 80, 842, 256, 767),
        (0, 1 << 62, 1 << 62),
        (1,) * 33,
    ],
)
def test_dimensions_beyond_reason(dimensions):
    with pytest.raises(nnc.LimitError, match="'w'"):
        nnc.decode(with_dimensions(dimensions))


def test_more_values_than_the_payload_can_hold():
    with pytest.raises(nnc.NncError):
        nnc.decode(with_dimensions((4000, 4000)))


def test_limits_can_be_set():
    data = nnc.encode({"w": np.zeros((5000, 5000), "f4")})
    with pytest.raises(nnc.LimitError, match="too many values for its size"):
        nnc.decode(data)
    assert nnc.decode(data, limits=nnc.Limits(values=25_000_000))["w"].shape == (5000, 5000)
    with pytest.raises(nnc.LimitError, match="too many dimensions"):
        nnc.decode(nnc.encode({"w": np.zeros((2, 2, 2))}), limits=nnc.Limits(rank=2))


@pytest.mark.parametrize("separate", [False, True])
def test_a_product_of_two_small_factors(separate):
    """Some hundred bytes of G and H make a weight of 16 GB."""
    rows = 1 << 16
    tensors = {"w_G": np.zeros((rows, 1), "f4"), "w_H": np.zeros((1, rows), "f4")}
    extra = {} if separate else {"bias": "b"}
    if extra:
        tensors["b"] = np.zeros(rows, "f4")
    block = nnc.Block(
        weight="w", g="w_G", h="w_H", dimensions=(rows, rows), separate=separate, **extra
    )
    with pytest.warns(nnc.EncodingWarning, match="--max-values"):
        data = nnc.encode(tensors, blocks=[block])
    with pytest.raises(nnc.LimitError, match="'w_H' the bitstream holds too many values"):
        nnc.decode(data)


def test_the_warning_names_a_limit_that_is_enough():
    rows = 4200
    tensors = {"w_G": np.zeros((rows, 1), "f4"), "w_H": np.zeros((1, rows), "f4")}
    block = nnc.Block(weight="w", g="w_G", h="w_H", dimensions=(rows, rows), separate=True)
    with pytest.warns(nnc.EncodingWarning) as caught:
        data = nnc.encode(tensors, blocks=[block])
    values = int(str(caught[0].message).rpartition("--max-values ")[2].rstrip(")"))
    assert nnc.decode(data, limits=nnc.Limits(values=values))["w"].shape == (rows, rows)
