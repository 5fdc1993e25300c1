"""What breaks a rule is refused with the project's errors, alike on both engines."""

import numpy as np
import pytest

from nnc.bitio.errors import (
    IncompleteError,
    InputError,
    InvalidError,
    LimitError,
    MissingValueError,
    NncError,
)
from nnc.deepcabac import EntryPoints, TensorCoding, contexts
from nnc.deepcabac.arithmetic import ArithmeticEncoder, BinRecorder, Context
from nnc.deepcabac.neighbourhood import Neighbourhood
from nnc.deepcabac.reference_encoder import ContextWriter, put_level

BLOCKS = TensorCoding(dq_flag=1, scan_order=1)


PLAIN = TensorCoding()


def encoded(coder, levels, coding=PLAIN, **options):
    encoder = coder.Encoder()
    entry_points = encoder.tensor(levels, coding, **options)
    return encoder.finish(), entry_points


def outcome(engine, payload, shape, coding):
    """Decode; give what came out, levels or error, so that it can be compared."""
    try:
        decoder = engine.Decoder(payload)
        levels = decoder.tensor(*shape, coding)
        decoder.finish()
    except NncError as error:
        place = getattr(error, "bit_position", None)
        assert place is None or 0 <= place <= 8 * len(payload)
        return type(error).__name__
    return levels.tolist()


@pytest.mark.parametrize("coding", [TensorCoding(), BLOCKS, TensorCoding(0, 1)])
def test_every_truncation(both, fit_states, coding):
    levels = np.random.default_rng(1).laplace(0, 3, (20, 12)).round()
    levels = fit_states(levels, coding)
    payload, _ = encoded(both[0], levels, coding)
    for length in range(len(payload)):
        results = [outcome(engine, payload[:length], levels.shape, coding) for engine in both]
        assert results[0] == results[1]
        assert results[0] in ("IncompleteError", "InvalidError")


@pytest.mark.parametrize("coding", [TensorCoding(), BLOCKS, TensorCoding(0, 1)])
def test_corruption(both, fit_states, coding):
    generator = np.random.default_rng(2)
    levels = fit_states(generator.laplace(0, 3, (20, 12)).round(), coding)
    payload, _ = encoded(both[0], levels, coding)
    for _ in range(150):
        broken = bytearray(payload)
        for place in generator.integers(0, len(broken), 3):
            broken[place] ^= int(generator.integers(1, 256))
        results = [outcome(engine, broken, levels.shape, coding) for engine in both]
        assert results[0] == results[1]


def test_noise(both):
    generator = np.random.default_rng(3)
    coding = TensorCoding(dq_flag=1, parent_node_id_present_flag=1)
    for length in range(60):
        noise = generator.integers(0, 256, length, np.uint8).tobytes()
        results = [outcome(engine, noise, (30, 7), coding) for engine in both]
        assert results[0] == results[1]


def test_trailing_bytes(coder):
    payload, _ = encoded(coder, np.ones((3, 3), np.int32))
    decoder = coder.Decoder(payload + b"\0\0")
    decoder.tensor(3, 3, TensorCoding())
    with pytest.raises(InvalidError, match="2 bytes are left over") as raised:
        decoder.finish()
    assert raised.value.bit_position == 8 * len(payload)


def test_missing_stop_bit_and_zero_bits(coder):
    for value in range(20):
        levels = np.full((3, 3), value, np.int32)
        payload, _ = encoded(coder, levels)
        decoder = coder.Decoder(payload)
        decoder.tensor(3, 3, TensorCoding())
        stop = decoder.position - 1
        decoder.finish()
        for bit in range(stop, 8 * len(payload)):
            broken = bytearray(payload)
            broken[bit >> 3] ^= 0x80 >> (bit & 7)
            decoder = coder.Decoder(broken)
            decoder.tensor(3, 3, TensorCoding())
            # The stop bit is in the offset register, where it can turn the terminating bin.
            message = "(stop bit|terminating bin) is 0" if bit == stop else "are not all 0"
            with pytest.raises(InvalidError, match=message):
                decoder.finish()


