"""`nnc levels`: read the levels of a tensor, or code others in their place."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nnc.bitio import InputError
from nnc.cli.common.bases import base_option, open_session
from nnc.cli.common.editing import choose_output, edit_options, finish
from nnc.cli.common.files import check_different, check_output, open_bitstream, write_bytes
from nnc.cli.common.output import examples, print_json, print_pairs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: How a file of numpy begins.
NPY_SIGNATURE = b"\x93NUMPY"


@click.command(
    epilog=examples(
        "nnc levels model.nnc fc.weight",
        "nnc levels model.nnc fc.weight --save levels.npy",
        "nnc levels model.nnc fc.weight --replace levels.npy -o new.nnc",
        "nnc levels model.nnc fc.weight --set 0,3=0 --set 0,4=0 --dry-run",
        "nnc levels update.nnc fc.weight --base model.nnc --save levels.npy",
    )
)
@click.argument("bitstream")
@click.argument("tensor")
@click.option("--save", metavar="FILE",
              help="Write the levels to a .npy file as int32; - for standard output.")  # fmt: skip
@click.option("--replace", metavar="FILE", help="Code the levels of a .npy file instead.")
@click.option("--set", "changes", multiple=True, metavar="I,J,...=LEVEL",
              help="Change one level; repeat for more.")  # fmt: skip
@base_option
@edit_options
def command(
    bitstream: str,
    tensor: str,
    save: str | None,
    replace: str | None,
    changes: tuple[str, ...],
    base: tuple[str, ...],
    dry_run: bool,
    force: bool,
    **options: Any,
) -> None:
    """Read the levels of TENSOR in BITSTREAM, or code others in their place.

    A change codes that payload again and leaves all others. The levels of an update may be coded
    with earlier ones; give those with --base.
    """
    from nnc.editing.levels import read_levels, replace_levels

    if save is not None:
        check_output(save, force)
        check_different(save, options["output"])
    changing = replace is not None or bool(changes)
    if changing:
        choose_output(options, bitstream, dry_run, force)
    elif options["output"] is not None or dry_run:
        raise InputError("name the levels to change: --replace FILE, or --set I,J,...=LEVEL")
    out_of_band = options.pop("out_of_band")
    session = open_session(base, out_of_band, bitstream)
    opened = open_bitstream(bitstream, **out_of_band)
    levels = read_levels(opened, tensor, session)
    if save is not None:
        write_levels(save, levels)
    if not changing and save == "-":
        return
    if not changing:
        print_summary(tensor, levels, options["output_format"])
        return
    if replace is not None:
        levels = levels_from_file(replace)
    for text in changes:
        set_level(levels, text)
    plan = replace_levels(opened, tensor, levels, known=session, keep=not dry_run)
    finish(opened, plan, dry_run=dry_run, force=force, **options)


def print_summary(tensor: str, levels: NDArray[np.int32], output_format: str) -> None:
    """Print what can be said of levels in a few lines."""
    summary = {
        "tensor": tensor,
        "shape": list(levels.shape),
        "smallest": int(levels.min()) if levels.size else None,
        "largest": int(levels.max()) if levels.size else None,
        "zeros": int(levels.size - (levels != 0).sum()),
        "distinct": distinct(levels),
    }
    if output_format == "json":
        print_json(summary)
        return
    share = f" of {levels.size}" if levels.size else ""
    print_pairs(
        {
            "tensor": tensor,
            "shape": "x".join(map(str, levels.shape)) or "scalar",
            "range": f"{summary['smallest']} to {summary['largest']}" if levels.size else "none",
            "zeros": f"{summary['zeros']}{share}",
            "distinct": str(summary["distinct"]),
        }
    )


def distinct(levels: NDArray[np.int32]) -> int:
    """Count the distinct levels."""
    from nnc.encoder.quantization.codebook import counted

    return counted(levels)[0].size if levels.size else 0


def write_levels(path: str, levels: NDArray[np.int32]) -> None:
    """Write levels into a file of numpy."""
    import numpy as np

    # numpy can't write into a pipe.
    content = io.BytesIO()
    np.lib.format.write_array(content, levels, allow_pickle=False)
    write_bytes(content.getbuffer(), path)


def levels_from_file(path: str) -> NDArray[np.int32]:
    """Read levels out of a file of numpy.

    Raises:
        InputError: it is no such file, or holds no integers.
        OSError: it can't be read.
    """
    import numpy as np

    with Path(path).open("rb") as file:
        if file.read(len(NPY_SIGNATURE)) != NPY_SIGNATURE:
            raise InputError(f"{path} is not a .npy file")
        file.seek(0)
        try:
            found = np.load(file, allow_pickle=False)
        except (ValueError, EOFError, MemoryError) as error:
            raise InputError(f"{path} is damaged: {error}") from None
    if found.dtype.kind not in "iu":
        raise InputError(f"{path} must hold integers, not {found.dtype}")
    if found.size and (found.max() > 2**31 - 1 or found.min() < -(2**31)):
        raise InputError(f"{path} holds integers beyond 32 bits")
    result: NDArray[np.int32] = found.astype(np.int32)
    return result


def set_level(levels: NDArray[np.int32], text: str) -> None:
    """Change the level that `I,J,...=LEVEL` says.

    Raises:
        InputError: it isn't that, or there is no such place.
    """
    place, equals, value = text.partition("=")
    try:
        index = tuple(int(part) for part in place.split(",")) if place else ()
        level = int(value)
    except ValueError:
        equals = ""
    if not equals:
        raise InputError(f"{text!r} is not I,J,...=LEVEL")
    inside = len(index) == levels.ndim and all(
        0 <= part < length for part, length in zip(index, levels.shape, strict=True)
    )
    if not inside:
        raise InputError(f"{text!r}: the levels have the shape {list(levels.shape)}")
    if not -(1 << 31) <= level < 1 << 31:
        raise InputError(f"{text!r}: a level must fit in 32 bits")
    levels[index] = level
