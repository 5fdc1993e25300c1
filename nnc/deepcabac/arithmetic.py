"""The arithmetic decoder and encoder and their contexts, in plain Python (clause 10)."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnc.deepcabac.contexts import BYPASS, TERMINATE
from nnc.deepcabac.tables import LPS_RANGE, PARAMETER_SETS, STATE_CURVE

START_RANGE = 510
BLOCK_ROW_RANGE = 256
REGISTER_BITS = 9

BIN_RECORD = np.dtype(
    [
        ("context", np.int64),
        ("bin", np.int64),
        ("range", np.int64),
        ("register", np.int64),
        ("position", np.int64),
        ("fast", np.int64),
        ("slow", np.int64),
    ]
)
"""What is recorded after each bin, for inspection and for comparing coders.

`context` is its number in the list of contexts.py, or BYPASS or TERMINATE. `register` is the
offset of the decoder, and the low 9 bits of the encoder's low. `position` is the number of
bits consumed. `fast` and `slow` are the counters of the context after its update.
"""


class Context:
    """The adaptive probability of a bin: two counters, and how fast they move.

    Attributes:
        parameter_set: index of the set in PARAMETER_SETS.
        fast: counter S0, -128 to 127.
        slow: counter S1, -2048 to 2047.
    """

    __slots__ = ("fast", "number", "parameter_set", "slow")

    def __init__(self, number: int, parameter_set: int = 0):
        """Start with the counters of a parameter set."""
        self.number = number
        self.restart(parameter_set)

    def restart(self, parameter_set: int | None = None) -> None:
        """Go back to the start, of another parameter set if one is given."""
        if parameter_set is not None:
            self.parameter_set = parameter_set
        chosen = PARAMETER_SETS[self.parameter_set]
        self.fast = chosen.s0_start
        self.slow = chosen.q_start - 16 * chosen.s0_start

    @property
    def more_probable(self) -> int:
        """The bin that is expected."""
        return int(16 * self.fast + self.slow >= 0)

    @property
    def certainty(self) -> int:
        """How sure the expectation is, 0 to 31."""
        return abs((16 * self.fast + self.slow) >> 7)

    def update(self, value: int) -> None:
        """Move both counters towards the bin that came."""
        chosen = PARAMETER_SETS[self.parameter_set]
        sign = 1 if value else -1
        self.fast += sign * (STATE_CURVE[16 + ((sign * self.fast) >> 3)] >> (chosen.shift0 + 4))
        self.slow += sign * (STATE_CURVE[16 + ((sign * self.slow) >> 7)] >> chosen.shift1)


class BinRecorder:
    """Keeps what happened in each bin, up to a number of bins."""

    def __init__(self, capacity: int):
        """Start empty."""
        self.capacity = capacity
        self.entries: list[tuple[int, ...]] = []

    def add(
        self, context: Context | int, value: int, interval: int, register: int, position: int
    ) -> None:
        """Record one bin, with the state after it."""
        if len(self.entries) >= self.capacity:
            return
        if isinstance(context, Context):
            counters = (context.number, value, interval, register, position)
            self.entries.append((*counters, context.fast, context.slow))
        else:
            self.entries.append((context, value, interval, register, position, 0, 0))

    def array(self) -> np.ndarray[Any, Any]:
        """Return the records as an array of BIN_RECORD."""
        return np.array(self.entries, BIN_RECORD)


class ArithmeticDecoder:
    """Turns the bits of a codeword into bins.

    Bits past the end of the payload read as 0; who uses the decoder compares `position` with
    the payload's length.

    Attributes:
        payload: the codeword.
        position: bits consumed.
        range: 256 to 510 between two bins.
        offset: below range.
    """

    def __init__(self, payload: memoryview, recorder: BinRecorder):
        """Read the first 9 bits."""
        self.payload = payload
        self.recorder = recorder
        self.position = 0
        self.range = START_RANGE
        self.offset = 0
        for _ in range(REGISTER_BITS):
            self._shift_bit_in()

    def _shift_bit_in(self) -> None:
        byte = self.position >> 3
        bit = self.payload[byte] >> (7 - (self.position & 7)) & 1 if byte < len(self.payload) else 0
        self.offset = self.offset << 1 | bit
        self.position += 1

    def regular(self, context: Context) -> int:
        """Decode a bin with a context, and update that."""
        less_probable_range = LPS_RANGE[(self.range & 0xE0) + context.certainty]
        value = context.more_probable
        self.range -= less_probable_range
        if self.offset >= self.range:
            self.offset -= self.range
            self.range = less_probable_range
            value ^= 1
        while self.range < 256:
            self.range <<= 1
            self._shift_bit_in()
        context.update(value)
        self.recorder.add(context, value, self.range, self.offset, self.position)
        return value

    def bypass(self) -> int:
        """Decode a bin of even probability."""
        self._shift_bit_in()
        value = int(self.offset >= self.range)
        if value:
            self.offset -= self.range
        self.recorder.add(BYPASS, value, self.range, self.offset, self.position)
        return value

    def unsigned(self, bits: int) -> int:
        """Decode uae(bits): bypass bins, the most significant first."""
        value = 0
        for _ in range(bits):
            value = value << 1 | self.bypass()
        return value

    def signed(self, bits: int) -> int:
        """Decode iae(bits): the same as two's complement."""
        value = self.unsigned(bits)
        return value - (1 << bits) if value >> (bits - 1) else value

    def terminate(self) -> int:
        """Decode the terminating bin; 1 is the end."""
        self.range -= 2
        value = int(self.offset >= self.range)
        self.recorder.add(TERMINATE, value, self.range, self.offset, self.position)
        return value