def test_missing_terminating_bin(coder):
    payload, _ = encoded(coder, np.ones((9, 1), np.int32))
    decoder = coder.Decoder(payload)
    decoder.tensor(4, 1, TensorCoding())
    with pytest.raises(InvalidError, match="the terminating bin is 0"):
        decoder.finish()


@pytest.mark.parametrize("payload", [b"", b"\0"])
def test_payload_too_short_to_begin(coder, payload):
    with pytest.raises(IncompleteError) as raised:
        coder.Decoder(payload)
    assert raised.value.missing_bits == 16 - 8 * len(payload)


def test_first_bits_beyond_the_range(coder):
    with pytest.raises(InvalidError, match="first 9 bits"):
        coder.Decoder(b"\xff\0\0")


@pytest.mark.parametrize("shape", [(1 << 40, 1), (1 << 30, 1 << 30), (1, 1 << 50)])
def test_sizes_that_the_payload_cannot_hold(coder, shape):
    decoder = coder.Decoder(bytes(100))
    with pytest.raises(IncompleteError) as raised:
        decoder.tensor(*shape, TensorCoding(0))
    assert raised.value.missing_bits > 1 << 20
    assert raised.value.bit_position <= 800


def test_no_memory_for_levels_that_take_no_bits(coder):
    decoder = coder.Decoder(bytes(100))
    with pytest.raises(LimitError, match="no memory"):
        decoder.tensor(1 << 31, 1 << 31, TensorCoding(codebook_size=1))


@pytest.mark.parametrize(
    ("level", "dq_flag", "is_valid"),
    [
        ((1 << 31) - 1, 0, True),
        (1 << 31, 0, False),
        (-(1 << 31), 0, True),
        (-(1 << 31) - 1, 0, False),
        ((1 << 30) - 1, 1, True),
        (1 << 30, 1, False),
        (-(1 << 30), 1, True),
        (-(1 << 30) - 1, 1, False),
    ],
)
def test_level_beyond_32_bits(coder, level, dq_flag, is_valid):
    coding = TensorCoding(dq_flag=dq_flag)
    arithmetic = ArithmeticEncoder(BinRecorder(0))
    own = [Context(number) for number in range(contexts.context_count(coding))]
    for _ in contexts.signalled_contexts(coding, temporal=False, history=False):
        arithmetic.regular(own[contexts.SHIFT], 0)
    place = Neighbourhood(coding, None, None)
    for value in (0, level):
        put_level(ContextWriter(arithmetic, own), place, value)
        place.advance(value)
    decoder = coder.Decoder(arithmetic.finish())
    if is_valid:
        index = decoder.tensor(1, 2, coding)[0, 1]
        assert index == level << dq_flag
        return
    with pytest.raises(InvalidError, match="doesn't fit 32 bits") as raised:
        decoder.tensor(1, 2, coding)
    assert raised.value.path == "levels[0, 1]"


@pytest.mark.parametrize("name", EntryPoints._fields)
@pytest.mark.parametrize("index", [0, 2])
def test_wrong_entry_point(coder, fit_states, name, index):
    levels = fit_states(np.random.default_rng(1).laplace(0, 3, (30, 20)).round(), BLOCKS)
    payload, entry_points = encoded(coder, levels, BLOCKS)
    coder.Decoder(payload).tensor(30, 20, BLOCKS, entry_points=entry_points)
    values = list(getattr(entry_points, name))
    values[index] ^= 1
    wrong = entry_points._replace(**{name: values})
    with pytest.raises(InvalidError) as raised:
        coder.Decoder(payload).tensor(30, 20, BLOCKS, entry_points=wrong)
    assert raised.value.path == f"{name}[{index}]"
    short = entry_points._replace(**{name: values[:-1]})
    with pytest.raises(InvalidError, match="2 entries for 4 block rows"):
        coder.Decoder(payload).tensor(30, 20, BLOCKS, entry_points=short)


