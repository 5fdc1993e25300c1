"""Looking at bitstreams without changing them."""

from nnc.inspect.summary import BitstreamSummary, TensorSummary, summarize, summarize_tensors

__all__ = ["BitstreamSummary", "TensorSummary", "summarize", "summarize_tensors"]
