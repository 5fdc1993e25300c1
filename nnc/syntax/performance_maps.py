"""Performance maps: syntax tables of clause 6.3.4.

Generated from schema/performance_maps.syntax; do not edit.
Schema hash: sha256 bdf5f0e91c210db3af1a39b2467e18f74de864606a2a8cd8d4097d97d0a1204e
"""

# ruff: noqa: E501, SIM113

from __future__ import annotations

from dataclasses import field
from typing import Any, ClassVar

from nnc.bitio.bits import BitReader, BitWriter
from nnc.bitio.table import Syntax, Table, tabular
from nnc.syntax import functions as _functions
from nnc.syntax.description import Constraint, Element, Shape
from nnc.syntax.functions import (
    Array,
)
from nnc.syntax.functions import (
    counted as _counted,
)
from nnc.syntax.functions import (
    irregular as _irregular,
)
from nnc.syntax.functions import (
    new as _new,
)
from nnc.syntax.functions import (
    padding as _padding,
)
from nnc.syntax.functions import (
    required as _required,
)
from nnc.syntax.scope import Scope


@tabular
class SparsificationPerformanceMap(Table):
    """Sparsification performance map syntax.

    Clause 6.3.4, peer. Table `sparsification_performance_map` of schema/performance_maps.syntax.

    Attributes:
        spm_count_thresholds: Number of thresholds plus one; 0 also means none.
        sparsification_threshold: Threshold below which weights are set to zero.
        non_zero_ratio: Part of the weights that is not zero with that threshold.
        spm_nn_accuracy: Accuracy of the whole network with that threshold.
        spm_count_classes: Number of classes whose accuracy follows.
        spm_class_bitmask: Tells, bit by bit, the classes whose accuracy follows.
        spm_nn_class_accuracy: Accuracy for each class whose bit in [spm_class_bitmask] is set.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "spm_count_thresholds",
        "sparsification_threshold",
        "non_zero_ratio",
        "spm_nn_accuracy",
        "spm_count_classes",
        "spm_class_bitmask",
        "spm_nn_class_accuracy",
    )
    spm_count_thresholds: int
    sparsification_threshold: list[float] = field(default_factory=list)
    non_zero_ratio: list[float] = field(default_factory=list)
    spm_nn_accuracy: list[float] = field(default_factory=list)
    spm_count_classes: list[int] = field(default_factory=list)
    spm_class_bitmask: list[int] = field(default_factory=list)
    spm_nn_class_accuracy: list[Array] = field(default_factory=list)


class SparsificationPerformanceMapSyntax(Syntax):
    """Reads and writes `sparsification_performance_map`: Sparsification performance map syntax."""

    table: ClassVar[str] = "sparsification_performance_map"
    clause: ClassVar[str] = "6.3.4"
    title: ClassVar[str] = "Sparsification performance map syntax"
    status: ClassVar[str] = "peer"
    schema: ClassVar[str] = "schema/performance_maps.syntax:11"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = SparsificationPerformanceMap
    elements: ClassVar[dict[str, Element]] = {
        "spm_count_thresholds": Element(
            "spm_count_thresholds",
            "u(8)",
            "u",
            8,
            "6.3.4",
            "peer",
            12,
            "Number of thresholds plus one; 0 also means none.",
        ),
        "sparsification_threshold": Element(
            "sparsification_threshold",
            "flt(32)",
            "flt",
            32,
            "6.3.4",
            "peer",
            14,
            "Threshold below which weights are set to zero.",
            counts=(("spm_count_thresholds", 1),),
        ),
        "non_zero_ratio": Element(
            "non_zero_ratio",
            "flt(32)",
            "flt",
            32,
            "6.3.4",
            "peer",
            15,
            "Part of the weights that is not zero with that threshold.",
            constraints=(
                Constraint(
                    "a ratio is between 0 and 1",
                    ("non_zero_ratio",),
                    lambda non_zero_ratio: (
                        _functions.least(non_zero_ratio) >= 0
                        and _functions.largest(non_zero_ratio) <= 1
                    ),
                ),
            ),
            counts=(("spm_count_thresholds", 1),),
        ),
        "spm_nn_accuracy": Element(
            "spm_nn_accuracy",
            "flt(32)",
            "flt",
            32,
            "6.3.4",
            "peer",
            16,
            "Accuracy of the whole network with that threshold.",
            counts=(("spm_count_thresholds", 1),),
        ),
        "spm_count_classes": Element(
            "spm_count_classes",
            "u(8)",
            "u",
            8,
            "6.3.4",
            "peer",
            17,
            "Number of classes whose accuracy follows.",
            counts=(("spm_count_thresholds", 1),),
        ),
        "spm_class_bitmask": Element(
            "spm_class_bitmask",
            "ue(7)",
            "ue",
            None,
            "6.3.4",
            "peer",
            18,
            "Tells, bit by bit, the classes whose accuracy follows.",
            counts=(("spm_count_thresholds", 1),),
        ),
        "spm_nn_class_accuracy": Element(
            "spm_nn_class_accuracy",
            "flt(32)",
            "flt",
            32,
            "6.3.4",
            "peer",
            20,
            "Accuracy for each class whose bit in [spm_class_bitmask] is set.",
            counts=(("spm_count_thresholds", 1), ("spm_count_classes", 0)),
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "spm_count_thresholds": Shape("int"),
        "sparsification_threshold": Shape("float", depth=1),
        "non_zero_ratio": Shape("float", depth=1),
        "spm_nn_accuracy": Shape("float", depth=1),
        "spm_count_classes": Shape("int", depth=1),
        "spm_class_bitmask": Shape("int", depth=1),
        "spm_nn_class_accuracy": Shape("float", depth=2, array=True),
    }

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj = _new(SparsificationPerformanceMap)
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        sparsification_threshold: list[float]
        non_zero_ratio: list[float]
        spm_nn_accuracy: list[float]
        spm_count_classes: list[int]
        spm_class_bitmask: list[int]
        spm_nn_class_accuracy: list[Array]
        obj.spm_count_thresholds = spm_count_thresholds = stream.u(8, "spm_count_thresholds")
        sparsification_threshold = []
        obj.sparsification_threshold = sparsification_threshold
        non_zero_ratio = []
        obj.non_zero_ratio = non_zero_ratio
        spm_nn_accuracy = []
        obj.spm_nn_accuracy = spm_nn_accuracy
        spm_count_classes = []
        obj.spm_count_classes = spm_count_classes
        spm_class_bitmask = []
        obj.spm_class_bitmask = spm_class_bitmask
        spm_nn_class_accuracy = []
        obj.spm_nn_class_accuracy = spm_nn_class_accuracy
        for i in range(spm_count_thresholds - 1):
            sparsification_threshold.append(stream.flt(32, "sparsification_threshold", i))
            non_zero_ratio.append(stream.flt(32, "non_zero_ratio", i))
            spm_nn_accuracy.append(stream.flt(32, "spm_nn_accuracy", i))
            spm_count_classes.append(stream.u(8, "spm_count_classes", i))
            spm_class_bitmask.append(stream.ue(7, "spm_class_bitmask", i))
            spm_nn_class_accuracy.append(
                stream.flt_array(32, spm_count_classes[i], f"spm_nn_class_accuracy[{i}]")
            )
        if rules is not None:
            rules.close(stream, obj, context)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, SparsificationPerformanceMap):
            stream.fail(
                "not the table that stands here", "", None, obj, "SparsificationPerformanceMap"
            )
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        sparsification_threshold: list[float]
        non_zero_ratio: list[float]
        spm_nn_accuracy: list[float]
        spm_count_classes: list[int]
        spm_class_bitmask: list[int]
        spm_nn_class_accuracy: list[Array]
        spm_count_thresholds = _required(stream, obj.spm_count_thresholds, "spm_count_thresholds")
        stream.u(8, spm_count_thresholds, "spm_count_thresholds")
        sparsification_threshold = _counted(
            stream,
            obj.sparsification_threshold,
            max(spm_count_thresholds - 1, 0),
            "sparsification_threshold",
        )
        non_zero_ratio = _counted(
            stream, obj.non_zero_ratio, max(spm_count_thresholds - 1, 0), "non_zero_ratio"
        )
        spm_nn_accuracy = _counted(
            stream, obj.spm_nn_accuracy, max(spm_count_thresholds - 1, 0), "spm_nn_accuracy"
        )
        spm_count_classes = _counted(
            stream, obj.spm_count_classes, max(spm_count_thresholds - 1, 0), "spm_count_classes"
        )
        spm_class_bitmask = _counted(
            stream, obj.spm_class_bitmask, max(spm_count_thresholds - 1, 0), "spm_class_bitmask"
        )
        spm_nn_class_accuracy = _counted(
            stream,
            obj.spm_nn_class_accuracy,
            max(spm_count_thresholds - 1, 0),
            "spm_nn_class_accuracy",
        )
        for i in range(spm_count_thresholds - 1):
            stream.flt(32, sparsification_threshold[i], "sparsification_threshold", i)
            stream.flt(32, non_zero_ratio[i], "non_zero_ratio", i)
            stream.flt(32, spm_nn_accuracy[i], "spm_nn_accuracy", i)
            stream.u(8, spm_count_classes[i], "spm_count_classes", i)
            stream.ue(7, spm_class_bitmask[i], "spm_class_bitmask", i)
            stream.flt_array(
                32,
                _counted(
                    stream,
                    spm_nn_class_accuracy[i],
                    spm_count_classes[i],
                    "spm_nn_class_accuracy",
                    i,
                ),
                f"spm_nn_class_accuracy[{i}]",
            )
        if rules is not None:
            rules.close(stream, obj, context)
        return obj


sparsification_performance_map = SparsificationPerformanceMapSyntax()


@tabular
class PruningPerformanceMap(Table):
    """Pruning performance map syntax.

    Clause 6.3.4, peer. Table `pruning_performance_map` of schema/performance_maps.syntax.

    Attributes:
        ppm_count_pruning_ratios: Number of pruning ratios plus one; 0 also means none.
        pruning_ratio: Part of the neurons or filters that is taken out.
        ppm_nn_accuracy: Accuracy of the whole network with that ratio.
        ppm_count_classes: Number of classes whose accuracy follows.
        ppm_class_bitmask: Tells, bit by bit, the classes whose accuracy follows.
        ppm_nn_class_accuracy: Accuracy for each class whose bit in [ppm_class_bitmask] is set.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "ppm_count_pruning_ratios",
        "pruning_ratio",
        "ppm_nn_accuracy",
        "ppm_count_classes",
        "ppm_class_bitmask",
        "ppm_nn_class_accuracy",
    )
    ppm_count_pruning_ratios: int
    pruning_ratio: list[float] = field(default_factory=list)
    ppm_nn_accuracy: list[float] = field(default_factory=list)
    ppm_count_classes: list[int] = field(default_factory=list)
    ppm_class_bitmask: list[int] = field(default_factory=list)
    ppm_nn_class_accuracy: list[Array] = field(default_factory=list)


