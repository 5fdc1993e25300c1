"""What nnc writes NNCodec reads, what NNCodec writes nnc reads: equal levels, equal values."""

import numpy as np
import pytest

import nnc
from nnc.model.calibration import factors_of
from tests.encodings import OPTIONS
from tests.encodings import model as sample

SHAPES = {
    "vector": (37,),
    "one": (1,),
    "matrix": (50, 70),
    "one_row": (1, 40),
    "one_column": (40, 1),
    "kernel": (24, 12, 3, 3),
    "deep": (3, 4, 2, 5, 2),
    "tall": (200, 3),
    "wide": (3, 200),
}


def model(seed=1, scale=0.1):
    rng = np.random.default_rng(seed)
    return {
        f"{name}.weight": rng.laplace(0, scale, shape).astype(np.float32)
        for name, shape in SHAPES.items()
    }


def assert_read_alike(peer, bitstream):
    """Decode with both, and compare all levels and all values."""
    levels, values = peer.decode(bitstream)
    our_values = nnc.decode(bitstream)
    our_levels = nnc.decode_levels(bitstream)
    assert levels
    assert our_levels.keys() == levels.keys()
    assert our_values.keys() == values.keys()
    for name in levels:
        assert np.array_equal(our_levels[name], levels[name]), name
    for name in values:
        # NNCodec gives the values of codebooks as float64.
        expected = np.asarray(values[name]).astype(our_values[name].dtype)
        assert np.array_equal(our_values[name], expected), name
        assert our_values[name].shape == values[name].shape


