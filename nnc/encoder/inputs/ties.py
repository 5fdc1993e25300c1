"""Tied tensors: names for the same memory, as the embedding and the head of a language model.

The values are coded once, under the first of the names; our metadata unit says the others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from numpy.typing import NDArray

from nnc.encoder.inputs.reading import Inputs
from nnc.encoder.options.model import EncoderOptions
from nnc.model.ties import Tie, ties_still


def wanted_ties(
    ties: Mapping[str, str],
    order: Collection[str],
    options: EncoderOptions,
    alone: Collection[str] = (),
) -> dict[str, Tie]:
    """Return the ties that are coded as such.

    Args:
        ties: by name the first name of the same values.
        order: all names, in order.
        options: no metadata unit: no ties; names with other options are coded for themselves.
        alone: names that are coded in any case: those of blocks and joined tensors.
    """
    if not options.metadata_unit:
        return {}
    places = {name: number for number, name in enumerate(order)}
    return {
        name: Tie(first, places[name])
        for name, first in ties.items()
        if name not in alone and options.said_alike(name, first)
    }


def untied_of(
    given: Mapping[str, NDArray[Any]],
    known: Mapping[str, str],
    options: EncoderOptions,
    alone: Collection[str],
) -> tuple[dict[str, NDArray[Any]], dict[str, Tie]]:
    """Return the tensors that are coded for an update, and what is newly tied to them.

    Args:
        given: all tensors.
        known: what has been tied to what before.
        options: as for `wanted_ties`.
        alone: likewise.
    """
    ties = wanted_ties(ties_still(given, known), given, options, alone)
    untied = {name: array for name, array in given.items() if name not in ties}
    return untied, {name: tie for name, tie in ties.items() if known.get(name) != tie.name}


class UntiedInputs:
    """Tensors without those that are tied to others.

    Attributes:
        tensors: shape and dtype by name, in order.
        ties: nothing is tied any more.
    """

    def __init__(self, inputs: Inputs, ties: Collection[str]) -> None:
        """Leave out tensors.

        Args:
            inputs: the tensors.
            ties: names of those that are left out.
        """
        self.inputs = inputs
        self.ties: Mapping[str, str] = {}
        self.tensors = {name: one for name, one in inputs.tensors.items() if name not in ties}

    def tensor(self, name: str) -> NDArray[Any]:
        """Return one tensor."""
        return self.inputs.tensor(name)

    def release(self, name: str) -> None:
        """Release the memory that holds the values of a tensor."""
        self.inputs.release(name)