class PruningPerformanceMapSyntax(Syntax):
    """Reads and writes `pruning_performance_map`: Pruning performance map syntax."""

    table: ClassVar[str] = "pruning_performance_map"
    clause: ClassVar[str] = "6.3.4"
    title: ClassVar[str] = "Pruning performance map syntax"
    status: ClassVar[str] = "peer"
    schema: ClassVar[str] = "schema/performance_maps.syntax:46"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = PruningPerformanceMap
    elements: ClassVar[dict[str, Element]] = {
        "ppm_count_pruning_ratios": Element(
            "ppm_count_pruning_ratios",
            "u(8)",
            "u",
            8,
            "6.3.4",
            "peer",
            47,
            "Number of pruning ratios plus one; 0 also means none.",
        ),
        "pruning_ratio": Element(
            "pruning_ratio",
            "flt(32)",
            "flt",
            32,
            "6.3.4",
            "peer",
            49,
            "Part of the neurons or filters that is taken out.",
            constraints=(
                Constraint(
                    "a ratio is between 0 and 1",
                    ("pruning_ratio",),
                    lambda pruning_ratio: (
                        _functions.least(pruning_ratio) >= 0
                        and _functions.largest(pruning_ratio) <= 1
                    ),
                ),
            ),
            counts=(("ppm_count_pruning_ratios", 1),),
        ),
        "ppm_nn_accuracy": Element(
            "ppm_nn_accuracy",
            "flt(32)",
            "flt",
            32,
            "6.3.4",
            "peer",
            50,
            "Accuracy of the whole network with that ratio.",
            counts=(("ppm_count_pruning_ratios", 1),),
        ),
        "ppm_count_classes": Element(
            "ppm_count_classes",
            "u(8)",
            "u",
            8,
            "6.3.4",
            "peer",
            51,
            "Number of classes whose accuracy follows.",
            counts=(("ppm_count_pruning_ratios", 1),),
        ),
        "ppm_class_bitmask": Element(
            "ppm_class_bitmask",
            "ue(7)",
            "ue",
            None,
            "6.3.4",
            "peer",
            52,
            "Tells, bit by bit, the classes whose accuracy follows.",
            counts=(("ppm_count_pruning_ratios", 1),),
        ),
        "ppm_nn_class_accuracy": Element(
            "ppm_nn_class_accuracy",
            "flt(32)",
            "flt",
            32,
            "6.3.4",
            "peer",
            54,
            "Accuracy for each class whose bit in [ppm_class_bitmask] is set.",
            counts=(("ppm_count_pruning_ratios", 1), ("ppm_count_classes", 0)),
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "ppm_count_pruning_ratios": Shape("int"),
        "pruning_ratio": Shape("float", depth=1),
        "ppm_nn_accuracy": Shape("float", depth=1),
        "ppm_count_classes": Shape("int", depth=1),
        "ppm_class_bitmask": Shape("int", depth=1),
        "ppm_nn_class_accuracy": Shape("float", depth=2, array=True),
    }

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj = _new(PruningPerformanceMap)
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        pruning_ratio: list[float]
        ppm_nn_accuracy: list[float]
        ppm_count_classes: list[int]
        ppm_class_bitmask: list[int]
        ppm_nn_class_accuracy: list[Array]
        ppm_count_pruning_ratios = stream.u(8, "ppm_count_pruning_ratios")
        obj.ppm_count_pruning_ratios = ppm_count_pruning_ratios
        pruning_ratio = []
        obj.pruning_ratio = pruning_ratio
        ppm_nn_accuracy = []
        obj.ppm_nn_accuracy = ppm_nn_accuracy
        ppm_count_classes = []
        obj.ppm_count_classes = ppm_count_classes
        ppm_class_bitmask = []
        obj.ppm_class_bitmask = ppm_class_bitmask
        ppm_nn_class_accuracy = []
        obj.ppm_nn_class_accuracy = ppm_nn_class_accuracy
        for i in range(ppm_count_pruning_ratios - 1):
            pruning_ratio.append(stream.flt(32, "pruning_ratio", i))
            ppm_nn_accuracy.append(stream.flt(32, "ppm_nn_accuracy", i))
            ppm_count_classes.append(stream.u(8, "ppm_count_classes", i))
            ppm_class_bitmask.append(stream.ue(7, "ppm_class_bitmask", i))
            ppm_nn_class_accuracy.append(
                stream.flt_array(32, ppm_count_classes[i], f"ppm_nn_class_accuracy[{i}]")
            )
        if rules is not None:
            rules.close(stream, obj, context)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, PruningPerformanceMap):
            stream.fail("not the table that stands here", "", None, obj, "PruningPerformanceMap")
        rules = stream.rules
        if rules is not None:
            rules.open(stream, self, context)
        pruning_ratio: list[float]
        ppm_nn_accuracy: list[float]
        ppm_count_classes: list[int]
        ppm_class_bitmask: list[int]
        ppm_nn_class_accuracy: list[Array]
        ppm_count_pruning_ratios = _required(
            stream, obj.ppm_count_pruning_ratios, "ppm_count_pruning_ratios"
        )
        stream.u(8, ppm_count_pruning_ratios, "ppm_count_pruning_ratios")
        pruning_ratio = _counted(
            stream, obj.pruning_ratio, max(ppm_count_pruning_ratios - 1, 0), "pruning_ratio"
        )
        ppm_nn_accuracy = _counted(
            stream, obj.ppm_nn_accuracy, max(ppm_count_pruning_ratios - 1, 0), "ppm_nn_accuracy"
        )
        ppm_count_classes = _counted(
            stream, obj.ppm_count_classes, max(ppm_count_pruning_ratios - 1, 0), "ppm_count_classes"
        )
        ppm_class_bitmask = _counted(
            stream, obj.ppm_class_bitmask, max(ppm_count_pruning_ratios - 1, 0), "ppm_class_bitmask"
        )
        ppm_nn_class_accuracy = _counted(
            stream,
            obj.ppm_nn_class_accuracy,
            max(ppm_count_pruning_ratios - 1, 0),
            "ppm_nn_class_accuracy",
        )
        for i in range(ppm_count_pruning_ratios - 1):
            stream.flt(32, pruning_ratio[i], "pruning_ratio", i)
            stream.flt(32, ppm_nn_accuracy[i], "ppm_nn_accuracy", i)
            stream.u(8, ppm_count_classes[i], "ppm_count_classes", i)
            stream.ue(7, ppm_class_bitmask[i], "ppm_class_bitmask", i)
            stream.flt_array(
                32,
                _counted(
                    stream,
                    ppm_nn_class_accuracy[i],
                    ppm_count_classes[i],
                    "ppm_nn_class_accuracy",
                    i,
                ),
                f"ppm_nn_class_accuracy[{i}]",
            )
        if rules is not None:
            rules.close(stream, obj, context)
        return obj


