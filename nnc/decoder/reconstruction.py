"""From the parts of a layer to its tensors: products, scaling, batch norm (clauses 7.3.5, 8.3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import BitstreamError, InputError, InvalidError
from nnc.decoder.layout import SCALING_SUFFIX, Part, UnitLayout
from nnc.decoder.tensor import DecodedTensor
from nnc.decoder.workers import Resources
from nnc.model.batch_norm import BatchNorm
from nnc.model.data_format import deliver

#: The part that most tensors are.
WHOLE = Part.WHOLE

G_SUFFIX, H_SUFFIX = "_G", "_H"

#: What stands after the name of a weight for a bias that folding gave to its layer.
NEW_BIAS_SUFFIX = ".bias"

DECOMPOSITION, LOCAL_SCALING, BATCH_NORM = STEPS = ("decomposition", "local_scaling", "batch_norm")

#: Values from which a tensor is dequantized by a thread.
LARGE_TENSOR = 1 << 17

#: What `reconstruct` may be: all steps, none, or some by name.
Reconstruct = bool | str | Collection[str]

#: Adds to an error where the unit of some layout stands.
Locate = Callable[[BitstreamError, UnitLayout], BitstreamError]


def steps_of(reconstruct: Reconstruct) -> frozenset[str]:
    """Return the steps of reconstruction to be done.

    Raises:
        InputError: there is no such step.
    """
    if isinstance(reconstruct, bool):
        return frozenset(STEPS if reconstruct else ())
    given: Any = [reconstruct] if isinstance(reconstruct, str) else reconstruct
    wanted = list(given) if isinstance(given, Iterable) else [given]
    unknown = [step for step in wanted if step not in STEPS]
    if unknown:
        raise InputError(f"reconstruct must be True, False or a set of {STEPS}, not {unknown[0]!r}")
    return frozenset(wanted)


class Reconstruction:
    """Puts tensors together as their parts come.

    Attributes:
        values: what there is so far by name: float32, int32 or raw values.
        layouts: for each of them the layout of its unit.
        steps: what is done, out of `STEPS`.
        row_axes: by name the dimension that a tensor's rows are.
        decomposed: whether a weight is left as its two factors.
        locate: adds to an error where a unit stands; None: nobody knows.
    """

    def __init__(
        self, steps: frozenset[str] = frozenset(STEPS), locate: Locate | None = None
    ) -> None:
        """Start with nothing."""
        self.locate = locate
        self.values: dict[str, NDArray[Any]] = {}
        self.layouts: dict[str, UnitLayout] = {}
        self.steps = steps
        self.row_axes: dict[str, int] = {}
        self.decomposed = False
        self.scalings: dict[str, NDArray[np.float32]] = {}
        self.left_factor: DecodedTensor | None = None

    def add_unit(self, tensors: list[DecodedTensor]) -> None:
        """Add the tensors of one unit.

        Raises:
            InvalidError: H without G before it, or G without H after it; a step size or an index
                into a codebook that can't be.
        """
        try:
            self.add_tensors(tensors)
        except BitstreamError as error:
            raise self.located(error, tensors[0].layout) from None

    def located(self, error: BitstreamError, layout: UnitLayout) -> BitstreamError:
        """Add to an error where a unit stands, unless it says that already."""
        if self.locate is None or error.unit is not None:
            return error
        return self.locate(error, layout)

    def add_tensors(self, tensors: list[DecodedTensor]) -> None:
        """Add the tensors of one unit; errors as for `add_unit`, without their place."""
        weight = ""
        scaling: DecodedTensor | None = None
        for decoded in tensors:
            part = decoded.tensor.part
            if part is WHOLE:
                self.put_all(decoded)
            elif part is Part.SCALING and LOCAL_SCALING in self.steps:
                scaling = decoded
            elif part is Part.G and DECOMPOSITION in self.steps:
                self.check_complete()
                self.left_factor = decoded
            elif part is Part.H and DECOMPOSITION in self.steps:
                weight = self.multiply(decoded)
            else:
                self.decomposed |= part in (Part.G, Part.H)
                self.put_all(decoded)
                weight = decoded.tensor.name if part in (Part.WEIGHT, Part.G) else weight
        if scaling is not None:
            self.add_scaling(scaling, weight)

    def add_scaling(self, decoded: DecodedTensor, weight: str) -> None:
        """Apply the scaling factors of a unit to its weight; without one they wait for it."""
        factors, name = decoded.dequantized(), decoded.tensor.name
        if weight and self.fits(weight, factors):
            self.scale(weight, factors)
            return
        self.put(name, factors, decoded.layout)
        if not weight:
            self.scalings[name.removesuffix(SCALING_SUFFIX)] = factors

    def put(self, name: str, values: NDArray[Any], layout: UnitLayout) -> None:
        """Add one tensor."""
        self.values[name] = values
        self.layouts[name] = layout

    def put_all(self, decoded: DecodedTensor) -> None:
        """Add one tensor, or those that it divides into."""
        tensor = decoded.tensor
        self.row_axes[tensor.name] = tensor.row_axis
        if tensor.split is None:
            self.put(tensor.name, decoded.dequantized(), decoded.layout)
            return
        for name, values in decoded.by_name(decoded.dequantized()).items():
            self.put(name, values, decoded.layout)

    def multiply(self, right: DecodedTensor) -> str:
        """Add the product of G and H, and return its name."""
        left = self.left_factor
        if left is None:
            raise InvalidError(
                f"tensor {right.tensor.name!r} is H of a decomposed layer, but no G precedes it",
                path="header.compressed_parameter_types",
                clause="6.2.3",
            )
        self.left_factor = None
        name = weight_name(left.tensor.name)
        with np.errstate(over="ignore", invalid="ignore"):
            product = left.dequantized() @ right.dequantized()
        self.put(name, product.reshape(right.layout.dimensions), right.layout)
        return name

    def fits(self, name: str, scaling: NDArray[Any]) -> bool:
        """Tell whether there are as many scaling factors as a weight of floats has rows.

        Of a weight left decomposed, G may have other rows than the layer has.
        """
        weight, axis = self.values[name], self.row_axes.get(name, 0)
        is_scalable = weight.ndim and weight.dtype.kind == "f"
        return bool(is_scalable and weight.shape[axis] == scaling.size)

    def scale(self, name: str, scaling: NDArray[Any]) -> None:
        """Multiply the rows of a weight by the scaling factors of its layer."""
        weight, axis = self.values[name], self.row_axes.get(name, 0)
        shape = [-1 if number == axis else 1 for number in range(weight.ndim)]
        with np.errstate(over="ignore"):
            weight *= scaling.reshape(shape)

    def check_complete(self) -> None:
        """Refuse G of a decomposed layer that no H has followed."""
        left = self.left_factor
        if left is not None:
            error = InvalidError(
                f"tensor {left.tensor.name!r} is G of a decomposed layer, but no H follows",
                path="header.compressed_parameter_types",
                clause="6.2.3",
            )
            raise self.located(error, left.layout)

    def finish(self) -> None:
        """Apply the scaling factors that came in units of their own.

        Raises:
            InvalidError: a decomposed layer is incomplete.
        """
        self.check_complete()
        for name, scaling in self.scalings.items():
            weight = self.weight_of(name)
            if weight is not None and self.fits(weight, scaling):
                self.scale(weight, scaling)
                del self.values[name + SCALING_SUFFIX]

    def weight_of(self, name: str) -> str | None:
        """Return what scaling factors of a layer apply to: its weight, or G of that."""
        return next((one for one in (name, name + G_SUFFIX) if one in self.values), None)

    def unfold_noted(self, noted: Mapping[str, BatchNorm], given: Mapping[str, BatchNorm]) -> None:
        """Unfold the batch norms that our metadata unit says were folded, but those given.

        Raises:
            InvalidError: there are such parameters already.
        """
        there = {
            weight: norm
            for weight, norm in noted.items()
            if weight not in given and weight in self.values and self.values[weight].ndim
        }
        try:
            self.unfold(there)
        except InputError as error:
            raise InvalidError(f"the metadata unit is wrong: {error}", path="payload") from None

    def unfold(self, batch_norms: Mapping[str, BatchNorm]) -> None:
        """Unfold the batch norms that were folded into layers (clause 8.3.8).

        What the folding added is in the layer's bias. A layer that got its bias only by the
        folding gives it away as beta; else beta is 0.

        Args:
            batch_norms: what the parameters are called, by the weight's name.

        Raises:
            InputError: there is no such weight, or there are such parameters already.
        """
        if BATCH_NORM not in self.steps:
            return
        for weight, batch_norm in batch_norms.items():
            if weight not in self.values or not self.values[weight].ndim:
                raise InputError(f"there is no weight {weight!r} to unfold a batch norm from")
            layout = self.layouts[weight]
            rows = self.values[weight].shape[self.row_axes.get(weight, 0)]
            new_bias = self.values.pop(weight + NEW_BIAS_SUFFIX, None)
            beta = np.zeros(rows, np.float32) if new_bias is None else new_bias
            for name, values in batch_norm.unfolded(beta).items():
                if name in self.values:
                    raise InputError(f"tensor {name!r} of a folded batch norm is in the bitstream")
                self.put(name, values, layout)

    def delivered(self) -> dict[str, NDArray[Any]]:
        """Return all tensors in their data formats.

        Raises:
            InvalidError: a value doesn't fit its format.
        """
        result = {}
        for name, values in self.values.items():
            layout = self.layouts[name]
            try:
                result[name] = deliver(values, layout.data_format, name)
            except BitstreamError as error:
                raise self.located(error, layout) from None
        return result


def dequantized_at_once(
    units: list[list[DecodedTensor]], resources: Resources
) -> list[list[DecodedTensor]]:
    """Return the tensors of units, with the values of large ones if threads can work on them.

    Their levels are used up. What is wrong with one is found when it is put together.
    """
    large = [
        (number, place, one)
        for number, tensors in enumerate(units)
        for place, one in enumerate(tensors)
        if one.levels is not None and one.levels.size >= LARGE_TENSOR and one.qp is not None
    ]
    if len(large) < 2:
        return units
    large.sort(key=lambda found: -found[2].tensor.values)
    with resources.workers(4 * sum(one.tensor.values for _, _, one in large)) as work:
        if work.pool is None:
            return units
        ready = list(work.pool.map(with_values, [one for _, _, one in large]))
    result = [list(tensors) for tensors in units]
    for (number, place, _), one in zip(large, ready, strict=True):
        result[number][place] = one
    return result


def with_values(decoded: DecodedTensor) -> DecodedTensor:
    """Return a tensor with its values in place of its levels, if it has any."""
    try:
        return decoded._replace(raw=decoded.dequantized(), levels=None, qp=None)
    except BitstreamError:
        return decoded


def weight_name(name_of_g: str) -> str:
    """Return the name of a weight whose left factor has a name."""
    return name_of_g.removesuffix(G_SUFFIX)


def reconstruct(
    units: Iterable[list[DecodedTensor]],
    steps: frozenset[str] = frozenset(STEPS),
    locate: Locate | None = None,
) -> Reconstruction:
    """Put the tensors of a bitstream together; their levels are used up.

    Args:
        units: for each unit its tensors.
        steps: what to do, out of `STEPS`; nothing gives the tensors one by one as coded.
        locate: adds to an error where a unit stands.

    Raises:
        InvalidError: as for `Reconstruction.add_unit`.
    """
    result = Reconstruction(steps, locate)
    for tensors in units:
        result.add_unit(tensors)
    result.finish()
    return result
