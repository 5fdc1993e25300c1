"""What the names of the weights of a transformer tell of how fine they must be.

Errors of queries and keys reach the outputs by way of a softmax alone: what shifts all shares alike
is lost in it, and small changes of a share hardly count. And where each sum with the stream is
normalized again (the layout of BERT, by names that end in `output.LayerNorm`), what a layer adds
fades with each layer behind it: errors of the last layers reach the outputs whole.

Names are those of transformers, of GGUF, Keras and PyTorch: `attention.self.query.weight`,
`self_attn.q_proj.weight`, `attention.q_lin.weight`, `SelfAttention.q.weight`,
`blk.0.attn_q.weight`, `query/kernel`. Others say nothing.

Of a table of words few rows do something at a time. All of them do where it gives the words of the
output: under a name of its own, or in a language model that has just one table for both.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

#: Octaves that the steps of queries and keys are coarser.
SOFTMAX_OCTAVES = 1.0

#: Octaves that the steps of the last layer are finer than those of the first, where layers fade.
FADING_OCTAVES = 0.5

QUERY_OR_KEY = re.compile(
    r"(?:^|[./])(?:query|key|(?:attn_)?[qk](?:_proj|_lin)?)(?:[./](?:weight|kernel))?$"
)
FADING = re.compile(r"^(.*?[./]?)(\d+)[./](?:.*[./])?output[./]LayerNorm[./]")

HEAD = re.compile(r"(?:^|[./])(?:lm_head|embed_out|predictions[./]decoder)[./]|^output[./]weight$")
WORDS = re.compile(r"(?:^|[./])(?:embed_tokens|token_embd|wte)[./]")
FINAL_NORM = re.compile(
    r"^(?:[a-z_]+\.)*(?:norm|layer_norm|ln_f|output_norm|final_layernorm)\.weight$"
)


def output_heads(names: Collection[str]) -> frozenset[str]:
    """Return the names of the weights that give the words of the output, of those of all tensors.

    What is behind the last layer of a language model is a norm, then such a weight.
    """
    heads = frozenset(name for name in names if HEAD.search(name))
    if heads or not any(FINAL_NORM.match(name) for name in names):
        return heads
    return frozenset(name for name in names if WORDS.search(name))


def octaves_by_role(weights: Sequence[str], names: Iterable[str]) -> list[float]:
    """Return by how many octaves the steps of weights are coarser for the part that they have.

    Args:
        weights: their names.
        names: those of all tensors.
    """
    layers: dict[str, int] = {}
    for found in filter(None, map(FADING.match, names)):
        layers[found[1]] = max(layers.get(found[1], 0), int(found[2]))
    result = []
    for name in weights:
        octaves = SOFTMAX_OCTAVES if QUERY_OR_KEY.search(name) else 0.0
        for stack, last in layers.items():
            number = re.match(rf"{re.escape(stack)}(\d+)[./]", name)
            if number and last:
                octaves += FADING_OCTAVES * (0.5 - int(number[1]) / last)
        result.append(octaves)
    return result