pruning_performance_map = PruningPerformanceMapSyntax()


@tabular
class UnificationPerformanceMap(Table):
    """Unification performance map syntax.

    Clause 6.3.4, peer. Table `unification_performance_map` of schema/performance_maps.syntax.

    Attributes:
        upm_count_thresholds: Number of thresholds plus one; 0 also means none.
        count_reshaped_tensor_dimension: Number of [reshaped_tensor_dimensions] plus one; 0 also
            means none.
        reshaped_tensor_dimensions: Dimensions that the weight tensor is reshaped to before it is
            cut into blocks; the one left out follows from the number of weights.
        byte_alignment: irregular bits up to the byte boundary, or None for the regular ones.
        count_super_block_dimension: Number of [super_block_dimensions] plus one; 0 also means none.
        super_block_dimensions: Dimensions of the super blocks that the reshaped tensor is cut into.
        count_block_dimension: Number of [block_dimensions] plus one; 0 also means none.
        block_dimensions: Dimensions of the blocks in a super block whose weights are unified.
        unification_threshold: Threshold up to which the weights of a block are made equal.
        upm_nn_accuracy: Accuracy of the whole network with that threshold.
        upm_count_classes: Number of classes whose accuracy follows.
        upm_class_bitmask: Tells, bit by bit, the classes whose accuracy follows.
        upm_nn_class_accuracy: Accuracy for each class whose bit in [upm_class_bitmask] is set.
            NNCodec runs its loop to the value of the bitmask, see
            [unification_class_count_is_bitmask].
    """

    fields: ClassVar[tuple[str, ...]] = (
        "upm_count_thresholds",
        "count_reshaped_tensor_dimension",
        "reshaped_tensor_dimensions",
        "byte_alignment",
        "count_super_block_dimension",
        "super_block_dimensions",
        "count_block_dimension",
        "block_dimensions",
        "unification_threshold",
        "upm_nn_accuracy",
        "upm_count_classes",
        "upm_class_bitmask",
        "upm_nn_class_accuracy",
    )
    upm_count_thresholds: int
    count_reshaped_tensor_dimension: list[int] = field(default_factory=list)
    reshaped_tensor_dimensions: list[list[int]] = field(default_factory=list)
    byte_alignment: list[int | None] | None = None
    count_super_block_dimension: list[int] = field(default_factory=list)
    super_block_dimensions: list[Array] = field(default_factory=list)
    count_block_dimension: list[int] = field(default_factory=list)
    block_dimensions: list[Array] = field(default_factory=list)
    unification_threshold: list[float] = field(default_factory=list)
    upm_nn_accuracy: list[float] = field(default_factory=list)
    upm_count_classes: list[int] = field(default_factory=list)
    upm_class_bitmask: list[int] = field(default_factory=list)
    upm_nn_class_accuracy: list[Array] = field(default_factory=list)


