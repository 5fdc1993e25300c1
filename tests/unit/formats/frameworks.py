"""Small models that the frameworks themselves make, and the way to a bitstream and back."""

import numpy as np

from nnc.cli.main import run
from nnc.formats import read_model

#: Steps of weights and of all else at the default quantization parameters. Each of the two
#: quantizers between which the trellis switches has every other multiple of them.
WEIGHT_STEP, OTHER_STEP = 2 * 2.0**-8, 2 * 5 * 2.0**-21


def there_and_back(path, back, *options):
    """Encode and decode by the command; give both models as they are read."""
    bitstream = path.with_suffix(".nnc")
    assert run(["encode", str(path), "-o", str(bitstream), "-q", "--force", *options]) == 0
    assert run(["decode", str(bitstream), "-o", str(back), "-q", "--force"]) == 0
    return read_model(path), read_model(back)


def assert_same_model(before, after):
    """Names in order, shapes, dtypes; integers exact, floats within the step."""
    assert list(after.tensors) == list(before.tensors)
    for name, values in before.tensors.items():
        found = after.tensors[name]
        assert found.shape == values.shape, name
        assert found.dtype == values.dtype, name
        if values.dtype.kind in "biu" or name in before.exact:
            np.testing.assert_array_equal(found, values, err_msg=name)
            continue
        step = WEIGHT_STEP if values.ndim > 1 else OTHER_STEP
        error = np.abs(found.astype(np.float64) - values.astype(np.float64))
        # The finest difference of the type itself counts too (float16, bfloat16).
        limit = 1.01 * step + np.abs(values.astype(np.float64)) * 2.0**-8 * (
            values.dtype.itemsize < 4
        )
        assert (error <= limit).all(), (name, error.max())


def assert_explained(original, decoded, replaced):
    """Outputs: those of the decoded model are those of the original with the decoded weights.

    So quantization explains all of the difference; and that is small.
    """
    np.testing.assert_allclose(decoded, replaced, rtol=1e-5, atol=1e-6)
    scale = np.abs(original).max()
    error = np.abs(decoded - original).max()
    assert 0 < error < 0.05 * scale, (error, scale)
