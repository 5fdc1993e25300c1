"""Tensors with quantization parameters of their own, which layer parameter sets say (NNR_LPS)."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from nnc.bitstream import Unit, whole_unit_header
from nnc.encoder.inputs.preparation import PreparedTensor
from nnc.encoder.options.model import EncoderOptions
from nnc.encoder.options.steps import rescaled
from nnc.encoder.options.tensor import TensorOptions
from nnc.encoder.quantization.plan import QuantizationPlan, plan_quantization
from nnc.syntax import (
    NnrLayerParameterSetUnitHeader,
    NnrLayerParameterSetUnitPayload,
    NnrUnitType,
    QuantizationMethod,
)


@dataclass(frozen=True, slots=True)
class ParameterGroup:
    """Tensors that are quantized under one parameter set.

    Attributes:
        options: the options for them.
        plan: their quantization parameters.
    """

    options: EncoderOptions
    plan: QuantizationPlan


@dataclass(frozen=True, slots=True)
class Grouping:
    """All tensors of a model under their parameter sets.

    Attributes:
        groups: that of the model parameter set first, then those of layer parameter sets.
        numbers: the group's number by name of the tensor.
    """

    groups: list[ParameterGroup]
    numbers: dict[str, int]

    @property
    def qps(self) -> dict[str, int | None]:
        """Quantization parameters by name of the tensor, as of all plans."""
        return {name: qp for group in self.groups for name, qp in group.plan.qps.items()}

    @property
    def exact(self) -> set[str]:
        """Names of the tensors to be coded without loss, as of all plans."""
        return {name for group in self.groups for name in group.plan.exact}


def group_tensors(
    tensors: Sequence[PreparedTensor],
    options: EncoderOptions,
    together: Iterable[tuple[str, Sequence[str]]] = (),
    read: Callable[[str], PreparedTensor] | None = None,
    *,
    update: bool = False,
    depths: Mapping[str, float] | None = None,
    bound: frozenset[str] = frozenset(),
) -> Grouping:
    """Assign each tensor its parameter set, and plan the quantization parameters.

    Args:
        tensors: those of a model, joined ones as one.
        options: how.
        together: blocks: the name of the weight and the names of all that is in it, which comes
            under the weight's parameter set.
        read: reads a tensor by its name, where `tensors` have no values.
        update: the tensors are differences.
        depths: where tensors stand in the network, by name.
        bound: names of tensors that decoders must be able to put together with others.

    Raises:
        InputError: as for `plan_quantization`.

    Warns:
        EncodingWarning: as for `plan_quantization`.
    """
    patterns = list(options.layer_parameters)
    decisive = {name: weight for weight, names in together for name in names}
    numbers = {
        tensor.name: group_number(decisive.get(tensor.name, tensor.name), patterns)
        for tensor in tensors
    }
    groups = []
    for number in range(len(patterns) + 1):
        own = options if number == 0 else layer_options(options, patterns[number - 1])
        members = [tensor for tensor in tensors if numbers[tensor.name] == number]
        plan = plan_quantization(members, own, read, update=update, depths=depths, bound=bound)
        groups.append(ParameterGroup(own, plan))
    return Grouping(groups, numbers)


def group_number(name: str, patterns: Sequence[str]) -> int:
    """Return the number of the first pattern that a name matches, counted from 1; 0 for none."""
    for number, pattern in enumerate(patterns, start=1):
        if fnmatch.fnmatchcase(name, pattern):
            return number
    return 0


def layer_options(options: EncoderOptions, pattern: str) -> EncoderOptions:
    """Return the options for the tensors that come under a layer parameter set.

    What isn't said for them alone is that of the model, at the layer's own density.
    """
    own = options.layer_parameters[pattern]
    before = options.qp_density
    density = before if own.qp_density is None else own.qp_density

    def chosen(qp: int | None, default: int | None) -> int | None:
        if qp is not None or default is None:
            return qp
        return rescaled(default, before, density)

    said = {pattern: TensorOptions.of(pattern, one) for pattern, one in options.tensors.items()}
    own_qp = own.qp is not None or own.nonweight_qp is not None
    return replace(
        options,
        bit_depth=None if own_qp else options.bit_depth,
        tensors={
            pattern: one if one.qp is None else replace(one, qp=rescaled(one.qp, before, density))
            for pattern, one in said.items()
        },
        qp=chosen(own.qp, options.qp),
        nonweight_qp=chosen(own.nonweight_qp, options.nonweight_qp),
        named_qp={}
        if own_qp
        else {name: rescaled(qp, before, density) for name, qp in options.named_qp.items()},
        tensor_qp={name: rescaled(qp, before, density) for name, qp in options.tensor_qp.items()},
        qp_density=density,
    )


def layer_parameter_set(
    qp_density: int, quantization_parameter: int, method_flags: int = QuantizationMethod.NNR_QSU
) -> Unit:
    """Return a layer parameter set.

    Args:
        qp_density: lps_qp_density.
        quantization_parameter: lps_quantization_parameter.
        method_flags: lps_quantization_method_flags.
    """
    header = whole_unit_header(
        NnrUnitType.NNR_LPS,
        nnr_layer_parameter_set_unit_header=NnrLayerParameterSetUnitHeader(
            lps_self_contained_flag=0
        ),
    )
    payload = NnrLayerParameterSetUnitPayload(
        lps_sparsification_flag=0,
        lps_pruning_flag=0,
        lps_unification_flag=0,
        lps_quantization_method_flags=method_flags,
        lps_qp_density=qp_density,
        lps_quantization_parameter=quantization_parameter,
    )
    return Unit(header, payload)