class UnificationPerformanceMapSyntax(Syntax):
    """Reads and writes `unification_performance_map`: Unification performance map syntax."""

    table: ClassVar[str] = "unification_performance_map"
    clause: ClassVar[str] = "6.3.4"
    title: ClassVar[str] = "Unification performance map syntax"
    status: ClassVar[str] = "peer"
    schema: ClassVar[str] = "schema/performance_maps.syntax:78"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = UnificationPerformanceMap
    elements: ClassVar[dict[str, Element]] = {
        "upm_count_thresholds": Element(
            "upm_count_thresholds",
            "u(8)",
            "u",
            8,
            "6.3.4",
            "peer",
            79,
            "Number of thresholds plus one; 0 also means none.",
        ),
        "count_reshaped_tensor_dimension": Element(
            "count_reshaped_tensor_dimension",
            "ue(1)",
            "ue",
            None,
            "6.3.4",
            "peer",
            81,
            "Number of [reshaped_tensor_dimensions] plus one; 0 also means none.",
            counts=(("upm_count_thresholds", 1),),
        ),
        "reshaped_tensor_dimensions": Element(
            "reshaped_tensor_dimensions",
            "ue(7)",
            "ue",
            None,
            "6.3.4",
            "peer",
            83,
            "Dimensions that the weight tensor is reshaped to before it is cut into blocks; the one left out follows from the number of weights.",
            counts=(("upm_count_thresholds", 1), ("count_reshaped_tensor_dimension", 1)),
        ),
        "count_super_block_dimension": Element(
            "count_super_block_dimension",
            "u(8)",
            "u",
            8,
            "6.3.4",
            "peer",
            85,
            "Number of [super_block_dimensions] plus one; 0 also means none.",
            counts=(("upm_count_thresholds", 1),),
        ),
        "super_block_dimensions": Element(
            "super_block_dimensions",
            "u(8)",
            "u",
            8,
            "6.3.4",
            "peer",
            87,
            "Dimensions of the super blocks that the reshaped tensor is cut into.",
            counts=(("upm_count_thresholds", 1), ("count_super_block_dimension", 1)),
        ),
        "count_block_dimension": Element(
            "count_block_dimension",
            "u(8)",
            "u",
            8,
            "6.3.4",
            "peer",
            88,
            "Number of [block_dimensions] plus one; 0 also means none.",
            counts=(("upm_count_thresholds", 1),),
        ),
        "block_dimensions": Element(
            "block_dimensions",
            "u(8)",
            "u",
            8,
            "6.3.4",
            "peer",
            90,
            "Dimensions of the blocks in a super block whose weights are unified.",
            counts=(("upm_count_thresholds", 1), ("count_block_dimension", 1)),
        ),
        "unification_threshold": Element(
            "unification_threshold",
            "flt(32)",
            "flt",
            32,
            "6.3.4",
            "peer",
            91,
            "Threshold up to which the weights of a block are made equal.",
            counts=(("upm_count_thresholds", 1),),
        ),
        "upm_nn_accuracy": Element(
            "upm_nn_accuracy",
            "flt(32)",
            "flt",
            32,
            "6.3.4",
            "peer",
            92,
            "Accuracy of the whole network with that threshold.",
            counts=(("upm_count_thresholds", 1),),
        ),
        "upm_count_classes": Element(
            "upm_count_classes",
            "u(8)",
            "u",
            8,
            "6.3.4",
            "peer",
            93,
            "Number of classes whose accuracy follows.",
            counts=(("upm_count_thresholds", 1),),
        ),
        "upm_class_bitmask": Element(
            "upm_class_bitmask",
            "ue(7)",
            "ue",
            None,
            "6.3.4",
            "peer",
            94,
            "Tells, bit by bit, the classes whose accuracy follows.",
            counts=(("upm_count_thresholds", 1),),
        ),
        "upm_nn_class_accuracy": Element(
            "upm_nn_class_accuracy",
            "flt(32)",
            "flt",
            32,
            "6.3.4",
            "peer",
            97,
            "Accuracy for each class whose bit in [upm_class_bitmask] is set. NNCodec runs its loop to the value of the bitmask, see [unification_class_count_is_bitmask].",
            counts=(("upm_count_thresholds", 1), ("upm_count_classes", 0)),
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "upm_count_thresholds": Shape("int"),
        "count_reshaped_tensor_dimension": Shape("int", depth=1),
        "reshaped_tensor_dimensions": Shape("int", depth=2),
        "byte_alignment": Shape("int", depth=1),
        "count_super_block_dimension": Shape("int", depth=1),
        "super_block_dimensions": Shape("int", depth=2, array=True),
        "count_block_dimension": Shape("int", depth=1),
        "block_dimensions": Shape("int", depth=2, array=True),
        "unification_threshold": Shape("float", depth=1),
        "upm_nn_accuracy": Shape("float", depth=1),
        "upm_count_classes": Shape("int", depth=1),
        "upm_class_bitmask": Shape("int", depth=1),
        "upm_nn_class_accuracy": Shape("float", depth=2, array=True),
    }
    blank: ClassVar[tuple[str, ...]] = ("byte_alignment",)

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj: UnificationPerformanceMap = self.fresh()
        count_reshaped_tensor_dimension: list[int]
        reshaped_tensor_dimensions: list[list[int]]
        reshaped_tensor_dimensions_row: list[int]
        byte_alignment: list[int | None]
        count_super_block_dimension: list[int]
        super_block_dimensions: list[Array]
        count_block_dimension: list[int]
        block_dimensions: list[Array]
        unification_threshold: list[float]
        upm_nn_accuracy: list[float]
        upm_count_classes: list[int]
        upm_class_bitmask: list[int]
        upm_nn_class_accuracy: list[Array]
        obj.upm_count_thresholds = upm_count_thresholds = stream.u(8, "upm_count_thresholds")
        count_reshaped_tensor_dimension = []
        obj.count_reshaped_tensor_dimension = count_reshaped_tensor_dimension
        reshaped_tensor_dimensions = []
        obj.reshaped_tensor_dimensions = reshaped_tensor_dimensions
        byte_alignment = []
        count_super_block_dimension = []
        obj.count_super_block_dimension = count_super_block_dimension
        super_block_dimensions = []
        obj.super_block_dimensions = super_block_dimensions
        count_block_dimension = []
        obj.count_block_dimension = count_block_dimension
        block_dimensions = []
        obj.block_dimensions = block_dimensions
        unification_threshold = []
        obj.unification_threshold = unification_threshold
        upm_nn_accuracy = []
        obj.upm_nn_accuracy = upm_nn_accuracy
        upm_count_classes = []
        obj.upm_count_classes = upm_count_classes
        upm_class_bitmask = []
        obj.upm_class_bitmask = upm_class_bitmask
        upm_nn_class_accuracy = []
        obj.upm_nn_class_accuracy = upm_nn_class_accuracy
        for i in range(upm_count_thresholds - 1):
            count_reshaped_tensor_dimension.append(
                stream.ue(1, "count_reshaped_tensor_dimension", i)
            )
            reshaped_tensor_dimensions_row = []
            reshaped_tensor_dimensions.append(reshaped_tensor_dimensions_row)
            for j in range(count_reshaped_tensor_dimension[i] - 1):
                reshaped_tensor_dimensions_row.append(
                    stream.ue(7, "reshaped_tensor_dimensions", (i, j))
                )
            byte_alignment.append(stream.byte_alignment(len(byte_alignment)))
            count_super_block_dimension.append(stream.u(8, "count_super_block_dimension", i))
            super_block_dimensions.append(
                stream.u_array(
                    8, max(count_super_block_dimension[i] - 1, 0), f"super_block_dimensions[{i}]"
                )
            )
            count_block_dimension.append(stream.u(8, "count_block_dimension", i))
            block_dimensions.append(
                stream.u_array(8, max(count_block_dimension[i] - 1, 0), f"block_dimensions[{i}]")
            )
            unification_threshold.append(stream.flt(32, "unification_threshold", i))
            upm_nn_accuracy.append(stream.flt(32, "upm_nn_accuracy", i))
            upm_count_classes.append(stream.u(8, "upm_count_classes", i))
            upm_class_bitmask.append(stream.ue(7, "upm_class_bitmask", i))
            unification_class_count_is_bitmask = context.ask(
                "unification_class_count_is_bitmask", obj, stream
            )
            upm_nn_class_accuracy.append(
                stream.flt_array(
                    32,
                    max(
                        upm_class_bitmask[i]
                        if unification_class_count_is_bitmask
                        else upm_count_classes[i],
                        0,
                    ),
                    f"upm_nn_class_accuracy[{i}]",
                )
            )
        obj.byte_alignment = _irregular(byte_alignment)
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, UnificationPerformanceMap):
            stream.fail(
                "not the table that stands here", "", None, obj, "UnificationPerformanceMap"
            )
        count_reshaped_tensor_dimension: list[int]
        reshaped_tensor_dimensions: list[list[int]]
        reshaped_tensor_dimensions_row: list[int]
        byte_alignment: list[int | None]
        count_super_block_dimension: list[int]
        super_block_dimensions: list[Array]
        count_block_dimension: list[int]
        block_dimensions: list[Array]
        unification_threshold: list[float]
        upm_nn_accuracy: list[float]
        upm_count_classes: list[int]
        upm_class_bitmask: list[int]
        upm_nn_class_accuracy: list[Array]
        upm_count_thresholds = _required(stream, obj.upm_count_thresholds, "upm_count_thresholds")
        stream.u(8, upm_count_thresholds, "upm_count_thresholds")
        count_reshaped_tensor_dimension = _counted(
            stream,
            obj.count_reshaped_tensor_dimension,
            max(upm_count_thresholds - 1, 0),
            "count_reshaped_tensor_dimension",
        )
        reshaped_tensor_dimensions = _counted(
            stream,
            obj.reshaped_tensor_dimensions,
            max(upm_count_thresholds - 1, 0),
            "reshaped_tensor_dimensions",
        )
        byte_alignment = obj.byte_alignment or []
        byte_alignment_position = 0
        count_super_block_dimension = _counted(
            stream,
            obj.count_super_block_dimension,
            max(upm_count_thresholds - 1, 0),
            "count_super_block_dimension",
        )
        super_block_dimensions = _counted(
            stream,
            obj.super_block_dimensions,
            max(upm_count_thresholds - 1, 0),
            "super_block_dimensions",
        )
        count_block_dimension = _counted(
            stream,
            obj.count_block_dimension,
            max(upm_count_thresholds - 1, 0),
            "count_block_dimension",
        )
        block_dimensions = _counted(
            stream, obj.block_dimensions, max(upm_count_thresholds - 1, 0), "block_dimensions"
        )
        unification_threshold = _counted(
            stream,
            obj.unification_threshold,
            max(upm_count_thresholds - 1, 0),
            "unification_threshold",
        )
        upm_nn_accuracy = _counted(
            stream, obj.upm_nn_accuracy, max(upm_count_thresholds - 1, 0), "upm_nn_accuracy"
        )
        upm_count_classes = _counted(
            stream, obj.upm_count_classes, max(upm_count_thresholds - 1, 0), "upm_count_classes"
        )
        upm_class_bitmask = _counted(
            stream, obj.upm_class_bitmask, max(upm_count_thresholds - 1, 0), "upm_class_bitmask"
        )
        upm_nn_class_accuracy = _counted(
            stream,
            obj.upm_nn_class_accuracy,
            max(upm_count_thresholds - 1, 0),
            "upm_nn_class_accuracy",
        )
        for i in range(upm_count_thresholds - 1):
            stream.ue(1, count_reshaped_tensor_dimension[i], "count_reshaped_tensor_dimension", i)
            reshaped_tensor_dimensions_row = _counted(
                stream,
                reshaped_tensor_dimensions[i],
                max(count_reshaped_tensor_dimension[i] - 1, 0),
                "reshaped_tensor_dimensions",
                i,
            )
            for j in range(count_reshaped_tensor_dimension[i] - 1):
                stream.ue(
                    7, reshaped_tensor_dimensions_row[j], "reshaped_tensor_dimensions", (i, j)
                )
            stream.byte_alignment(_padding(byte_alignment, byte_alignment_position))
            byte_alignment_position += 1
            stream.u(8, count_super_block_dimension[i], "count_super_block_dimension", i)
            stream.u_array(
                8,
                _counted(
                    stream,
                    super_block_dimensions[i],
                    max(count_super_block_dimension[i] - 1, 0),
                    "super_block_dimensions",
                    i,
                ),
                f"super_block_dimensions[{i}]",
            )
            stream.u(8, count_block_dimension[i], "count_block_dimension", i)
            stream.u_array(
                8,
                _counted(
                    stream,
                    block_dimensions[i],
                    max(count_block_dimension[i] - 1, 0),
                    "block_dimensions",
                    i,
                ),
                f"block_dimensions[{i}]",
            )
            stream.flt(32, unification_threshold[i], "unification_threshold", i)
            stream.flt(32, upm_nn_accuracy[i], "upm_nn_accuracy", i)
            stream.u(8, upm_count_classes[i], "upm_count_classes", i)
            stream.ue(7, upm_class_bitmask[i], "upm_class_bitmask", i)
            unification_class_count_is_bitmask = context.ask(
                "unification_class_count_is_bitmask", obj, stream
            )
            stream.flt_array(
                32,
                _counted(
                    stream,
                    upm_nn_class_accuracy[i],
                    max(
                        upm_class_bitmask[i]
                        if unification_class_count_is_bitmask
                        else upm_count_classes[i],
                        0,
                    ),
                    "upm_nn_class_accuracy",
                    i,
                ),
                f"upm_nn_class_accuracy[{i}]",
            )
        return obj


