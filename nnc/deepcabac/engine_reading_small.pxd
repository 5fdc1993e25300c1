# What tensors that are decoded one after the other may have in common.

from nnc.deepcabac.engine_states cimport CONTEXTS, Coding

ctypedef struct Kind:
    # What depends on the coding alone: how many contexts there are, and which of them have their
    # parameter sets signalled.
    Coding coding
    Py_ssize_t context_count
    short signalled[CONTEXTS]
    Py_ssize_t signalled_count

ctypedef struct Shape:
    # Bits of the quantization parameter, 0 for none; whether flags of history and of any tools
    # are coded; bits that the levels take at least; levels.
    int qp_bits
    bint history
    bint tools
    long long needed_bits
    Py_ssize_t count
