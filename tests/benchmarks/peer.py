"""Drives NNCodec 2.1.3, the public software of the standard's authors, through its own interface.

The tests and benchmarks that compare with it run only where it is installed
(tests/interop/README.md says how). Nothing of nnc needs it, and importing this module doesn't
import it: `load` does.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.machinery
import importlib.util
import io
import sys
import types
from collections.abc import Mapping
from typing import Any

import numpy as np

# Imported by NNCodec for training and evaluation, never used for coding.
STAND_INS = (
    "cv2",
    "pandas",
    "ptflops",
    "torchmetrics",
    "torchvision",
    "torchvision.datasets",
    "torchvision.models",
    "torchvision.transforms",
)

INSTALLATION = "NNCodec is not installed; tests/interop/README.md says how to install it"


class _Anything:
    """Takes any arguments and does nothing."""

    def __init__(self, *_args: Any, **_options: Any):
        """Ignore everything."""


class _StandIn(types.ModuleType):
    """A module that has every name, so that `import` lines are satisfied."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything


def available() -> bool:
    """Tell whether NNCodec and what it needs for coding are installed."""
    return all(importlib.util.find_spec(name) is not None for name in ("nncodec", "torch"))


def load() -> types.ModuleType:
    """Import NNCodec, with stand-ins for what is not installed and not needed for coding.

    Returns:
        The package `nncodec`, with `nncodec.nnc` and `nncodec.extensions.deepCABAC` imported.

    Raises:
        SystemExit: NNCodec is not installed.
    """
    if not available():
        raise SystemExit(INSTALLATION)
    for name in STAND_INS:
        if name not in sys.modules and not _importable(name):
            module = _StandIn(name)
            module.__path__ = []
            module.__spec__ = importlib.machinery.ModuleSpec(name, None)
            sys.modules[name] = module
            parent, _, child = name.rpartition(".")
            if parent:
                setattr(sys.modules[parent], child, module)
    importlib.import_module("nncodec.nnc")
    importlib.import_module("nncodec.extensions")
    return sys.modules["nncodec"]


def _importable(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def compress(tensors: Mapping[str, np.ndarray], **options: Any) -> bytes:
    """Encode float32 and int32 tensors with NNCodec's `compress`.

    Args:
        tensors: the tensors by name.
        options: its own: qp, nonweight_qp, qp_density, use_dq, codebook_mode, scan_order,
            row_skipping, param_opt, lambda_scale, cabac_unary_length_minus1.
    """
    nnc = load().nnc
    with contextlib.redirect_stdout(io.StringIO()):
        return bytes(
            nnc.compress(dict(tensors), bitstream_path=None, return_bitstream=True, **options)
        )


def decompress(bitstream: bytes) -> dict[str, np.ndarray]:
    """Decode a bitstream to tensors with NNCodec's `decompress`."""
    nnc = load().nnc
    with contextlib.redirect_stdout(io.StringIO()):
        return dict(nnc.decompress(bytearray(bitstream)))


def decode(
    bitstream: bytes, out_of_band: Mapping[str, Mapping[str, Any]] | None = None, **kept: Any
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Decode a bitstream to levels and to tensors, block members one by one.

    Args:
        bitstream: the bitstream.
        out_of_band: elements that the bitstream leaves out, by name of the tensor.
        **kept: what is kept from update to update; see `Updates`.

    Returns:
        Levels (int32, after the doubling of dependent quantization) and values, by name.
    """
    core = load().nnc_core
    with contextlib.redirect_stdout(io.StringIO()):
        decoded = core.coder.decode(
            bytearray(bitstream), _model_information(), oob_dict=out_of_band, **kept
        )
        levels = {
            name: np.array(levels)
            for name, levels in decoded["parameters"].items()
            if levels.dtype == np.int32
        }
        core.approximator.rec(decoded)
    return levels, dict(decoded["parameters"])


class Updates:
    """Decodes the updates of a model, each with what the ones before leave behind."""

    def __init__(self) -> None:
        """Start at a base model, which is known."""
        tool = importlib.import_module("nncodec.nnc_core.hdsp.hdsp_tool")
        self.history = tool.HdspTool(True)
        self.parents: dict[str, Any] = {
            "parameters": {},
            "put_node_depth": {},
            "device_id": 0,
            "parameter_id": {},
        }

    def decode(self, bitstream: bytes) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Decode the next update to levels and differences, as `decode` does."""
        levels, values = decode(
            bitstream,
            tool_if=self.history,
            approx_param_base=self.parents,
            update_base_param=True,
        )
        self.history.add_data_to_hist(levels)
        return levels, values


def _model_information() -> dict[str, Any]:
    maps = ("sparsification_flag", "pruning_flag", "unification_flag")
    flags = [f"{place}_{name}" for name in maps for place in ("mps", "lps")]
    flags += [f"{place}_decomposition_performance_map_flag" for place in ("mps", "lps")]
    return {
        "parameter_type": {},
        "parameter_dimensions": {},
        "parameter_index": {},
        "block_identifier": {},
        "topology_storage_format": None,
        "topology_compression_format": None,
        "performance_maps": {"mps": {}, "lps": {}},
        "performance_map_flags": {flag: {} for flag in flags},
    }


def quantize(
    values: np.ndarray,
    qp: int,
    *,
    qp_density: int = 2,
    dq: bool = True,
    lambda_scale: float = 0.0,
    scan_order: int = 0,
) -> tuple[np.ndarray, int]:
    """Quantise one float32 tensor: the indices (int32, its shape) and the qp really taken."""
    engine = load().extensions.deepCABAC.Encoder()
    levels = np.zeros(values.shape, dtype=np.int32)
    engine.initCtxModels(10, 0)
    taken = engine.quantLayer(
        values, levels, int(dq), qp_density, qp, lambda_scale, 10, scan_order, 1
    )
    return levels, taken


def encode_levels(
    levels: np.ndarray,
    *,
    dq: bool = True,
    search: bool = True,
    scan_order: int = 0,
    row_skip: bool = False,
) -> bytes:
    """Entropy-code the levels of one tensor in profile 1: codeword without parameters in front."""
    deep_cabac = load().extensions.deepCABAC
    engine = deep_cabac.Encoder()
    engine.initCtxModels(11, int(search))
    rows = levels.shape[0]
    skipped = np.zeros(rows, dtype=np.int32)
    if row_skip and levels.ndim > 1:
        skipped[:] = ~levels.reshape(rows, -1).any(axis=1)
    engine.encodeLayer(
        levels, int(dq), scan_order, 1, 0, int(row_skip), skipped, *_no_history(), 0, 0
    )
    return engine.finish().tobytes()


def decode_levels(
    payload: bytes, shape: tuple[int, ...], *, dq: bool = True, scan_order: int = 0
) -> np.ndarray:
    """Decode what `encode_levels` gave to int32 levels of the shape."""
    engine = load().extensions.deepCABAC.Decoder()
    engine.setStream(np.frombuffer(payload, dtype=np.uint8))
    engine.initCtxModels(11)
    levels = np.zeros(shape, dtype=np.int32)
    engine.decodeLayer(levels, int(dq), scan_order, 1, 0, *_no_history(), 0, 0)
    engine.finish()
    return levels


def _no_history() -> tuple[Any, Any]:
    return importlib.import_module("nncodec.nnc_core.hdsp.hdsp_tool").HDSP_OPTS_OFF()