class ArithmeticEncoder:
    """Turns bins into the bits of a codeword.

    Attributes:
        position: bits that a decoder at this place has consumed.
        range: 256 to 510 between two bins.
        low: low end of the interval, 10 bits; the bits above are written or outstanding.
    """

    def __init__(self, recorder: BinRecorder):
        """Start with the whole interval."""
        self.recorder = recorder
        self.position = REGISTER_BITS
        self.range = START_RANGE
        self.low = 0
        self.bits: list[int] = []
        self._outstanding = 0
        self._is_first_bit = True

    def copy(self) -> ArithmeticEncoder:
        """Return a second encoder that goes on from the same place."""
        other = ArithmeticEncoder(BinRecorder(self.recorder.capacity))
        other.recorder.entries = self.recorder.entries.copy()
        other.position, other.range, other.low = self.position, self.range, self.low
        other.bits = self.bits.copy()
        other._outstanding, other._is_first_bit = self._outstanding, self._is_first_bit
        return other

    def _put(self, bit: int) -> None:
        # The bit above the 9 of the first interval is always 0 and not part of the codeword.
        if self._is_first_bit:
            self._is_first_bit = False
        else:
            self.bits.append(bit)
        self.bits.extend([1 - bit] * self._outstanding)
        self._outstanding = 0

    def _shift_bit_out(self) -> None:
        if self.low < 256:
            self._put(0)
        elif self.low >= 512:
            self.low -= 512
            self._put(1)
        else:
            self.low -= 256
            self._outstanding += 1
        self.low <<= 1
        self.position += 1

    def _record(self, context: Context | int, value: int) -> None:
        self.recorder.add(context, value, self.range, self.low & 511, self.position)

    def regular(self, context: Context, value: int) -> None:
        """Encode a bin with a context, and update that."""
        less_probable_range = LPS_RANGE[(self.range & 0xE0) + context.certainty]
        self.range -= less_probable_range
        if value != context.more_probable:
            self.low += self.range
            self.range = less_probable_range
        while self.range < 256:
            self.range <<= 1
            self._shift_bit_out()
        context.update(value)
        self._record(context, value)

    def bypass(self, value: int) -> None:
        """Encode a bin of even probability."""
        self.low <<= 1
        if value:
            self.low += self.range
        # The bit was doubled in before the decision, so the limits are twice as large.
        if self.low >= 1024:
            self.low -= 1024
            self._put(1)
        elif self.low < 512:
            self._put(0)
        else:
            self.low -= 512
            self._outstanding += 1
        self.position += 1
        self._record(BYPASS, value)

    def unsigned(self, value: int, bits: int) -> None:
        """Encode uae(bits)."""
        for shift in range(bits - 1, -1, -1):
            self.bypass(value >> shift & 1)

    def finish(self) -> bytes:
        """Encode the terminating bin and the stop bit, and return the codeword."""
        self.range -= 2
        self._record(TERMINATE, 1)
        self.low += self.range
        position = self.position
        for _ in range(7):
            self._shift_bit_out()
        # A decoder doesn't renormalise any more.
        self.position = position
        self._put(self.low >> 9 & 1)
        self.bits += [self.low >> 8 & 1, 1]
        self.bits += [0] * (-len(self.bits) % 8)
        return np.packbits(np.array(self.bits, np.uint8)).tobytes()