unification_performance_map = UnificationPerformanceMapSyntax()


@tabular
class DecompositionPerformanceMap(Table):
    """Decomposition performance map syntax.

    Clause 6.3.4, peer. Table `decomposition_performance_map` of schema/performance_maps.syntax.

    Attributes:
        dpm_count_thresholds: Number of thresholds plus one; 0 also means none.
        mse_threshold: Mean square error that the decomposition may have.
        dpm_nn_accuracy: Accuracy of the whole network with that threshold.
        nn_reduction_ratio: Number of weights after the decomposition, divided by that before.
        dpm_count_classes: Number of classes whose accuracy follows.
        dpm_nn_class_accuracy: Accuracy for each class.
    """

    fields: ClassVar[tuple[str, ...]] = (
        "dpm_count_thresholds",
        "mse_threshold",
        "dpm_nn_accuracy",
        "nn_reduction_ratio",
        "dpm_count_classes",
        "dpm_nn_class_accuracy",
    )
    dpm_count_thresholds: int
    mse_threshold: list[float] = field(default_factory=list)
    dpm_nn_accuracy: list[float] = field(default_factory=list)
    nn_reduction_ratio: list[float] = field(default_factory=list)
    dpm_count_classes: list[int] = field(default_factory=list)
    dpm_nn_class_accuracy: list[Array] = field(default_factory=list)


