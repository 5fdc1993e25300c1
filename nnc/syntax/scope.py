"""The names that syntax tables share, and the values that only the caller knows.

Generated; do not edit.
Schema hash: sha256 150cbaccb37127635f11d57658a3ecca49c4973a11d2c30cadb47c31da16d543
"""

# ruff: noqa: E501, N815, RUF023

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from nnc.bitio.bits import BitReader, BitWriter
from nnc.bitio.errors import InvalidError, MissingValueError
from nnc.bitio.table import Syntax, Table
from nnc.bitio.transforms import Transform

#: Asked for a given value by its name; gets the table that needs it, as far as it is known.
Given = Callable[[str, Table], Any]

#: Names that tables share: the table that sets each, its title.
SHARED: Final[dict[str, tuple[str, str]]] = {
    "CbZeroOffset": ("nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"),
    "CbZeroOffsetDC": ("nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"),
    "Codebook": ("nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"),
    "CodebookDC": ("nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"),
    "cabac_unary_length_minus1": (
        "nnr_compressed_data_unit_header",
        "NNR compressed data unit header syntax",
    ),
    "codebook_present_flag": (
        "nnr_compressed_data_unit_header",
        "NNR compressed data unit header syntax",
    ),
    "compressed_parameter_types": (
        "nnr_compressed_data_unit_header",
        "NNR compressed data unit header syntax",
    ),
    "count_tensor_dimensions": ("tensor_dimensions_list", "Tensor dimensions list syntax"),
    "count_topology_elements_minus2": (
        "topology_elements_ids_list",
        "Topology elements ids list syntax",
    ),
    "decomposition_rank": (
        "nnr_compressed_data_unit_header",
        "NNR compressed data unit header syntax",
    ),
    "dq_flag": ("nnr_compressed_data_unit_header", "NNR compressed data unit header syntax"),
    "first_tensor_dimension_shift": (
        "nnr_compressed_data_unit_header",
        "NNR compressed data unit header syntax",
    ),
    "g_number_of_rows": (
        "nnr_compressed_data_unit_header",
        "NNR compressed data unit header syntax",
    ),
    "general_profile_idc": ("nnr_start_unit_header", "NNR start unit header syntax"),
    "mps_parent_signalling_enabled_flag": (
        "nnr_model_parameter_set_unit_payload",
        "NNR model parameter set unit payload syntax",
    ),
    "mps_topology_indexed_reference_flag": (
        "nnr_model_parameter_set_unit_payload",
        "NNR model parameter set unit payload syntax",
    ),
    "nnr_compressed_data_unit_payload_type": (
        "nnr_compressed_data_unit_header",
        "NNR compressed data unit header syntax",
    ),
    "nnr_decompressed_data_format": (
        "nnr_compressed_data_unit_header",
        "NNR compressed data unit header syntax",
    ),
    "nnr_unit_size": ("nnr_unit_size", "NNR unit size syntax"),
    "nnr_unit_type": ("nnr_unit_header", "General NNR unit header syntax"),
    "num_of_nnr_units_minus2": ("nnr_aggregate_unit_header", "NNR aggregate unit header syntax"),
    "parent_node_id_present_flag": (
        "nnr_compressed_data_unit_header",
        "NNR compressed data unit header syntax",
    ),
    "partial_data_counter": ("nnr_unit_header", "General NNR unit header syntax"),
    "temporal_context_modeling_flag": (
        "nnr_compressed_data_unit_header",
        "NNR compressed data unit header syntax",
    ),
    "tensor_dimensions": ("tensor_dimensions_list", "Tensor dimensions list syntax"),
    "topology_storage_format": ("nnr_topology_unit_header", "NNR topology unit header syntax"),
}

#: Shared names that hold for later units too.
PERSISTENT: Final = frozenset(
    {
        "general_profile_idc",
        "mps_parent_signalling_enabled_flag",
        "mps_topology_indexed_reference_flag",
    }
)

#: Values that only the caller knows, with their meaning.
GIVEN: Final[dict[str, str]] = {
    "out_of_band_tensor_dimensions": "dimensions of the unit's tensor (in a block, of its weight), where the unit doesn't carry them: they come from the topology or from the caller",
    "out_of_band_cabac_unary_length_minus1": "cabac_unary_length_minus1 where the unit doesn't carry it",
    "decomposed_tensor_role": "which tensor of a decomposed layer a unit carries that isn't a block: 0 a plain one (a vector), 1 G, 2 H",
    "qp_density": "density of the step sizes in force: that of the layer parameter set, else of the model's",
    "unification_class_count_is_bitmask": "1: the loop over upm_nn_class_accuracy runs to upm_class_bitmask, as files of NNCodec have it, in place of upm_count_classes.",
    "aggregate_has_tail": "1: the header of an aggregate unit ends with quant_bitdepth and ctu_scan_order of each unit. The published text may have dropped them.",
}

#: Defaults of those that have one.
GIVEN_DEFAULTS: Final[dict[str, Any]] = {
    "out_of_band_cabac_unary_length_minus1": 9,
    "unification_class_count_is_bitmask": 0,
    "aggregate_has_tail": 1,
}


class GivenValues(dict[str, Any]):
    """Values that the caller gives by name, whatever table needs them."""

    def __call__(self, name: str, table: Table) -> Any:
        """Return a value, None where there is none."""
        return self.get(name)