class TestNncodecReadsUs:
    @pytest.mark.parametrize("dq", [True, False])
    @pytest.mark.parametrize("profile", [1, 0])
    @pytest.mark.parametrize("qp", [-40, -24, -8])
    def test_shapes(self, peer, dq, profile, qp):
        assert_read_alike(peer, nnc.encode(model(), dq=dq, profile=profile, qp=qp))

    @pytest.mark.parametrize("dq", [True, False])
    @pytest.mark.parametrize("scan_order", [1, 2, 3, 4])
    @pytest.mark.parametrize("profile", [1, 0])
    def test_scan_orders(self, peer, dq, scan_order, profile):
        tensors = {name: values for name, values in model().items() if "one" not in name}
        bitstream = nnc.encode(
            tensors, dq=dq, scan_order=scan_order, row_skip=False, profile=profile
        )
        assert_read_alike(peer, bitstream)

    @pytest.mark.parametrize("blocks", [{"bias": "b"}, {"bias": "b", "scaling": "s"}], ids=str)
    @pytest.mark.parametrize("decomposed", [True, False])
    @pytest.mark.parametrize(
        "options", [{}, {"dq": False}, {"scan_order": 1}, {"profile": 0}], ids=str
    )
    def test_blocks(self, peer, blocks, decomposed, options):
        rng = np.random.default_rng(1)
        shapes = {"b": (24,), "s": (24,)}
        if decomposed:
            shapes |= {"w_G": (24, 5), "w_H": (5, 36)}
            blocks = blocks | {"g": "w_G", "h": "w_H", "dimensions": (24, 4, 3, 3)}
        else:
            shapes["w"] = (24, 4, 3, 3)
        used = {"w", *(value for value in blocks.values() if isinstance(value, str))}
        tensors = {
            name: rng.laplace(0, 0.1, shape).astype(np.float32)
            for name, shape in shapes.items()
            if name in used
        }
        bitstream = nnc.encode(tensors, blocks=[nnc.Block(weight="w", **blocks)], **options)
        assert len(nnc.Bitstream.parse(bitstream).units) == 3
        levels, _ = peer.decode(bitstream)
        ours = nnc.decode_levels(bitstream)
        assert ours.keys() == levels.keys()
        for name, expected in levels.items():
            assert np.array_equal(ours[name], np.asarray(expected).reshape(ours[name].shape))

    @pytest.mark.parametrize(
        "options",
        [{}, {"dq": False}, {"scan_order": 1}, {"parents": "sha256"}, {"parents": "sha512"}],
        ids=str,
    )
    def test_updates_of_layers(self, peer, options):
        rng = np.random.default_rng(3)
        shapes = {"l.weight": (24, 6, 3), "l.bias": (24,), "x": (5, 4)}
        base = {name: rng.laplace(0, 0.1, shape).astype("f4") for name, shape in shapes.items()}
        encoder = nnc.Encoder(base, blocks="auto", metadata_unit=False, **options)
        theirs, ours = peer.Updates(), nnc.Decoder(base)
        tensors = base
        for depth in range(1, 5):
            tensors = {
                name: values + rng.laplace(0, 0.05, values.shape).astype("f4")
                for name, values in tensors.items()
            }
            data = encoder.encode(tensors)
            header = nnc.Bitstream.parse(data).units[2].header
            assert (header.compressed_parameter_types, header.put_node_depth) == (8, depth)
            _, values = theirs.decode(data)
            for name, expected in ours.decode(data, apply=False).items():
                assert np.array_equal(values[name].reshape(expected.shape), expected), name

    @pytest.mark.parametrize("qp_density", range(8))
    def test_qp_densities(self, peer, qp_density):
        qp = -(8 << qp_density)
        bitstream = nnc.encode(model(), qp_density=qp_density, qp=qp, nonweight_qp=qp)
        assert_read_alike(peer, bitstream)

    @pytest.mark.parametrize("unary", [0, 1, 5, 10, 20])
    @pytest.mark.parametrize("search", [True, False])
    def test_unary_lengths(self, peer, unary, search):
        bitstream = nnc.encode(model(), cabac_unary_length_minus1=unary, parameter_search=search)
        assert_read_alike(peer, bitstream)

    @pytest.mark.parametrize("dq", [True, False])
    def test_row_skipping(self, peer, dq):
        tensors = model()
        tensors["matrix.weight"][10:40] = 0
        tensors["kernel.weight"][::2] = 0
        tensors["wide.weight"][:] = 0
        bitstream = nnc.encode(tensors, dq=dq, row_skip=True)
        assert len(bitstream) < len(nnc.encode(tensors, dq=dq, row_skip=False))
        assert_read_alike(peer, bitstream)

    @pytest.mark.parametrize("profile", [1, 0])
    @pytest.mark.parametrize("scan_order", [0, 2])
    @pytest.mark.parametrize("kind", ["symmetric", "positive", "negative", "sparse", "constant"])
    def test_codebooks(self, peer, profile, scan_order, kind):
        rng = np.random.default_rng(7)
        choices = {
            "symmetric": [-0.5, -0.125, 0, 0.25, 1],
            "positive": [0, 0.5, 3.75],
            "negative": [-7, -0.25, 0],
            "sparse": [-1, *([0] * 20), 1],
            "constant": [0.5],
        }[kind]
        tensors = {"w": rng.choice(choices, (40, 60)).astype(np.float32)}
        bitstream = nnc.encode(tensors, codebook=True, profile=profile, scan_order=scan_order)
        plain = nnc.encode(tensors, profile=profile, scan_order=scan_order, codebook=False)
        assert len(bitstream) < len(plain)
        assert_read_alike(peer, bitstream)

    @pytest.mark.parametrize(
        "options",
        [
            {"effort": 2},
            {"bits_per_value": 3},
            {"max_error": 0.01},
            {"bit_depth": 4},
            {"bit_depth": 8, "dq": False},
            {"tensors": {"m*": {"dq": False}, "k*": {"codebook": 9}}},
        ],
        ids=str,
    )
    def test_choices_targets_and_options_of_tensors(self, peer, options):
        assert_read_alike(peer, nnc.encode(model(), **options))

    @pytest.mark.parametrize("effort", [0, 1, 2, 3])
    # On raw floats and layer parameter sets NNCodec itself fails.
    @pytest.mark.parametrize(
        "options",
        [one for one in OPTIONS if not one.keys() & {"keep", "lossless", "layer_parameters"}],
        ids=str,
    )
    def test_every_option_at_every_effort(self, peer, options, effort):
        levels, values = peer.decode(bitstream := nnc.encode(sample(), effort=effort, **options))
        ours = nnc.decode(bitstream)
        for name, expected in nnc.decode_levels(bitstream).items():
            assert np.array_equal(expected, np.asarray(levels[name]).reshape(expected.shape)), name
        for name, expected in values.items():
            if name in ours:
                assert np.array_equal(ours[name], np.asarray(expected).astype(ours[name].dtype))

    @pytest.mark.parametrize("codebook", ["exact", "auto", 5, 256])
    def test_kinds_of_codebooks(self, peer, codebook):
        rng = np.random.default_rng(8)
        centres = rng.normal(0, 0.1, 12)
        tensors = {
            "few": rng.choice([-0.031, 0, 0.0177], (40, 60)),
            "clusters": rng.choice(centres, (40, 60)) + rng.normal(0, 0.0005, (40, 60)),
            "laplace": rng.laplace(0, 0.05, (40, 60)),
            "constant": np.full(40, 0.3),
        }
        tensors = {name: values.astype(np.float32) for name, values in tensors.items()}
        bitstream = nnc.encode(tensors, codebook=codebook)
        units = nnc.Bitstream.parse(bitstream).units[2:]
        assert any(unit.header.codebook_present_flag for unit in units)
        assert_read_alike(peer, bitstream)

    @pytest.mark.parametrize("scan_order", [0, 2])
    @pytest.mark.parametrize("magnitude", [1, 7, 255, 100_000, 2**31 - 1])
    def test_integers(self, peer, scan_order, magnitude):
        rng = np.random.default_rng(magnitude)
        tensors = {
            "matrix": rng.integers(-magnitude, magnitude, (30, 40)).astype(np.int32),
            "weights": rng.normal(0, 1, (30, 40)).astype(np.float32),
        }
        bitstream = nnc.encode(tensors, scan_order=scan_order, row_skip=False)
        assert_read_alike(peer, bitstream)
        assert np.array_equal(peer.decompress(bitstream)["matrix"], tensors["matrix"])

    @pytest.mark.parametrize("dtype", ["float16", "float64", "int8", "int64"])
    def test_data_formats(self, peer, dtype):
        # Types that the standard has no name for go with a unit that NNCodec doesn't pass over.
        values = (np.random.default_rng(5).normal(0, 9, (12, 13))).astype(dtype)
        assert_read_alike(peer, nnc.encode({"x": values}))

    def test_no_dimensions_and_no_values(self, peer):
        tensors = {"scalar": np.float32(3), "nothing": np.zeros((0, 3), np.float32)}
        values = peer.decompress(nnc.encode(tensors))
        assert values["scalar"].shape == ()
        assert values["scalar"] == nnc.decode(nnc.encode(tensors))["scalar"]
        assert values["nothing"].shape == (0, 3)

    def test_large_levels(self, peer):
        rng = np.random.default_rng(3)
        tensors = {"w": (rng.normal(0, 1, (20, 30)) * 1e4).astype(np.float32)}
        assert_read_alike(peer, nnc.encode(tensors, qp=-60))

    def test_zeros(self, peer):
        assert_read_alike(peer, nnc.encode({"w": np.zeros((20, 30), np.float32)}))

    def test_values_are_near_the_original(self, peer):
        tensors = model()
        values = peer.decompress(nnc.encode(tensors, qp=-32))
        for name, original in tensors.items():
            assert np.abs(values[name] - original).max() < 2.5 * 2.0**-8, name


