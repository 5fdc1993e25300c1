"""Looking at bitstreams without changing them."""

from nnc.engine.diff import Difference
from nnc.engine.findings import Finding, Rule
from nnc.engine.tracing import TracedElement
from nnc.inspect.arranging import Node, tree
from nnc.inspect.bins import decode_bins
from nnc.inspect.checking import Report, all_rules, check
from nnc.inspect.comparing import diff
from nnc.inspect.summary import BitstreamSummary, TensorSummary, summarize, summarize_tensors
from nnc.inspect.tracing import BitstreamTrace, UnitTrace, trace

__all__ = [
    "BitstreamSummary",
    "BitstreamTrace",
    "Difference",
    "Finding",
    "Node",
    "Report",
    "Rule",
    "TensorSummary",
    "TracedElement",
    "UnitTrace",
    "all_rules",
    "check",
    "decode_bins",
    "diff",
    "summarize",
    "summarize_tensors",
    "trace",
    "tree",
]
