"""Runs NNCodec 2.1.3 for `nnc fuzz --against`; needs nncodec, torch and numpy, and nothing of nnc.

    nnc fuzz --driver nncodec > run_nncodec.py
    nnc fuzz --against 'VENV/bin/python run_nncodec.py' --only nncodec --valid 1000 -o nncodec

It serves: one line of JSON in for each bitstream, one line out. NNCodec imports some packages that
it needs for training only; empty ones take their place where they aren't installed.
"""

# mypy: ignore-errors

import contextlib
import importlib
import io
import json
import sys
import types

import numpy as np

UNUSED = (
    "cv2",
    "ptflops",
    "torchmetrics",
    "torchvision",
    "torchvision.datasets",
    "torchvision.models",
    "torchvision.transforms",
)
FLAGS = [
    f"{place}_{name}"
    for place in ("mps", "lps")
    for name in (
        "sparsification_flag",
        "pruning_flag",
        "unification_flag",
        "decomposition_performance_map_flag",
    )
]


class Anything:
    """Takes any arguments and does nothing."""

    def __init__(self, *_arguments, **_options):
        """Ignore everything."""


class StandIn(types.ModuleType):
    """A module that has every name."""

    __path__ = ()

    def __getattr__(self, name):
        """Return something for any name."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything


def load():
    """Import NNCodec."""
    for name in UNUSED:
        try:
            importlib.import_module(name)
        except ImportError:
            module = sys.modules[name] = StandIn(name)
            parent, _, child = name.rpartition(".")
            if parent:
                setattr(sys.modules[parent], child, module)
    importlib.import_module("nncodec.nnc")
    return importlib.import_module("nncodec.nnc_core")


def model_information():
    """Return what NNCodec fills with what it finds of the model."""
    return {
        "parameter_type": {},
        "parameter_dimensions": {},
        "parameter_index": {},
        "block_identifier": {},
        "topology_storage_format": None,
        "topology_compression_format": None,
        "performance_maps": {"mps": {}, "lps": {}},
        "performance_map_flags": {flag: {} for flag in FLAGS},
    }


def decode(core, data, told, **session):
    """Decode one bitstream to levels and values."""
    decoded = core.coder.decode(bytearray(data), model_information(), oob_dict=told, **session)
    levels = {
        name: np.array(values)
        for name, values in decoded["parameters"].items()
        if values.dtype == np.int32
    }
    core.approximator.rec(decoded)
    return levels, dict(decoded["parameters"])


def out_of_band(job, of=""):
    """Return what a bitstream leaves out, or its base, as NNCodec takes it."""
    lengths = job[f"{of}cabac_unary_length_minus1"]
    return {
        name: {
            "tensor_dimensions": shape,
            "count_tensor_dimensions": len(shape),
            "compressed_parameter_types": 0,
            "cabac_unary_length_minus1": lengths.get(name, 9),
        }
        for name, shape in job[f"{of}dimensions"].items()
    }


def answer(core, job):
    """Decode the bitstream of a job after its base."""
    told = out_of_band(job)
    with open(job["file"], "rb") as file:
        data = file.read()
    if job["base"] is None:
        _, values = decode(core, data, told)
    else:
        tool = importlib.import_module("nncodec.nnc_core.hdsp.hdsp_tool")
        history = tool.HdspTool(True)
        parents = {"parameters": {}, "put_node_depth": {}, "device_id": 0, "parameter_id": {}}
        session = {"tool_if": history, "approx_param_base": parents, "update_base_param": True}
        with open(job["base"], "rb") as file:
            levels, _ = decode(core, file.read(), out_of_band(job, "base_"), **session)
        history.add_data_to_hist(levels)
        _, values = decode(core, data, told, **session)
    np.savez(job["out"], **values)
    return {"decoded": True}


def main():
    """Answer job after job."""
    core = load()
    for line in sys.stdin:
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said):
                found = answer(core, json.loads(line))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            found = {"decoded": False, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