class TestWeReadNncodec:
    @pytest.mark.parametrize("use_dq", [True, False])
    @pytest.mark.parametrize("scan_order", [0, 2])
    @pytest.mark.parametrize("param_opt", [True, False])
    def test_uniform(self, peer, use_dq, scan_order, param_opt):
        tensors = {name: values for name, values in model(2).items() if "one" not in name}
        tensors["count"] = np.arange(60, dtype=np.int32).reshape(20, 3)
        bitstream = peer.compress(
            tensors, use_dq=use_dq, scan_order=scan_order, param_opt=param_opt, qp=-28
        )
        assert_read_alike(peer, bitstream)

    @pytest.mark.parametrize("codebook_mode", [1, 2])
    def test_codebook(self, peer, codebook_mode):
        rng = np.random.default_rng(8)
        tensors = {"w": rng.choice([-1, 0, 0.5], (40, 60)).astype(np.float32)}
        assert_read_alike(peer, peer.compress(tensors, codebook_mode=codebook_mode))

    def test_row_skipping(self, peer):
        tensors = model(4)
        tensors["matrix.weight"][5:45] = 0
        assert_read_alike(peer, peer.compress(tensors, row_skipping=True, qp=-20))


class TestAlike:
    @pytest.mark.parametrize("qp", [-32, -20, -8])
    def test_same_error_of_dependent_quantization(self, peer, qp):
        values = model(6)["kernel.weight"]
        theirs, taken = peer.quantize(values, qp)
        step = nnc.encoder.quantization.uniform.step_size(taken, 2)
        ours = nnc.decode_levels(nnc.encode({"w": values}, qp=qp, effort=0))["w"]
        errors = [np.square(values / step - levels).sum() for levels in (ours, theirs)]
        assert errors[0] <= errors[1] * (1 + 1e-5)

    @pytest.mark.parametrize("effort", range(4))
    @pytest.mark.parametrize("qp", [-36, -24, -12])
    def test_not_larger_than_theirs(self, peer, qp, effort):
        tensors = {"w": np.random.default_rng(9).laplace(0, 0.1, (150, 200)).astype(np.float32)}
        ours = len(nnc.encode(tensors, qp=qp, effort=effort))
        theirs = len(peer.compress(tensors, qp=qp))
        assert ours <= 1.002 * theirs


def test_calibrated_weights_are_read_as_we_read_them(peer):
    random = np.random.default_rng(0)
    inputs = random.normal(size=(200, 70)) @ random.normal(size=(70, 70))
    tensors = {"w": random.normal(0, 0.05, (40, 70)).astype("f4")}
    stats = nnc.Calibration({"w": factors_of(inputs.T @ inputs)})
    data = nnc.encode(tensors, preset="small", calibration=stats)
    assert np.array_equal(peer.decompress(data)["w"], nnc.decode(data)["w"])
