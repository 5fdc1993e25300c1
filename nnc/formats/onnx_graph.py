"""Where an ONNX graph holds tensors, and which of them rounding would spoil.

Tensors stand in initializers and in Constant nodes, of the graph itself, of the bodies of If, Loop
and Scan, and of functions. Each gets a name that the structure alone decides, so that the reader
of a bitstream finds the same.

Most are weights. Some are settings: what comes out as a size, an index or a choice jumps where a
value is a hair lower. These are found by walking from the nodes that jump back to the tensors.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

#: Nodes that take float tensors which are settings and not weights: a rounding error there
#: would be one of the shape of the output, or of a whole tensor.
EXACT_INPUTS = frozenset(
    {
        *("Clip", "ConstantOfShape", "DequantizeLinear", "NonMaxSuppression", "OneHot"),
        *("Pad", "QuantizeLinear", "Range", "Resize", "Upsample"),
    }
)

#: Nodes whose output jumps where an input is a hair off; of some, where other inputs than the first
#: ones are.
JUMPS = dict.fromkeys(
    (
        *("Ceil", "Equal", "Floor", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Mod"),
        *("Range", "Round", "Sign", "Tile"),
    ),
    0,
) | {"Clip": 1, "NonMaxSuppression": 2, "OneHot": 1, "Pad": 1, "Resize": 1, "Upsample": 1}

#: Nodes that hand values on as they are.
MOVES = frozenset(
    {
        *("Cast", "Concat", "Expand", "Flatten", "Gather", "GatherElements", "GatherND"),
        *("Identity", "If", "Loop", "Reshape", "Scan", "Slice", "Split", "Squeeze", "Tile"),
        *("Transpose", "Unsqueeze", "Where"),
    }
)

#: Nodes that compute value by value; what comes into them is followed too.
ARITHMETIC = frozenset(
    {
        *("Abs", "Add", "Clip", "Div", "Exp", "Log", "Max", "Min", "Mul", "Neg", "Pow"),
        *("Reciprocal", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceSum", "Sqrt", "Sub"),
        *("Ceil", "Floor", "Mod", "Round", "Sum"),
    }
)

#: Numbers of the float types of TensorProto; a Cast to any other jumps.
FLOAT_TYPES = frozenset({1, 10, 11, 16, 17, 18, 19, 20, 23, 24})

#: Larger tensors are weights, even where what is computed of them decides something.
LARGEST_SETTING = 4096

#: Nodes whose weight has its output channels as another dimension than the first.
WEIGHT_INPUT = 1


@dataclass(slots=True)
class Scope:
    """The values that nodes of one graph can name.

    Attributes:
        graph: GraphProto or FunctionProto.
        parent: the scope around it, None for the graph itself and for functions.
        node: the node whose body it is.
        tensors: names of tensors by the names that the nodes have for them.
        makers: nodes by the names of their outputs.
    """

    graph: Any
    parent: Scope | None = None
    node: Any = None
    tensors: dict[str, str] = field(default_factory=dict)
    makers: dict[str, Any] = field(default_factory=dict)

    def around(self) -> Iterator[Scope]:
        """Return the scope and those around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def tensor(self, name: str) -> str | None:
        """Return the name of the tensor that a node calls by `name`, None where it is none."""
        for scope in self.around():
            if name in scope.tensors:
                return scope.tensors[name]
            if name in scope.makers:
                return None
        return None


class GraphTensors(NamedTuple):
    """The tensors of a model.

    Attributes:
        protos: each TensorProto by its name.
        initializers: names of those that are initializers of the graph itself.
        scopes: the graph itself, bodies and functions.
    """

    protos: dict[str, Any]
    initializers: frozenset[str]
    scopes: list[Scope]


def tensors_of(model: Any) -> GraphTensors:
    """Find the tensors of a ModelProto; of a name that is twice, the later get a longer one."""
    protos: dict[str, Any] = {}
    scopes = list(scopes_of(model))
    for scope in scopes:
        for name, proto in named_tensors(scope.graph):
            longer = free_name(protos, name or "constant", getattr(scope.graph, "name", ""))
            protos[longer] = proto
            scope.tensors[name] = longer
        scope.makers = {
            name: node
            for node in scope.graph.node
            for name in node.output
            if name not in scope.tensors
        }
    initializers = frozenset(proto.name for proto in model.graph.initializer)
    return GraphTensors(protos, initializers, scopes)


def named_tensors(graph: Any) -> Iterator[tuple[str, Any]]:
    """Return the tensors of one graph by the names that its nodes have for them."""
    for proto in getattr(graph, "initializer", ()):
        yield proto.name, proto
    for node in graph.node:
        if node.op_type == "Constant" and not node.domain and node.output:
            for attribute in node.attribute:
                if attribute.name == "value" and attribute.HasField("t"):
                    yield node.output[0], attribute.t


def free_name(taken: Mapping[str, Any], name: str, graph: str) -> str:
    """Return a name that isn't taken: with the graph's before it, and numbered."""
    if name not in taken:
        return name
    longer = f"{graph}/{name}" if graph else name
    number, result = 2, longer
    while result in taken:
        result = f"{longer}#{number}"
        number += 1
    return result


def scopes_of(model: Any) -> Iterator[Scope]:
    """Return the graph, those in its nodes, and functions, each after the one around it."""
    waiting = [Scope(model.graph), *(Scope(function) for function in model.functions)]
    while waiting:
        scope = waiting.pop(0)
        yield scope
        for node in scope.graph.node:
            waiting += [Scope(body, scope, node) for body in bodies(node)]


