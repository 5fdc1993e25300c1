"""The compiled engine against the reference after every bin: all of the state.

A record holds range, offset or low, position, and the counters of the context that the bin had.
Only that context changes in a bin, so that equal records from equal starts mean equal
states of all contexts after each bin.
"""

import numpy as np
import pytest

from nnc.deepcabac import TensorCoding

CODINGS = {
    "plain": TensorCoding(),
    "dependent": TensorCoding(dq_flag=1),
    "profile-0": TensorCoding(0, 1),
    "blocks": TensorCoding(dq_flag=1, scan_order=1),
    "large-blocks": TensorCoding(scan_order=3),
    "no-unary": TensorCoding(dq_flag=1, cabac_unary_length_minus1=0),
    "long-unary": TensorCoding(cabac_unary_length_minus1=100),
    "codebook": TensorCoding(1, 1, 1, codebook_size=31, codebook_zero_offset=12),
    "positive-codebook": TensorCoding(codebook_size=200, codebook_zero_offset=0),
    "negative-codebook": TensorCoding(dq_flag=1, codebook_size=9, codebook_zero_offset=8),
    "difference": TensorCoding(dq_flag=1, parent_node_id_present_flag=1),
    "nncodec-1": TensorCoding(0, 1, 2, nncodec1=True),
}
BINS = 200_000


def make_levels(coding, scale, fit_states):
    generator = np.random.default_rng(int(scale * 10))
    levels = generator.laplace(0, scale, (41 if coding.scan_order else 17, 11)).round()
    levels[3:6] = 0
    if coding.limited:
        levels = levels.clip(-coding.negative_limit, coding.positive_limit)
    return fit_states(levels, coding)


def assert_same(first, second):
    for name in first.bins().dtype.names:
        np.testing.assert_array_equal(first.bins()[name], second.bins()[name], name)
    np.testing.assert_array_equal(first.context_states(), second.context_states())
    assert first.position == second.position


@pytest.mark.parametrize("scale", [0.3, 2, 40, 1e5])
@pytest.mark.parametrize("with_base", [False, True])
@pytest.mark.parametrize("name", CODINGS)
def test_every_bin(both, fit_states, name, with_base, scale):
    coding = CODINGS[name]
    levels = make_levels(coding, scale, fit_states)
    context = {"history": levels > 1} if coding.parent_node_id_present_flag else {}
    if with_base:
        context["base_levels"] = np.roll(levels, 1)
    encoders = [engine.Encoder(record_bins=BINS) for engine in both]
    payloads = []
    for encoder in encoders:
        encoder.quantization_parameter(5, 2)
        encoder.tensor(levels, coding, **context)
        payloads.append(encoder.finish())
    assert payloads[0] == payloads[1]
    assert_same(*encoders)

    decoders = [engine.Decoder(payloads[0], record_bins=BINS) for engine in both]
    for decoder in decoders:
        decoder.quantization_parameter(2)
        decoder.tensor(*levels.shape, coding, **context)
        decoder.finish()
    assert_same(*decoders)

    sent, received = encoders[0].bins(), decoders[0].bins()
    assert len(sent) < BINS
    for field in ("context", "bin", "range", "position", "fast", "slow"):
        np.testing.assert_array_equal(sent[field], received[field], field)


def test_a_record_ends_at_its_capacity(coder):
    levels = np.arange(12, dtype=np.int32).reshape(3, 4)
    encoder = coder.Encoder(record_bins=7)
    encoder.tensor(levels, TensorCoding())
    decoder = coder.Decoder(encoder.finish(), record_bins=5)
    np.testing.assert_array_equal(decoder.tensor(3, 4, TensorCoding()), levels)
    assert len(encoder.bins()) == 7
    assert len(decoder.bins()) == 5
    np.testing.assert_array_equal(encoder.bins()[:5]["context"], decoder.bins()["context"])


def test_no_record_unless_asked_for(coder):
    encoder = coder.Encoder()
    encoder.tensor(np.ones((2, 2), np.int32), TensorCoding())
    assert len(encoder.bins()) == 0
    assert len(coder.Decoder(encoder.finish()).bins()) == 0
