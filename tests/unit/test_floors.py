"""Imports go downwards only: the floors of the house, and of the rooms inside them; their size."""

import ast
import functools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: Where packages stand: the library, and the compiler of schemas.
BASES = (ROOT, ROOT / "generator")

Floors = Sequence[set[str]]

#: Floors from the ground up, by package; within a floor each stands alone.
FLOORS: dict[str, Floors] = {
    "nnc": [
        {"bitio"},
        {"engine", "syntax"},
        {"deepcabac"},
        {"bitstream"},
        {"model"},
        {"decoder"},
        {"containers", "encoder", "formats", "inspect"},
        {"editing", "features", "reduce"},
        {"api", "model_files", "opened", "report"},
        {"explore", "fuzzing", "numpy", "onnx", "plotting", "torch", "transformers"},
        {"federated"},
        {"flower", "nvflare"},
        {"demo"},
        {"standard"},
        {"cli", "strategies"},
    ],
    "nnc.encoder": [
        {"options"},
        {"inputs"},
        {"quantization"},
        {"units"},
        {"call", "model"},
        {"search", "session"},
    ],
    "nnc_schema": [{"language"}, {"formatting", "passes"}, {"targets"}],
}

#: Lines that a module written by hand has at most, and entries that the encoder's folder has.
LONGEST_MODULE = 500
MOST_ROOMS = 9

#: Kernels, which the compiler has to see as a whole, and what the generator writes.
COMPILED = re.compile(r'"(nnc\.[\w.]+)",$', re.MULTILINE)
GENERATED = ("nnc.syntax.", "nnc.fuzzing.strategies.")


def modules_of(package: str) -> Iterator[tuple[str, Path]]:
    """Yield the modules of a package by name, without those that only gather what others hold."""
    base = next(base for base in BASES if (base / package.replace(".", "/")).is_dir())
    for path in sorted((base / package.replace(".", "/")).rglob("*.py")):
        name = ".".join(path.relative_to(base).with_suffix("").parts)
        if name.split(".")[-1] == "__init__":
            name = name.rpartition(".")[0]
        if name not in (package, f"{package}.__main__"):
            yield name, path


@functools.cache
def imported(path: Path) -> set[str]:
    """Return the modules that a file imports: `from a import b` as `a.b` where that is one.

    Of a package that loads its names when they are asked for, the stub says which those are.
    """
    names = set()
    stub = path.with_suffix(".pyi")
    for node in ast.walk(ast.parse((stub if stub.exists() else path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                names.add(whole if is_module(whole) else node.module or "")
    return {name.removeprefix("cython.cimports.") for name in names}


def is_module(name: str) -> bool:
    """Tell whether there is a module or a package of that name here."""
    paths = [base / name.replace(".", "/") for base in BASES]
    return any(path.is_dir() or path.with_suffix(".py").exists() for path in paths)


def room_of(module: str, package: str) -> str | None:
    """Return the room of a package that a module stands in: `nnc`, `nnc.a.b` -> `a`."""
    inside = module.removeprefix(f"{package}.")
    return None if inside == module else inside.split(".")[0]


def test_imports_go_down():
    wrong = []
    for package, floors in FLOORS.items():
        number_of = {room: number for number, floor in enumerate(floors) for room in floor}
        for module, path in modules_of(package):
            own = room_of(module, package)
            for name in sorted(imported(path)):
                other = room_of(name, package)
                if other not in (None, own) and number_of[other] >= number_of[own]:
                    wrong.append(f"{module} imports {name}")
    assert not wrong


def test_every_room_has_a_floor():
    for package, floors in FLOORS.items():
        rooms = {room_of(module, package) for module, _ in modules_of(package)}
        assert rooms == {room for floor in floors for room in floor}, package


def test_no_circle_of_imports():
    for package in ("nnc", "nnc_schema"):
        modules = dict(modules_of(package))
        below = {
            name: {other for other in imported(path) if other in modules and other != name}
            for name, path in modules.items()
        }
        for name in below:
            # A package that gathers what its modules hold is imported by those above only.
            below[name] = {other for other in below[name] if not name.startswith(f"{other}.")}
        while free := [name for name, others in below.items() if not others & below.keys()]:
            for name in free:
                del below[name]
        assert not below, f"modules in circles: {circle(below)}"


def circle(below: dict[str, set[str]]) -> list[str]:
    """Return one circle among modules of which each imports another one of them."""
    way = [next(iter(below))]
    while True:
        following = min(below[way[-1]] & below.keys())
        if following in way:
            return way[way.index(following) :]
        way.append(following)


def test_the_generator_knows_nothing_of_the_library():
    for _, path in modules_of("nnc_schema"):
        assert not {m for m in imported(path) if m == "nnc" or m.startswith("nnc.")}
        assert "nnr_" not in path.read_text("utf-8").lower()


def test_modules_are_short():
    kernels = set(COMPILED.findall((ROOT / "setup.py").read_text("utf-8")))
    assert "nnc.bitio.reading" in kernels
    long = {
        name: count
        for package in ("nnc", "nnc_schema")
        for name, path in modules_of(package)
        if name not in kernels and not name.startswith(GENERATED)
        if (count := len(path.read_text("utf-8").splitlines())) > LONGEST_MODULE
        if path.name != "keywords.py"
    }
    assert not long


def test_the_encoder_has_few_rooms():
    rooms = {path.stem for path in (ROOT / "nnc" / "encoder").iterdir()} - {"__pycache__"}
    assert len(rooms) <= MOST_ROOMS, sorted(rooms)


def test_the_engine_knows_no_format():
    for name, path in modules_of("nnc.engine"):
        known = {other for other in imported(path) if room_of(other, "nnc") == "syntax"}
        assert not known, name
        assert not re.search(r"nnr_|\bNNC\b|15938", path.read_text("utf-8")), name
