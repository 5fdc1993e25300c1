"""What fuzzing has found, minimal and mended: an error of ours says what is wrong with it."""

from pathlib import Path

import pytest

from nnc.bitio import LimitError, NncError
from nnc.bitstream import Bitstream
from nnc.decoder import Limits, Resources, decode_model
from nnc.formats import read_model

FOLDER = Path(__file__).parents[1] / "fuzz" / "found"
FOUND = sorted(FOLDER.glob("*.nnc"))
MODELS = sorted(set(FOLDER.iterdir()) - set(FOUND))


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_decoding_ends_with_an_error_of_ours(path):
    with pytest.raises(NncError):
        decode_model(Bitstream.parse(path.read_bytes()), Resources(limits=Limits(values=1 << 16)))


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.name)
def test_reading_ends_with_an_error_of_ours(path):
    with pytest.raises(NncError):
        read_model(path)


def test_a_shape_that_no_array_can_have_is_refused():
    Limits().check_shape("w", [0, 1 << 29, 1 << 30])
    with pytest.raises(LimitError, match="beyond what an array can have"):
        Limits().check_shape("w", [0, 1 << 30, 1 << 31])
