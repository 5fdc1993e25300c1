"""What names of a transformer's weights tell of their steps."""

import numpy as np
import pytest

import nnc
from nnc.encoder.search.roles import (
    FADING_OCTAVES,
    SOFTMAX_OCTAVES,
    octaves_by_role,
    output_heads,
)


@pytest.mark.parametrize(
    "name",
    [
        "encoder.layer.0.attention.self.query.weight",
        "bert/encoder/layer_0/attention/self/key/kernel",
        "model.layers.3.self_attn.q_proj.weight",
        "model.layers.3.self_attn.k_proj.weight",
        "transformer.layer.0.attention.k_lin.weight",
        "encoder.block.0.layer.0.SelfAttention.q.weight",
        "blk.11.attn_k.weight",
    ],
)
def test_queries_and_keys_are_coarser(name):
    assert octaves_by_role([name], [name]) == [SOFTMAX_OCTAVES]


@pytest.mark.parametrize(
    "name",
    [
        "encoder.layer.0.attention.self.value.weight",
        "encoder.layer.0.attention.output.dense.weight",
        "model.layers.3.self_attn.v_proj.weight",
        "blk.11.attn_qkv.weight",
        "keypoints.weight",
        "monkey.weight",
        "0.weight",
    ],
)
def test_nothing_else_is(name):
    assert octaves_by_role([name], [name]) == [0.0]


def test_layers_whose_sums_are_normalized_fade():
    weights = [f"encoder.layer.{layer}.output.dense.weight" for layer in range(12)]
    norms = [f"encoder.layer.{layer}.output.LayerNorm.weight" for layer in range(12)]
    found = octaves_by_role(weights, weights + norms)
    assert found[0] == FADING_OCTAVES / 2
    assert np.diff(found) == pytest.approx([-FADING_OCTAVES / 11] * 11)
    assert octaves_by_role(weights, weights) == [0.0] * 12
    # A single layer fades behind none.
    assert octaves_by_role(weights[:1], [weights[0], norms[0]]) == [0.0]


@pytest.mark.parametrize(
    ("names", "heads"),
    [
        (["model.embed_tokens.weight", "model.norm.weight"], {"model.embed_tokens.weight"}),
        (["token_embd.weight", "output_norm.weight"], {"token_embd.weight"}),
        (["transformer.wte.weight", "transformer.ln_f.weight"], {"transformer.wte.weight"}),
        (["model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"], {"lm_head.weight"}),
        (["token_embd.weight", "output_norm.weight", "output.weight"], {"output.weight"}),
        # Encoders have no words of their output.
        (["embeddings.word_embeddings.weight", "embeddings.LayerNorm.weight"], set()),
        (["token_embd.weight", "token_embd_norm.weight", "blk.0.attn_output_norm.weight"], set()),
        (["features.0.output.weight"], set()),
    ],
)
def test_heads_are_told_from_tables_that_are_only_looked_up(names, heads):
    assert output_heads(names) == heads


def relative_errors(tensors, **options):
    decoded = nnc.decode(nnc.encode(tensors, bits_per_value=4, sensitivity="scale", **options))
    return {
        name: float(np.linalg.norm(decoded[name] - one) / np.linalg.norm(one))
        for name, one in tensors.items()
    }


def drawn(*shapes, seed=0):
    random = np.random.default_rng(seed)
    return [random.normal(0, 0.05, shape).astype(np.float32) for shape in shapes]


def test_steps_by_scale_follow_roles():
    query, value = drawn((64, 64), (64, 64))
    found = relative_errors({"attention.query.weight": query, "attention.value.weight": value})
    assert found["attention.query.weight"] == pytest.approx(
        2 * found["attention.value.weight"], rel=0.2
    )


def test_a_head_isnt_coarser_for_being_a_table():
    table, layer, norm = drawn((2048, 32), (32, 32), (32,))
    tensors = {"model.embed_tokens.weight": table, "layers.0.v_proj.weight": layer}
    ratios = []
    for own in (tensors, tensors | {"model.norm.weight": norm}):
        found = relative_errors(own)
        ratios.append(found["model.embed_tokens.weight"] / found["layers.0.v_proj.weight"])
    # A quarter of the octaves between the sizes, which is 1.5 here.
    assert ratios[0] / ratios[1] == pytest.approx(2**1.5, rel=0.2)


def test_vectors_by_scale_follow_theirs():
    weight, vector = drawn((64, 64), (64,))
    found = [
        relative_errors({"weight": weight, "bias": scale * vector})["bias"] for scale in (1, 1000)
    ]
    assert found[0] == pytest.approx(found[1], rel=0.5)
    assert 0 < found[0] < 0.01


def test_factors_follow_the_smallest():
    weight, vector = drawn((64, 64), (64,))
    variances = np.abs(vector) + np.float32(0.1)
    variances[0] = 0.004
    tensors = {"weight": weight, "variances": variances}
    decoded = nnc.decode(nnc.encode(tensors, bits_per_value=4, sensitivity="scale"))
    assert decoded["variances"][0] == pytest.approx(0.004, rel=0.1)
