"""The convolutional twin: the same stream, norms and MLPs, but each token mixes with its neighbours only
(LeCun 1989; Gehring 2017, arXiv:1705.03122).
"""

from typing import Any, NamedTuple

from torch import Tensor, nn
from torch.nn import functional as F

from model.network.config import ModelConfig
from model.network.transformer import Transformer


class ConvolutionRecord(NamedTuple):
    """What one convolution added to the stream, out (..., T, C). There are no q, k, weights: the kernel is
    the same whatever the text says.
    """

    out: Tensor


class Convolution(nn.Module):
    """One matrix (C, C) for each of the K places of the kernel, a GELU, an output matrix: with K = 3 as many
    parameters as attention's q, k, v and output.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.places = nn.ModuleList(
            nn.Linear(config.width, config.width, bias=False) for _ in range(config.kernel)
        )
        self.output = nn.Linear(config.width, config.width, bias=False)
        # Neighbours to the left; the others are to the right.
        self.before = config.kernel - 1 if config.causal else (config.kernel - 1) // 2

    def forward(self, x: Tensor, **_: Any) -> ConvolutionRecord:
        """x (..., T, C) -> ConvolutionRecord; beyond both ends of the text there are zeros."""
        T, K = x.shape[-2], len(self.places)
        padded = F.pad(x, (0, 0, self.before, K - 1 - self.before))  # (..., T + K - 1, C)
        mixed = sum(place(padded[..., i : i + T, :]) for i, place in enumerate(self.places))  # (..., T, C)
        return ConvolutionRecord(self.output(F.gelu(mixed)))


class Convolutional(Transformer):
    """A Transformer with a convolution in the place of attention;
    it tells positions apart by the kernel, and sees `field` tokens.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config)
        for block in self.blocks:
            block.attention = Convolution(config)

    @property
    def field(self) -> int:
        """How many tokens can reach one output: each layer adds K - 1."""
        return 1 + self.config.layers * (self.config.kernel - 1)


def build(config: ModelConfig) -> Transformer:
    """The network that a config describes, without parameters yet."""
    return Convolutional(config) if config.kind == "convolution" else Transformer(config)
