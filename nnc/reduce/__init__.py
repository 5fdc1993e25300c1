"""Tools that make a network smaller before it is coded, and need no training (clause 8, Annex G).

Each takes arrays by name, or what another tool returned, and returns a `Reduced`;
`nnc.encode(reduced.tensors, **reduced.options)` encodes that.
"""

from nnc.reduce.federated import blend_batch_norms
from nnc.reduce.folding import fold_batch_norms
from nnc.reduce.low_rank import low_rank
from nnc.reduce.maps import apply_entry, entry_for, performance_map
from nnc.reduce.micro_structures import prune_blocks, prune_n_of_m
from nnc.reduce.neurons import Neurons, prune_neurons
from nnc.reduce.reduced import Reduced
from nnc.reduce.sparsification import sparsify, sparsify_rows
from nnc.reduce.steps import Searched, opt_qp, search_qp
from nnc.reduce.unification import unify

__all__ = [
    "Neurons",
    "Reduced",
    "Searched",
    "apply_entry",
    "blend_batch_norms",
    "entry_for",
    "fold_batch_norms",
    "low_rank",
    "opt_qp",
    "performance_map",
    "prune_blocks",
    "prune_n_of_m",
    "prune_neurons",
    "search_qp",
    "sparsify",
    "sparsify_rows",
    "unify",
]
