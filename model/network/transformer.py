"""The transformer: a residual stream that attention and MLP read from and add to (pre-norm, Xiong 2020)."""

import math
import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn

from model.network import masks
from model.network.attention import AttentionRecord, MultiHeadAttention, fused
from model.network.change import Change
from model.network.config import ModelConfig

if TYPE_CHECKING:
    from model.decoding.cache import Cache


class LayerRecord(NamedTuple):
    """The residual stream (T, C) before, between and after the two halves of a block,
    and what each half added; `cross` where a decoder also looks at an encoder.
    """

    resid_in: Tensor
    attention: AttentionRecord
    resid_mid: Tensor
    mlp_out: Tensor
    resid_out: Tensor
    cross: AttentionRecord | None = None


class Record(NamedTuple):
    """One forward pass: embedded (T, C), a LayerRecord per layer, the normalised end of the stream (T, C),
    logits (T, V) or None; where there is an encoder and a decoder, this is the encoder's.
    """

    embedded: Tensor
    layers: list[LayerRecord]
    final: Tensor
    logits: Tensor | None
    decoder: "Record | None" = None


class MLP(nn.Sequential):
    """Two linear maps with a GELU between (Hendrycks 2016):
    (T, C) -> (T, hidden) -> (T, C), each token by itself.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(
            nn.Linear(config.width, config.hidden), nn.GELU(), nn.Linear(config.hidden, config.width)
        )


class Block(nn.Module):
    """Attention mixes tokens, the MLP works on each; both add to what came in."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(config.width)
        self.attention = MultiHeadAttention(config)
        self.mlp_norm = nn.LayerNorm(config.width)
        self.mlp = MLP(config)

    def forward(self, resid_in: Tensor, **arguments: Any) -> LayerRecord:
        """resid_in (..., T, C) -> LayerRecord; the arguments are those of the attention."""
        attention = self.attention(self.attention_norm(resid_in), **arguments)
        resid_mid = resid_in + attention.out
        mlp_out = self.mlp(self.mlp_norm(resid_mid))
        return LayerRecord(resid_in, attention, resid_mid, mlp_out, resid_mid + mlp_out)


class Transformer(nn.Module):
    """An encoder or a decoder, by its mask. The embedding doubles as the output matrix
    (Press and Wolf 2017).
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        # Left empty: on the device "meta" torch's own random start imports its compiler, for a second.
        embedding = torch.empty(config.vocabulary, config.factor or config.width)
        self.embedding = nn.Embedding.from_pretrained(embedding, freeze=False)
        if config.factor:
            self.widen = nn.Linear(config.factor, config.width, bias=False)
        for name, shape in config.encoding.parameters(config).items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)

    def forward(
        self,
        ids: Tensor,
        allowed: Tensor | None = None,
        changes: Sequence[Change | None] | None = None,
        attend: Callable[..., Tensor] = fused,
        predict: bool = True,
        embedded: Tensor | None = None,
        angle: Tensor | None = None,
        past: "Cache | None" = None,
        keep: Tensor | None = None,
    ) -> Record:
        """ids (..., T) -> Record. `changes` has a Change or None per layer.

        `allowed` replaces the mask: (T, T), (H, T, T), (L, H, T, T) or, another one for each of B texts,
        (L, B, H, T, T). `attend` is the function that does the attention, `predict=False` leaves out the
        logits. `embedded` (..., T, C) stands in for what the embedding makes of the ids, for gradients with
        respect to it; `angle` for what the encoding turns queries and keys by, (T, D/2) in RoPE. `past`, a
        decoding.Cache, stands in for the P tokens before these ids: they are looked at, and not computed
        again. `keep`, bool (L, H) or (L, B, H), is False where a head is silenced.
        """
        config, T, first = self.config, ids.shape[-1], 0 if past is None else past.tokens
        allowed = self.mask(T, first).to(ids.device) if allowed is None else masks.checked(allowed)
        embedded = self.embed(ids, first) if embedded is None else embedded
        angle = self.angle(T, ids.device, first) if angle is None else angle
        bias = self.bias(T, first)
        stream, layers = embedded, []
        for i, block in enumerate(self.blocks):
            arguments = {
                "allowed": allowed[i] if allowed.ndim >= 4 else allowed,
                "angle": angle,
                "bias": bias,
                "attend": attend,
            }
            if changes is not None and changes[i] is not None:
                arguments["scale"] = changes[i].scale(config.head_width)
                arguments["bias"] = changes[i].bias(bias)
            if past is not None:
                arguments["past"] = past.layers[i]
            if keep is not None:
                arguments["keep"] = keep[i]
            layers.append(block(stream, **arguments))
            stream = layers[-1].resid_out
        final = self.norm(stream)
        logits = self.unembed(final) if config.predicts and predict else None
        return Record(embedded, layers, final, logits)

    def unembed(self, final: Tensor) -> Tensor:
        """Logits, (..., T, C) -> (..., T, V): how well the embedding of each known token matches."""
        if self.config.factor:
            final = final @ self.widen.weight
        return nn.functional.linear(final, self.embedding.weight)

    def mask(self, T: int, first: int = 0) -> Tensor:
        """The network's own mask for T tokens after the `first` ones, (T, first + T)."""
        if self.config.causal and T > 1:
            return masks.causal(first + T)[first:]  # (T, S)
        return masks.full(T, first + T)  # the last token may look at all

    def embed(self, ids: Tensor, first: int = 0) -> Tensor:
        """The start of the stream, ids (..., T) -> (..., T, C), the first of them at position `first`."""
        rows = self.embedding(ids)
        if self.config.factor:
            rows = self.widen(rows)
        embedded = rows * math.sqrt(self.config.width)  # (..., T, C), scaled as in Vaswani 2017, section 3.4
        if (table := self.config.encoding.table) is None:
            return embedded
        return embedded + table(self.config, self.position_parameters(), ids.shape[-1], first).to(embedded)

    def angle(self, T: int, device: torch.device | str, first: int = 0) -> Tensor | None:
        """What the encoding turns queries and keys by at T positions from `first` on; None if it does not."""
        if (angle := self.config.encoding.angle) is None:
            return None
        return angle(self.config, torch.arange(first, first + T)).to(device)

    def bias(self, T: int, first: int = 0) -> Tensor | None:
        """What the encoding adds to the scores, (H, T, first + T); None if it adds nothing."""
        if (bias := self.config.encoding.bias) is None:
            return None
        return bias(self.config, self.position_parameters(), T, first).to(self.embedding.weight.device)

    def position_parameters(self) -> dict[str, Tensor]:
        """The encoding's own parameters by their names."""
        return {name: getattr(self, name) for name in self.config.encoding.parameters(self.config)}


def initialise(network: nn.Module, seed: int, spread: float = 0.02) -> nn.Module:
    """Fill the parameters from `seed`: matrices from N(0, spread²), biases 0, norms 1 (GPT-2's scheme).

    Each parameter draws from its own name, so that two models agree wherever they share a name and a shape.
    """
    for name, parameter in network.named_parameters():
        generator = torch.Generator().manual_seed(seed + zlib.crc32(name.encode()))
        with torch.no_grad():
            if parameter.ndim > 1:
                parameter.normal_(0, spread, generator=generator)
            else:
                parameter.fill_(1.0 if "norm.weight" in name else 0.0)
    return network