class DecompositionPerformanceMapSyntax(Syntax):
    """Reads and writes `decomposition_performance_map`: Decomposition performance map syntax."""

    table: ClassVar[str] = "decomposition_performance_map"
    clause: ClassVar[str] = "6.3.4"
    title: ClassVar[str] = "Decomposition performance map syntax"
    status: ClassVar[str] = "peer"
    schema: ClassVar[str] = "schema/performance_maps.syntax:133"
    scope_type: ClassVar[Any] = Scope
    table_type: ClassVar[type[Table]] = DecompositionPerformanceMap
    elements: ClassVar[dict[str, Element]] = {
        "dpm_count_thresholds": Element(
            "dpm_count_thresholds",
            "u(8)",
            "u",
            8,
            "6.3.4",
            "peer",
            134,
            "Number of thresholds plus one; 0 also means none.",
        ),
        "mse_threshold": Element(
            "mse_threshold",
            "flt(32)",
            "flt",
            32,
            "6.3.4",
            "peer",
            136,
            "Mean square error that the decomposition may have.",
            counts=(("dpm_count_thresholds", 1),),
        ),
        "dpm_nn_accuracy": Element(
            "dpm_nn_accuracy",
            "flt(32)",
            "flt",
            32,
            "6.3.4",
            "peer",
            137,
            "Accuracy of the whole network with that threshold.",
            counts=(("dpm_count_thresholds", 1),),
        ),
        "nn_reduction_ratio": Element(
            "nn_reduction_ratio",
            "flt(32)",
            "flt",
            32,
            "6.3.4",
            "peer",
            138,
            "Number of weights after the decomposition, divided by that before.",
            counts=(("dpm_count_thresholds", 1),),
        ),
        "dpm_count_classes": Element(
            "dpm_count_classes",
            "u(16)",
            "u",
            16,
            "6.3.4",
            "peer",
            139,
            "Number of classes whose accuracy follows.",
            counts=(("dpm_count_thresholds", 1),),
        ),
        "dpm_nn_class_accuracy": Element(
            "dpm_nn_class_accuracy",
            "flt(32)",
            "flt",
            32,
            "6.3.4",
            "peer",
            141,
            "Accuracy for each class.",
            counts=(("dpm_count_thresholds", 1), ("dpm_count_classes", 0)),
        ),
    }
    shapes: ClassVar[dict[str, Shape]] = {
        "dpm_count_thresholds": Shape("int"),
        "mse_threshold": Shape("float", depth=1),
        "dpm_nn_accuracy": Shape("float", depth=1),
        "nn_reduction_ratio": Shape("float", depth=1),
        "dpm_count_classes": Shape("int", depth=1),
        "dpm_nn_class_accuracy": Shape("float", depth=2, array=True),
    }

    def _parse(self, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitReader):
            return self.parse_bytes(stream, context, path)
        obj = _new(DecompositionPerformanceMap)
        mse_threshold: list[float]
        dpm_nn_accuracy: list[float]
        nn_reduction_ratio: list[float]
        dpm_count_classes: list[int]
        dpm_nn_class_accuracy: list[Array]
        obj.dpm_count_thresholds = dpm_count_thresholds = stream.u(8, "dpm_count_thresholds")
        mse_threshold = []
        obj.mse_threshold = mse_threshold
        dpm_nn_accuracy = []
        obj.dpm_nn_accuracy = dpm_nn_accuracy
        nn_reduction_ratio = []
        obj.nn_reduction_ratio = nn_reduction_ratio
        dpm_count_classes = []
        obj.dpm_count_classes = dpm_count_classes
        dpm_nn_class_accuracy = []
        obj.dpm_nn_class_accuracy = dpm_nn_class_accuracy
        for i in range(dpm_count_thresholds - 1):
            mse_threshold.append(stream.flt(32, "mse_threshold", i))
            dpm_nn_accuracy.append(stream.flt(32, "dpm_nn_accuracy", i))
            nn_reduction_ratio.append(stream.flt(32, "nn_reduction_ratio", i))
            dpm_count_classes.append(stream.u(16, "dpm_count_classes", i))
            dpm_nn_class_accuracy.append(
                stream.flt_array(32, dpm_count_classes[i], f"dpm_nn_class_accuracy[{i}]")
            )
        return obj

    def _build(self, obj: Any, stream: Any, context: Any, path: str = "") -> Any:
        if not isinstance(stream, BitWriter):
            return self.build_bytes(obj, stream, context, path)
        if not isinstance(obj, DecompositionPerformanceMap):
            stream.fail(
                "not the table that stands here", "", None, obj, "DecompositionPerformanceMap"
            )
        mse_threshold: list[float]
        dpm_nn_accuracy: list[float]
        nn_reduction_ratio: list[float]
        dpm_count_classes: list[int]
        dpm_nn_class_accuracy: list[Array]
        dpm_count_thresholds = _required(stream, obj.dpm_count_thresholds, "dpm_count_thresholds")
        stream.u(8, dpm_count_thresholds, "dpm_count_thresholds")
        mse_threshold = _counted(
            stream, obj.mse_threshold, max(dpm_count_thresholds - 1, 0), "mse_threshold"
        )
        dpm_nn_accuracy = _counted(
            stream, obj.dpm_nn_accuracy, max(dpm_count_thresholds - 1, 0), "dpm_nn_accuracy"
        )
        nn_reduction_ratio = _counted(
            stream, obj.nn_reduction_ratio, max(dpm_count_thresholds - 1, 0), "nn_reduction_ratio"
        )
        dpm_count_classes = _counted(
            stream, obj.dpm_count_classes, max(dpm_count_thresholds - 1, 0), "dpm_count_classes"
        )
        dpm_nn_class_accuracy = _counted(
            stream,
            obj.dpm_nn_class_accuracy,
            max(dpm_count_thresholds - 1, 0),
            "dpm_nn_class_accuracy",
        )
        for i in range(dpm_count_thresholds - 1):
            stream.flt(32, mse_threshold[i], "mse_threshold", i)
            stream.flt(32, dpm_nn_accuracy[i], "dpm_nn_accuracy", i)
            stream.flt(32, nn_reduction_ratio[i], "nn_reduction_ratio", i)
            stream.u(16, dpm_count_classes[i], "dpm_count_classes", i)
            stream.flt_array(
                32,
                _counted(
                    stream,
                    dpm_nn_class_accuracy[i],
                    dpm_count_classes[i],
                    "dpm_nn_class_accuracy",
                    i,
                ),
                f"dpm_nn_class_accuracy[{i}]",
            )
        return obj


decomposition_performance_map = DecompositionPerformanceMapSyntax()
