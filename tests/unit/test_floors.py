"""Hand-written code imports downwards only: the floors of the house."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Floors from the ground up; within a floor each package stands alone.
FLOORS = [
    {"bitio"},
    {"syntax", "deepcabac"},
    {"bitstream"},
    {"decoder"},
    {"containers", "encoder", "formats", "inspect"},
    {"api", "model_files", "report"},
    {"demo", "explore", "fuzzing", "numpy", "onnx", "plotting", "torch"},
    {"cli"},
]

#: The module that is the command may import anything.
MODULES = sorted(
    path for path in (ROOT / "nnc").rglob("*.py") if path.name not in ("setup.py", "__main__.py")
)


def package_of(module: str) -> str | None:
    """`nnc.decoder.model` -> `decoder`; None for `nnc` itself and what isn't ours."""
    parts = module.split(".")
    return parts[1] if parts[0] == "nnc" and len(parts) > 1 else None


def floor_of(package: str) -> int:
    return next(number for number, floor in enumerate(FLOORS) if package in floor)


def imported(path: Path) -> set[str]:
    """Modules that a file imports, `from nnc import x` as `nnc.x`."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            if node.module == "nnc":
                names |= {f"nnc.{alias.name}" for alias in node.names}
            else:
                names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down(path):
    own = package_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
    if own in ("__init__", "__main__"):
        return
    for module in imported(path):
        package = package_of(module)
        if package is None or package == own:
            continue
        assert floor_of(package) < floor_of(own), (
            f"{path.relative_to(ROOT)} (floor {floor_of(own)}) imports {module}"
        )


def test_every_package_has_a_floor():
    names = {path.stem if path.is_file() else path.name for path in (ROOT / "nnc").iterdir()}
    names -= {"__init__", "__main__", "__pycache__", "py"}
    assert {name for name in names if not name.startswith((".", "_"))} == {
        package for floor in FLOORS for package in floor
    }


def test_the_generator_knows_nothing_of_the_library():
    for path in (ROOT / "generator").rglob("*.py"):
        assert not {m for m in imported(path) if m == "nnc" or m.startswith("nnc.")}
        assert "nnr_" not in path.read_text("utf-8").lower()
