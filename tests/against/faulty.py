"""Decodes for `nnc fuzz --against` with our own plain decoder, into which one fault was planted.

`python tests/against/faulty.py FAULT`; without a fault, it is right.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Fault(NamedTuple):
    """A line of a module, and what stands there in its place."""

    module: str
    old: str
    new: str


FAULTS = {
    "context offset of sig_flag": Fault(
        "nnc.deepcabac.neighbourhood",
        "contexts.SIG + 3 * self.state",
        "contexts.SIG + 2 * self.state",
    ),
    "temporal context of sign_flag": Fault(
        "nnc.deepcabac.neighbourhood",
        "contexts.TEMPORAL_SIGN + (self.base > 0)",
        "contexts.TEMPORAL_SIGN + (self.base < 0)",
    ),
    "temporal context of greater flags": Fault(
        "nnc.deepcabac.neighbourhood",
        "(abs(self.base) < number)",
        "(abs(self.base) <= number)",
    ),
    "swapped parameter sets": Fault(
        "nnc.deepcabac.tables",
        "ParameterSet(0, 5, 0, 0),\n    ParameterSet(2, 6, 962, 30),",
        "ParameterSet(2, 6, 962, 30),\n    ParameterSet(0, 5, 0, 0),",
    ),
    "entry of the range table": Fault(
        "nnc.deepcabac.tables", "185, 162, 141, 121,", "185, 162, 141, 120,"
    ),
    "swapped state transitions": Fault(
        "nnc.deepcabac.tables", "(2, 0),\n    (5, 7),", "(5, 7),\n    (2, 0),"
    ),
    "missing clip by the codebook": Fault(
        "nnc.deepcabac.contexts", "min(2 * flags, 2 * max_abs)", "2 * flags"
    ),
    "state of skipped rows": Fault("nnc.deepcabac.neighbourhood", "range(cols % 4)", "range(0)"),
    "neighbour at block rows": Fault(
        "nnc.deepcabac.reference_decoder", "        place.neighbour = 0\n", ""
    ),
    "parity of doubled levels": Fault(
        "nnc.deepcabac.reference_decoder", "sign * (state & 1)", "sign * (state >> 1 & 1)"
    ),
    "step size of negative parameters": Fault(
        "nnc.decoder.dequantization",
        "fraction = qp & ((1 << qp_density) - 1)",
        "fraction = abs(qp) & ((1 << qp_density) - 1)",
    ),
    "zero offset of codebooks": Fault(
        "nnc.decoder.dequantization", "np.int64(zero_offset)", "np.int64(len(codebook) >> 1)"
    ),
}


class Loader(importlib.machinery.SourceFileLoader):
    """Compiles a module with its fault."""

    def __init__(self, fault):
        self.fault = fault
        super().__init__(fault.module, str(ROOT / (fault.module.replace(".", "/") + ".py")))

    def get_code(self, fullname):
        text = Path(self.path).read_text("utf-8")
        assert text.count(self.fault.old) == 1, self.fault
        return compile(text.replace(self.fault.old, self.fault.new), self.path, "exec")


class Finder(importlib.abc.MetaPathFinder):
    """Finds the one module with a fault."""

    def __init__(self, fault):
        self.fault = fault

    def find_spec(self, fullname, path, target=None):
        if fullname != self.fault.module:
            return None
        return importlib.util.spec_from_loader(fullname, Loader(self.fault))


def answer(job):
    """Decode the bitstream of a job."""
    import numpy as np

    from nnc.bitstream import Bitstream
    from nnc.fuzzing.expected import expected_of
    from nnc.fuzzing.streams import Drawn

    told, told_before = (
        [job.get(f"{of}{name}") for name in ("dimensions", "cabac_unary_length_minus1")]
        for of in ("", "base_")
    )
    data = Path(job["file"]).read_bytes()
    base = None if job["base"] is None else Path(job["base"]).read_bytes()
    Bitstream.parse(data, dimensions=told[0], cabac_unary_length_minus1=told[1])
    drawn = Drawn(data, None, [], *told)
    drawn.base = None if base is None else Drawn(base, None, [], *told_before)
    found = expected_of(drawn)
    np.savez(job["out"], **found.values)
    return {"decoded": True, "levels": found.digests()["levels"]}


def main():
    if sys.argv[1:]:
        sys.meta_path.insert(0, Finder(FAULTS[sys.argv[1]]))
    os.environ["NNC_ENGINE"] = "reference"
    sys.path.insert(0, str(ROOT))
    from nnc.bitio import NncError

    for line in sys.stdin:
        try:
            found = answer(json.loads(line))
        except NncError as error:
            found = {"decoded": False, "error": str(error)}
        except Exception as error:
            found = {"decoded": False, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
