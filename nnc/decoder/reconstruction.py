"""From the parts of a layer to its tensors: products, local scaling (clauses 7.3.5, 8.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnc.bitio import InvalidError
from nnc.decoder.data_format import deliver
from nnc.decoder.layout import SCALING_SUFFIX, Part, UnitLayout
from nnc.decoder.tensor import DecodedTensor

G_SUFFIX, H_SUFFIX = "_G", "_H"


class Reconstruction:
    """Puts tensors together as their parts come.

    Attributes:
        values: what there is so far by name: float32, int32 or raw values.
        layouts: for each of them the layout of its unit.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self.values: dict[str, NDArray[Any]] = {}
        self.layouts: dict[str, UnitLayout] = {}
        self.scalings: dict[str, NDArray[np.float32]] = {}
        self.left_factor: DecodedTensor | None = None

    def add_unit(self, tensors: list[DecodedTensor]) -> None:
        """Add the tensors of one unit.

        Raises:
            InvalidError: H without G before it, or G without H after it.
        """
        weight = ""
        scaling: NDArray[Any] | None = None
        for decoded in tensors:
            part = decoded.tensor.part
            if part is Part.SCALING and len(tensors) > 1:
                scaling = decoded.dequantized()
            elif part is Part.SCALING:
                name, factors = decoded.tensor.name, decoded.dequantized()
                self.scalings[name.removesuffix(SCALING_SUFFIX)] = factors
                self.put(name, factors, decoded.layout)
            elif part is Part.G:
                self.check_complete()
                self.left_factor = decoded
            elif part is Part.H:
                weight = self.multiply(decoded)
            else:
                self.put_all(decoded)
                weight = decoded.tensor.name if part is Part.WEIGHT else weight
        if scaling is not None:
            self.scale(weight, scaling)

    def put(self, name: str, values: NDArray[Any], layout: UnitLayout) -> None:
        """Add one tensor."""
        self.values[name] = values
        self.layouts[name] = layout

    def put_all(self, decoded: DecodedTensor) -> None:
        """Add one tensor, or those that it divides into."""
        for name, values in decoded.by_name(decoded.dequantized()).items():
            self.put(name, values, decoded.layout)

    def multiply(self, right: DecodedTensor) -> str:
        """Add the product of G and H, and give its name."""
        left = self.left_factor
        if left is None:
            raise InvalidError(
                f"tensor {right.tensor.name!r} is H of a decomposed layer, but no G comes before",
                path="header.compressed_parameter_types",
                clause="6.2.3",
            )
        self.left_factor = None
        name = weight_name(left.tensor.name)
        with np.errstate(over="ignore", invalid="ignore"):
            product = left.dequantized() @ right.dequantized()
        self.put(name, product.reshape(right.layout.dimensions), right.layout)
        return name

    def scale(self, name: str, scaling: NDArray[Any]) -> None:
        """Multiply the rows of a weight by the scaling factors of its layer."""
        weight = self.values[name]
        with np.errstate(over="ignore"):
            weight *= scaling.reshape(-1, *(1 for _ in weight.shape[1:]))

    def check_complete(self) -> None:
        """Refuse G of a decomposed layer that no H has followed."""
        if self.left_factor is not None:
            raise InvalidError(
                f"tensor {self.left_factor.tensor.name!r} is G of a decomposed layer, but no H "
                "comes next",
                path="header.compressed_parameter_types",
                clause="6.2.3",
            )

    def finish(self) -> None:
        """Apply the scaling factors that came in units of their own.

        Raises:
            InvalidError: a decomposed layer is incomplete.
        """
        self.check_complete()
        for name, scaling in self.scalings.items():
            weight = self.values.get(name)
            if weight is not None and weight.ndim and len(weight) == scaling.size:
                self.scale(name, scaling)
                del self.values[name + SCALING_SUFFIX]

    def delivered(self) -> dict[str, NDArray[Any]]:
        """Give all tensors in their data formats.

        Raises:
            InvalidError: a value doesn't fit its format.
        """
        return {
            name: deliver(values, self.layouts[name].data_format, name)
            for name, values in self.values.items()
        }


def weight_name(name_of_g: str) -> str:
    """Give the name of a weight whose left factor has a name."""
    return name_of_g.removesuffix(G_SUFFIX)


def reconstruct(units: Iterable[list[DecodedTensor]]) -> Reconstruction:
    """Put the tensors of a bitstream together; their levels are used up.

    Raises:
        InvalidError: a decomposed layer is incomplete.
    """
    result = Reconstruction()
    for tensors in units:
        result.add_unit(tensors)
    result.finish()
    return result


def as_coded(units: Iterable[list[DecodedTensor]]) -> Reconstruction:
    """Take the tensors of a bitstream one by one, as they are coded; their levels are used up."""
    result = Reconstruction()
    for tensors in units:
        for decoded in tensors:
            result.put_all(decoded)
    return result
