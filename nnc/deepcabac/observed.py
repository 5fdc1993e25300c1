"""The plain decoder with an observer: each bin with the syntax element that it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from nnc.deepcabac import contexts
from nnc.deepcabac.arithmetic import ArithmeticDecoder, BinRecorder, Context
from nnc.deepcabac.checks import Flags, Levels
from nnc.deepcabac.coding import TensorCoding
from nnc.deepcabac.neighbourhood import Neighbourhood
from nnc.deepcabac.reference_decoder import Decoder
from nnc.deepcabac.scan import segments


class Bin(NamedTuple):
    """One bin, with what the decoder held before it.

    Attributes:
        element: the syntax element of clause 10 with its indices, `sig_flag[0][3]`.
        context: number of the context in the list of contexts.py, or BYPASS or TERMINATE.
        context_name: name of the context, `sig[5]`; "" without one.
        fast: counter S0 of the context before the bin; 0 without one.
        slow: its counter S1.
        range: range of the arithmetic decoder before the bin.
        offset: its offset register.
        position: bits of the payload consumed before the bin, the first 9 included.
        value: the bin.
    """

    element: str
    context: int
    context_name: str
    fast: int
    slow: int
    range: int
    offset: int
    position: int
    value: int


def context_name(number: int, greater_flags: int) -> str:
    """Return the name of a context: its group, and its number within the group."""
    groups = (
        (contexts.SHIFT, "shift"),
        (contexts.ROW_SKIP, "row_skip"),
        (contexts.SIG, "sig"),
        (contexts.TEMPORAL_SIG, "temporal_sig"),
        (contexts.HISTORY_SIG, "history_sig"),
        (contexts.SIGN, "sign"),
        (contexts.TEMPORAL_SIGN, "temporal_sign"),
        (contexts.PREFIX, "prefix"),
        (contexts.GREATER, "greater"),
        (contexts.GREATER + 2 * greater_flags, "temporal_greater"),
    )
    first, name = [group for group in groups if group[0] <= number][-1]
    if number < contexts.SIG:
        return name
    return f"{name}[{number - first}]"


class ObservedArithmetic(ArithmeticDecoder):
    """An arithmetic decoder that tells of each bin."""

    def __init__(self, payload: memoryview, tell: Callable[[Context | int, Bin], None]):
        """Read the first 9 bits."""
        super().__init__(payload, BinRecorder(0))
        self._tell = tell

    def regular(self, context: Context) -> int:
        """Decode a bin with a context, and tell of it."""
        before = self._before(context.number, context.fast, context.slow)
        value = super().regular(context)
        self._tell(context, before._replace(value=value))
        return value

    def bypass(self) -> int:
        """Decode a bin of even probability, and tell of it."""
        before = self._before(contexts.BYPASS)
        value = super().bypass()
        self._tell(contexts.BYPASS, before._replace(value=value))
        return value

    def terminate(self) -> int:
        """Decode the terminating bin, and tell of it."""
        before = self._before(contexts.TERMINATE)
        value = super().terminate()
        self._tell(contexts.TERMINATE, before._replace(value=value))
        return value

    def _before(self, number: int, fast: int = 0, slow: int = 0) -> Bin:
        return Bin("", number, "", fast, slow, self.range, self.offset, self.position, 0)


class ObservedDecoder(Decoder):
    """A decoder that hands each bin to an observer, as soon as it is decoded."""

    def __init__(self, payload: Any, observe: Callable[[Bin], None]):
        """Begin a codeword; see `Decoder` for errors.

        Args:
            payload: bytes-like, the whole codeword and nothing else.
            observe: called with each bin.
        """
        super().__init__(payload)
        self._coder = ObservedArithmetic(self._payload, self._tell)
        self._observe = observe
        self._greater_flags = 1
        self._bypass_names: Iterator[str] = iter(())
        self._bypass_name = ""
        self._row = 0
        self._col = 0
        self._positions: Iterator[tuple[int, int]] = iter(())
        self._signalled: list[int] = []
        self._flags_seen = 0
        self._rows_seen = 0

    def quantization_parameter(self, qp_density: int) -> int:
        """Decode quantization_parameter, iae(6 + qp_density)."""
        self._bypass_name = "quantization_parameter"
        return super().quantization_parameter(qp_density)

    def _tell(self, context: Context | int, bin_: Bin) -> None:
        name = ""
        if isinstance(context, Context):
            name = context_name(context.number, self._greater_flags)
        element = self._element(bin_.context)
        self._observe(bin_._replace(element=element, context_name=name))

    def _element(self, number: int) -> str:
        """Return the element that the next bin with a context belongs to."""
        place = f"[{self._row}][{self._col}]"
        if number == contexts.BYPASS:
            self._bypass_name = next(self._bypass_names, self._bypass_name)
            return self._bypass_name
        if number == contexts.TERMINATE:
            return "end_of_codeword_flag"
        if number == contexts.SHIFT:
            shift = self._shift_name()
            self._bypass_name = f"{shift}.shift_idx_minus_1"
            return f"{shift}.shift_idx_minus_1_present_flag"
        if number == contexts.ROW_SKIP:
            self._rows_seen += 1
            return f"row_skip_list[{self._rows_seen - 1}]"
        self._bypass_name = f"abs_remainder{place}"
        if number < contexts.SIGN:
            return f"sig_flag{place}"
        if number < contexts.PREFIX:
            return f"sign_flag{place}"
        if number < contexts.GREATER:
            return f"abs_level_greater_x2{place}[{number - contexts.PREFIX}]"
        flag = (number - contexts.GREATER) % (2 * self._greater_flags) >> 1
        return f"abs_level_greater_x{place}[{flag}]"

    def _shift_name(self) -> str:
        number = self._signalled[self._flags_seen]
        self._flags_seen += 1
        name = context_name(number, self._greater_flags)
        if name.startswith("temporal_sign["):
            # The schema has one list for the contexts of signs, these at its end.
            return f"sign_shift[{number - contexts.SIGN}]"
        group, _, rest = name.partition("[")
        return f"{group}_shift[{rest}"

    def _tools(
        self, rows: int, cols: int, coding: TensorCoding, history: Flags | None
    ) -> tuple[bool, list[int]]:
        self._greater_flags = coding.greater_flags
        self._rows_seen = 0
        names = ["row_skip_enabled_flag"]
        if coding.parent_node_id_present_flag:
            names.insert(0, "hist_dep_sig_prob_enabled_flag")
        self._bypass_names = iter(names if coding.has_tools(rows, cols) else [])
        return super()._tools(rows, cols, coding, history)

    def _parameter_sets(self, coding: TensorCoding, *, temporal: bool, history: bool) -> bool:
        signalled = contexts.signalled_contexts(coding, temporal=temporal, history=history)
        self._signalled, self._flags_seen = list(signalled), 0
        return super()._parameter_sets(coding, temporal=temporal, history=history)

    def _levels(
        self, levels: Levels, coding: TensorCoding, place: Neighbourhood, skipped: list[int]
    ) -> None:
        rows, cols = levels.shape
        self._positions = (
            (segment.row, col)
            for segment in segments(rows, cols, coding)
            if not (skipped and skipped[segment.row])
            for col in range(segment.start, segment.stop)
        )
        super()._levels(levels, coding, place, skipped)

    def _level(self, place: Neighbourhood) -> int:
        self._row, self._col = next(self._positions)
        return super()._level(place)
