"""Encode by default is safe: networks that installed packages ship still run, and give the same."""

import importlib.util
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

#: Packages that ship ONNX networks.
PACKAGES = ("basic_pitch", "magika", "rapidocr_onnxruntime", "silero_vad")


def networks():
    for package in PACKAGES:
        found = importlib.util.find_spec(package)
        if found is not None and found.submodule_search_locations:
            for folder in found.submodule_search_locations:
                yield from sorted(Path(folder).rglob("*.onnx"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_encode_by_default_is_safe():
    pytest.importorskip("onnxruntime")
    import default_quality

    files = list(networks())
    if not files:
        pytest.skip(f"none of {', '.join(PACKAGES)} is installed")
    for path in files:
        quality = default_quality.measure(path, {})
        assert quality.share <= 0.30, path.name
        assert quality.error <= 0.05, path.name
