"""Differences, quantized with errors and bits weighed together."""

import numpy as np
import pytest

import nnc
from nnc.decoder.dequantization import step_size
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.units.weighed import tried_qps

QP = -28
BASE = {"layer.weight": np.zeros((48, 64), "f4"), "layer.bias": np.zeros(48, "f4")}


def noise(seed, share):
    random = np.random.default_rng(seed)
    chosen = random.random((48, 64)) < share
    spread = random.normal(0, 4 * step_size(QP, 2), (48, 64)) * chosen
    bias = random.normal(0, step_size(QP, 2), 48)
    return {"layer.weight": spread.astype("f4"), "layer.bias": bias.astype("f4")}


def coded(changed, **options):
    """Return the cost of an update, error in squared steps and weighted bits, and the update."""
    encoder = nnc.Encoder(BASE, qp=QP, nonweight_qp=QP, **options)
    decoder = nnc.Decoder(BASE)
    data = encoder.encode(changed)
    decoded = decoder.decode(data)
    error = sum(float(np.square(decoded[name] - changed[name]).sum()) for name in changed)
    return error / float(step_size(QP, 2)) ** 2 + 0.3 * 8 * len(data), data


@pytest.mark.parametrize("blocks", [(), "auto"])
@pytest.mark.parametrize("share", [0.1, 1.0])
def test_weighed_updates_cost_no_more(share, blocks):
    changed = noise(0, share)
    costs = [coded(changed, effort=effort, blocks=blocks)[0] for effort in (1, 2, 3)]
    assert costs[2] <= costs[1] + 1 < costs[0] + 2


def test_what_is_asked_for_is_kept():
    changed = noise(1, 0.1)
    for dq in (True, False):
        _, data = coded(changed, effort=2, dq=dq)
        flags = {unit.header.nnr_compressed_data_unit_header.dq_flag
                 for unit in nnc.Bitstream.parse(data).units[2:]}  # fmt: skip
        assert flags == {int(dq)}


def test_step_sizes_stay_where_they_can_be_coded():
    options = EncoderOptions(effort=3)
    assert list(tried_qps(-20, -20, options, dq=True)) == [-23, -22, -21, -20, -19, -18]
    assert list(tried_qps(-20, -20, options, dq=False)) == [-19, -18, -17, -16, -15, -14]
    assert max(tried_qps(107, -20, options, dq=True)) == 107
    assert list(tried_qps(107, -20, options, dq=False)) == [107]
    fine = EncoderOptions(effort=2, qp_density=3)
    assert list(tried_qps(0, 0, fine, dq=True)) == [-4, 0, 4]