def test_history_that_nobody_knows(coder):
    coding = TensorCoding(parent_node_id_present_flag=1)
    levels = np.ones((4, 4), np.int32)
    payload, _ = encoded(coder, levels, coding, history=np.zeros((4, 4), bool))
    with pytest.raises(MissingValueError, match="no history") as raised:
        coder.Decoder(payload).tensor(4, 4, coding)
    assert raised.value.path == "hist_dep_sig_prob_enabled_flag"
    assert raised.value.hint
    result = coder.Decoder(payload).tensor(4, 4, coding, history=np.zeros((4, 4), bool))
    np.testing.assert_array_equal(result, levels)


@pytest.mark.parametrize(
    "coding",
    [
        TensorCoding(general_profile_idc=2),
        TensorCoding(scan_order=5),
        TensorCoding(cabac_unary_length_minus1=256),
        TensorCoding(codebook_size=4, codebook_zero_offset=4),
        TensorCoding(codebook_size=4, codebook_zero_offset=-1),
        TensorCoding(1, nncodec1=True),
    ],
)
def test_coding_out_of_range(coder, coding):
    with pytest.raises(InvalidError):
        coder.Decoder(bytes(9)).tensor(2, 2, coding)
    with pytest.raises(InputError):
        coder.Encoder().tensor(np.zeros((2, 2), np.int32), coding)


@pytest.mark.parametrize(
    ("levels", "message"),
    [
        ([[0.5, 1.0]], "must be integers"),
        ([[[1]]], "two axes"),
        (np.array([[0, 1 << 31]]), r"levels\[0, 1\] is 2147483648"),
    ],
)
def test_levels_that_are_none(coder, levels, message):
    with pytest.raises(InputError, match=message):
        coder.Encoder().tensor(levels, TensorCoding())


@pytest.mark.parametrize("search", [False, True])
def test_wrong_parity(coder, fit_states, search):
    levels = fit_states(np.full((40, 20), 6), BLOCKS)
    levels[33, 13] += 1
    encoder = coder.Encoder()
    before = encoder.position
    with pytest.raises(InputError, match=r"levels\[33, 13\] is") as raised:
        encoder.tensor(levels, BLOCKS, search=search)
    assert "state" in str(raised.value)
    assert encoder.position == before
    encoder.tensor(levels * 0, BLOCKS)
    payload = encoder.finish()
    decoder = coder.Decoder(payload)
    assert not decoder.tensor(40, 20, BLOCKS).any()
    decoder.finish()


@pytest.mark.parametrize("value", [-4, 6])
def test_level_outside_the_codebook(coder, value):
    coding = TensorCoding(codebook_size=9, codebook_zero_offset=3)
    levels = np.zeros((3, 3), np.int32)
    levels[1, 2] = value
    with pytest.raises(InputError, match=rf"levels\[1, 2\] is {value}, outside the codebook"):
        coder.Encoder().tensor(levels, coding)


@pytest.mark.parametrize("name", ["base_levels", "history"])
def test_context_of_another_shape(coder, name):
    context = {name: np.zeros((3, 2), np.int32)}
    with pytest.raises(InputError, match=name):
        coder.Encoder().tensor(np.zeros((2, 3), np.int32), TensorCoding(), **context)
    with pytest.raises(InputError, match=name):
        coder.Decoder(bytes(9)).tensor(2, 3, TensorCoding(), **context)


def test_negative_size(coder):
    with pytest.raises(InputError):
        coder.Decoder(bytes(9)).tensor(-1, 2, TensorCoding())


@pytest.mark.parametrize(("value", "density"), [(-33, 0), (32, 0), (-75, 0), (128, 2), (0, 8)])
def test_quantization_parameter_that_does_not_fit(coder, value, density):
    with pytest.raises(InputError):
        coder.Encoder().quantization_parameter(value, density)


def test_finished_encoder(coder):
    encoder = coder.Encoder()
    encoder.finish()
    for call in (
        encoder.finish,
        lambda: encoder.tensor(np.zeros((1, 1), np.int32), TensorCoding()),
        lambda: encoder.quantization_parameter(0, 2),
    ):
        with pytest.raises(InputError, match="finished"):
            call()
