"""Models as dictionaries of numpy arrays: the plain functions under the name of the framework.

The same as `nnc.save_file`, `nnc.load_file`, `nnc.encode` and `nnc.decode`, for code that has
`nnc.torch` beside it.
"""

from nnc.api import decode as load
from nnc.api import encode as save
from nnc.api import load_file, save_file

__all__ = ["load", "load_file", "save", "save_file"]
