"""Compile the hot modules with Cython; everything else is declared in pyproject.toml.

The extensions are optional: where no C compiler is at hand the installation goes on
without them, and nnc runs on its plain-Python code (slowly, with a warning).
"""

import multiprocessing
import os
import sys

from Cython.Build import cythonize
from setuptools import Extension, find_packages, setup
from setuptools.command.build_ext import build_ext

# Contracting a * b + c into one instruction would change the trellis' decisions
# from machine to machine; the same input must give the same bytes everywhere.
# Debugging symbols would take six times the space.
COMPILE_ARGS = [] if sys.platform == "win32" else ["-O3", "-g0", "-ffp-contract=off"]

COMPILED_MODULES = [
    "nnc.bitio.bits",
    "nnc.bitio.machine",
    "nnc.bitio.operations",
    "nnc.bitio.places",
    "nnc.bitio.reading",
    "nnc.bitio.runs",
    "nnc.bitio.slots",
    "nnc.bitio.writing",
    "nnc.deepcabac.engine_codeword",
    "nnc.deepcabac.engine_decoder",
    "nnc.deepcabac.engine_encoder",
    "nnc.deepcabac.engine_lanes",
    "nnc.deepcabac.engine_nodes",
    "nnc.deepcabac.engine_parts",
    "nnc.deepcabac.engine_reading",
    "nnc.deepcabac.engine_reading_rows",
    "nnc.deepcabac.engine_reading_small",
    "nnc.deepcabac.engine_rows",
    "nnc.deepcabac.engine_search",
    "nnc.deepcabac.engine_small",
    "nnc.deepcabac.engine_states",
    "nnc.deepcabac.engine_streams",
    "nnc.deepcabac.engine_together",
    "nnc.deepcabac.engine_writing",
    "nnc.encoder.quantization.feedback",
    "nnc.encoder.quantization.rate_blocks",
    "nnc.encoder.quantization.rate_counting",
    "nnc.encoder.quantization.rate_path",
    "nnc.encoder.quantization.rate_pieces",
    "nnc.encoder.quantization.rate_trellis",
    "nnc.encoder.quantization.rounding",
    "nnc.encoder.quantization.squares",
    "nnc.encoder.quantization.trellis",
    "nnc.encoder.quantization.trellis_blocks",
    "nnc.encoder.quantization.trellis_path",
    "nnc.encoder.quantization.trellis_pieces",
]

# What Cython writes for views of memory, once and not into each of the modules.
VIEWS = "nnc._views"

# Without these a loop that rounds, or sums up, isn't made into vectors; nothing there looks at
# errno, at the flags that floating point operations raise, or at the last bits of the sums.
MORE_ARGS = {}
if sys.platform != "win32":
    vectors = ["-fno-math-errno", "-fno-trapping-math"]
    MORE_ARGS["nnc.encoder.quantization.rounding"] = vectors
    MORE_ARGS["nnc.encoder.quantization.squares"] = [
        *vectors, "-fassociative-math", "-fno-signed-zeros",
    ]  # fmt: skip

# Functions for processors that have AVX-512, which say so themselves.
MORE_SOURCES = {
    "nnc.deepcabac.engine_streams": ["nnc/deepcabac/lanes.c"],
    "nnc.deepcabac.engine_search": ["nnc/deepcabac/search_lanes.c"],
    "nnc.deepcabac.engine_together": ["nnc/deepcabac/writing_lanes.c"],
    "nnc.encoder.quantization.feedback": [
        "nnc/encoder/quantization/feedback_lanes.c",
        "nnc/encoder/quantization/feedback_wide.c",
    ],
    "nnc.encoder.quantization.rate_blocks": ["nnc/encoder/quantization/rate_wide.c"],
    "nnc.encoder.quantization.rate_pieces": ["nnc/encoder/quantization/rate_lanes.c"],
    "nnc.encoder.quantization.trellis_pieces": ["nnc/encoder/quantization/trellis_lanes.c"],
}
HEADERS = [
    f"nnc/deepcabac/{name}.h" for name in ("avx512", "lanes", "search_lanes", "writing_lanes")
]
HEADERS += [
    f"nnc/encoder/quantization/{name}.h"
    for name in ("feedback_rows", "feedback_wide", "rate_lanes", "rate_wide", "trellis_lanes")
]


class Build(build_ext):
    """Compiles nothing else where views don't compile: no module that takes them loads then."""

    def build_extensions(self):
        """Compile views, then the others."""
        everything = self.extensions
        self.extensions = [one for one in everything if one.name == VIEWS]
        super().build_extensions()
        if os.path.exists(self.get_ext_fullpath(VIEWS)):
            self.extensions = everything
            super().build_extensions()


extensions = cythonize(
    [
        Extension(
            name,
            [name.replace(".", "/") + ".py", *MORE_SOURCES.get(name, [])],
            include_dirs=["nnc/deepcabac", "nnc/encoder/quantization"],
            depends=HEADERS if name.startswith("nnc.deepcabac") or name in MORE_SOURCES else [],
            extra_compile_args=COMPILE_ARGS + MORE_ARGS.get(name, []),
        )
        for name in COMPILED_MODULES
    ]
    + [Extension(VIEWS, [VIEWS.replace(".", "/") + ".c"], extra_compile_args=COMPILE_ARGS)],
    shared_utility_qualified_name=VIEWS,
    language_level=3,
    # Processes that don't start as forks would run this file again.
    nthreads=os.cpu_count() if multiprocessing.get_start_method() == "fork" else 0,
    # What was translated once, where a folder for it is named.
    cache=os.environ.get("CYTHON_CACHE_DIR"),
    compiler_directives={
        "boundscheck": False,
        "wraparound": False,
        "cdivision": True,
        "initializedcheck": False,
    },
)
for extension in extensions:
    # Said of what is handed to cythonize it would be lost.
    extension.optional = True

setup(
    # The compiler of schemas is installed under a name of its own, the library of formats with
    # the package that finds it.
    packages=[
        *find_packages(include=["nnc*"]),
        *find_packages("generator", include=["nnc_schema*"]),
        "nnc.library",
        "nnc.feature_sets",
    ],
    package_dir={
        "nnc_schema": "generator/nnc_schema",
        "nnc.library": "schema/library",
        "nnc.feature_sets": "schema/features",
    },
    # Several modules are compiled at the same time.
    options={"build_ext": {"parallel": os.cpu_count()}},
    ext_modules=extensions,
    cmdclass={"build_ext": Build},
)