def bodies(node: Any) -> Iterator[Any]:
    """Return the graphs in a node."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def all_tensors(model: Any) -> Iterator[Any]:
    """Return every TensorProto of a model, wherever it stands."""
    for scope in scopes_of(model):
        graph = scope.graph
        yield from getattr(graph, "initializer", ())
        for sparse in getattr(graph, "sparse_initializer", ()):
            yield from (sparse.values, sparse.indices)
        for node in graph.node:
            for attribute in node.attribute:
                if attribute.HasField("t"):
                    yield attribute.t
                yield from attribute.tensors


def settings(found: GraphTensors, sizes: Mapping[str, int]) -> set[str]:
    """Return the tensors that rounding would spoil.

    Args:
        found: the tensors of a model.
        sizes: numbers of values of the float tensors, by name.
    """
    result = {name for name, size in sizes.items() if size <= 1}
    walk = Walk(found.scopes, sizes, result)
    for scope in found.scopes:
        for node in scope.graph.node:
            if node.op_type in EXACT_INPUTS or node.op_type.startswith("QLinear"):
                named = {scope.tensor(name) for name in node.input}
                result |= {name for name in named if name is not None and name in sizes}
            first = JUMPS.get(node.op_type)
            if node.op_type in ("Cast", "CastLike") and jumps(node):
                first = 0
            if first is not None:
                walk.back_from(scope, node.input[first:])
    return result


def jumps(node: Any) -> bool:
    """Tell whether a Cast is not one to floats; of CastLike, nothing is known."""
    return all(one.i not in FLOAT_TYPES for one in node.attribute if one.name == "to")


@dataclass(slots=True)
class Walk:
    """A walk from values back to the tensors that they are made of.

    Attributes:
        scopes: all of the model.
        sizes: numbers of values by name of the float tensor.
        found: tensors that have been met.
        seen: values that have been met: scope, name, and whether anything was computed of them.
    """

    scopes: list[Scope]
    sizes: Mapping[str, int]
    found: set[str]
    seen: set[tuple[int, str, bool]] = field(default_factory=set)

    def back_from(self, scope: Scope, names: Iterable[str]) -> None:
        """Find the tensors that some values come from, but through layers of weights."""
        waiting = [(scope, name, False) for name in names]
        while waiting:
            place, name, computed = waiting.pop()
            if not name or (id(place), name, computed) in self.seen:
                continue
            self.seen.add((id(place), name, computed))
            tensor = place.tensor(name)
            if tensor is not None:
                size = self.sizes.get(tensor)
                if size is not None and (not computed or size <= LARGEST_SETTING):
                    self.found.add(tensor)
            else:
                waiting += self.before(place, name, computed)

    def before(self, scope: Scope, name: str, computed: bool) -> list[tuple[Scope, str, bool]]:
        """Return the values that a value is made of."""
        for place in scope.around():
            node = place.makers.get(name)
            if node is None:
                if place.node is not None and place.parent is not None:
                    inputs = [one.name for one in place.graph.input]
                    if name in inputs[: len(place.node.input)]:
                        return [(place.parent, place.node.input[inputs.index(name)], computed)]
                continue
            if node.op_type not in MOVES | ARITHMETIC:
                return []
            after = computed or node.op_type in ARITHMETIC
            inside = [
                (own, own.graph.output[number].name, after)
                for own in self.scopes
                if own.node is node
                for number in ends(node, list(node.output).index(name), len(own.graph.output))
            ]
            return inside or [(place, one, after) for one in node.input]
        return []


def ends(node: Any, output: int, count: int) -> list[int]:
    """Return which outputs of a body make an output of its node."""
    # A Loop's body says first whether to go on.
    number = output + (node.op_type == "Loop")
    return [number] if number < count else []


def row_axes(found: GraphTensors, ranks: Mapping[str, int]) -> dict[str, int]:
    """Return which dimension the output channels are, of weights where it isn't the first."""
    result = {}
    for scope in found.scopes:
        for node in scope.graph.node:
            axis = row_axis(node)
            name = scope.tensor(node.input[WEIGHT_INPUT]) if axis else None
            if name is not None and axis < ranks.get(name, 0):
                result[name] = axis
    return result


def depths(found: GraphTensors, names: Iterable[str]) -> dict[str, float]:
    """Return where tensors are first used, from 0 for the first to 1 for the last of them.

    Bodies that run side by side, as those of an If, each go from 0 to 1.
    """
    known, result = set(names), dict[str, float]()
    for scope in found.scopes:
        used = (scope.tensor(name) or "" for node in scope.graph.node for name in node.input)
        order = [name for name in dict.fromkeys(used) if name in known and name not in result]
        last = max(len(order) - 1, 1)
        result |= {name: number / last for number, name in enumerate(order)}
    return result


def row_axis(node: Any) -> int:
    """Return the dimension of a node's weight that its output channels are."""
    if node.domain not in ("", "ai.onnx") or len(node.input) <= WEIGHT_INPUT:
        return 0
    if node.op_type == "Gemm":
        return int(not any(one.name == "transB" and one.i for one in node.attribute))
    return int(node.op_type in ("MatMul", "ConvTranspose"))


def value_count(proto: Any) -> int:
    """Return the number of values of a tensor."""
    return math.prod(proto.dims)