class Scope:
    """Holds what one table sets and another reads; a table that was left out leaves its gap.

    Attributes:
        tables: the constructs of the tables that share the scope, by the name of their table.
        parameters: the names that are parameters of tables.
        givens: the names of the values that only the caller knows.
        computes: the schema computes elements from others.
        transforms: the transforms of bytes that are the format's own, by name: its `hook`s.
        given: asked for values that only the caller knows; None: the defaults are taken.
    """

    tables: ClassVar[dict[str, Syntax]] = {}
    parameters: ClassVar[frozenset[str]] = frozenset(["topologyIndexedFlag"])
    givens: ClassVar[frozenset[str]] = frozenset(GIVEN)
    computes: ClassVar[bool] = True
    transforms: ClassVar[dict[str, Transform]] = {}

    __slots__ = (
        "given",
        "CbZeroOffset",
        "CbZeroOffsetDC",
        "Codebook",
        "CodebookDC",
        "cabac_unary_length_minus1",
        "codebook_present_flag",
        "compressed_parameter_types",
        "count_tensor_dimensions",
        "count_topology_elements_minus2",
        "decomposition_rank",
        "dq_flag",
        "first_tensor_dimension_shift",
        "g_number_of_rows",
        "general_profile_idc",
        "mps_parent_signalling_enabled_flag",
        "mps_topology_indexed_reference_flag",
        "nnr_compressed_data_unit_payload_type",
        "nnr_decompressed_data_format",
        "nnr_unit_size",
        "nnr_unit_type",
        "num_of_nnr_units_minus2",
        "parent_node_id_present_flag",
        "partial_data_counter",
        "temporal_context_modeling_flag",
        "tensor_dimensions",
        "topology_storage_format",
        "topologyIndexedFlag",
    )

    given: Given | None
    CbZeroOffset: int
    CbZeroOffsetDC: int
    Codebook: list[int]
    CodebookDC: list[int]
    cabac_unary_length_minus1: int
    codebook_present_flag: int
    compressed_parameter_types: int
    count_tensor_dimensions: int
    count_topology_elements_minus2: int
    decomposition_rank: int
    dq_flag: int
    first_tensor_dimension_shift: int
    g_number_of_rows: int
    general_profile_idc: int
    mps_parent_signalling_enabled_flag: int
    mps_topology_indexed_reference_flag: int
    nnr_compressed_data_unit_payload_type: int
    nnr_decompressed_data_format: int
    nnr_unit_size: int
    nnr_unit_type: int
    num_of_nnr_units_minus2: int
    parent_node_id_present_flag: int
    partial_data_counter: int
    temporal_context_modeling_flag: int
    tensor_dimensions: list[int]
    topology_storage_format: int
    topologyIndexedFlag: int

    def __init__(self, given: Given | None = None) -> None:
        """Start with no name set.

        Args:
            given: function of the name of a given value and the table that needs it; it gives
                the value, or None for the default.
        """
        self.given = given

    @classmethod
    def from_context(cls, context: Mapping[str, Any] | None) -> Scope:
        """Make a scope out of a mapping of names to values; unknown names are passed over."""
        scope = cls()
        scope.take(context or {})
        return scope

    def take(self, values: Mapping[str, Any]) -> None:
        """Take the names that it knows from a mapping of names to values."""
        givens = {name: values[name] for name in GIVEN if name in values}
        if isinstance(self.given, GivenValues):
            self.given.update(givens)
        elif givens:
            self.given = GivenValues(givens)
        for name in self.__slots__[1:]:
            if name in values:
                setattr(self, name, values[name])

    def copy(self) -> Scope:
        """Return a scope of its own with the same values (lists are shared)."""
        return self.copies()()

    def copies(self) -> Callable[[], Scope]:
        """Return what makes copies with the values of now: many of them cost little."""
        given, held = self.given, tuple(self.names().items())

        def copy() -> Scope:
            made = Scope(given)
            for name, value in held:
                setattr(made, name, value)
            return made

        return copy

    def names(self) -> dict[str, Any]:
        """Return the names that are set, with their values."""
        found = {}
        for name in Scope.__slots__[1:]:
            try:
                found[name] = object.__getattribute__(self, name)
            except AttributeError:
                continue
        return found

    def __getattr__(self, name: str) -> Any:
        """Explain why a name has no value.

        Raises:
            InvalidError: the table that sets it should have come before.
        """
        if name in SHARED:
            table, title = SHARED[name]
            raise InvalidError(
                f"{name} is not known: {table} ({title}) should have come before",
                code="unset-name",
            )
        if name in Scope.__slots__:
            raise MissingValueError(f"{name}, a parameter of the table, was not given")
        raise AttributeError(f"no shared name {name!r}")

    def ask(self, name: str, table: Table, stream: BitReader | BitWriter) -> Any:
        """Return a value that only the caller knows, or its default.

        Raises:
            MissingValueError: it wasn't given and has no default.
        """
        value = None if self.given is None else self.given(name, table)
        if value is None:
            if name not in GIVEN_DEFAULTS:
                raise MissingValueError(
                    f"{name} was not given: {GIVEN[name]}",
                    name=name,
                    path=stream.path("").rstrip("."),
                    bit_position=stream.position,
                )
            return GIVEN_DEFAULTS[name]
        return value
