"""How a network reads and writes its stream: our own transformer as a Reader, or what an opened one says."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from model.analysis.why.parts import POSITION, TOKEN, Held, NotPlain, Part, Reader
from model.bundle import Bundle
from model.network.attention import group_of
from model.network.convolution import Convolutional
from model.network.transformer import Transformer
from model.trace import Trace


def reader(bundle: Bundle, trace: Trace) -> Reader:
    """The Reader of a trace of this model; NotPlain, in a sentence for the user, if it has none."""
    network = bundle.network
    if isinstance(network, Convolutional):
        raise NotPlain("A convolution has no scores: nothing in it looks at anything by a query and a key.")
    if isinstance(network, Transformer):
        return OwnReader(network, trace)
    return bundle.reader(trace)


class OwnReader:
    """The Reader of a network.Transformer."""

    after = False

    def __init__(self, network: Transformer, trace: Trace) -> None:
        self.network, self.trace, self.config = network, trace, network.config

    def start(self, places: Sequence[int]) -> dict[Part, np.ndarray]:
        """The token's embedding and, where the encoding adds one, its position."""
        places = list(places)
        token = self.rows(self.trace.ids[places])[0] * np.sqrt(self.config.width)
        if self.config.encoding.table is None:
            return {Part(TOKEN): token}
        return {Part(TOKEN): token, Part(POSITION): self.trace.embedded[places] - token}

    def output(self, layer: int, head: int, values: np.ndarray) -> np.ndarray:
        """Through the head's D columns of W_O."""
        D = self.config.head_width
        matrix = self.network.blocks[layer].attention.output.weight[:, head * D : (head + 1) * D]
        return values @ array(matrix).T

    def constant(self, layer: int) -> np.ndarray:
        """W_O has no bias."""
        return np.zeros(self.config.width)

    def sums(self, layer: int, places: Sequence[int]) -> tuple[Held, Held]:
        """No sum is normalised here."""
        raise NotImplementedError("the norms of this network stand before what reads the stream")

    def project(self, layer: int, head: int, side: str, parts: np.ndarray, place: int) -> np.ndarray:
        """Through the norm before attention, the head's rows of W_Q or W_K, and the encoding's turn."""
        block, config, D = self.network.blocks[layer], self.config, self.config.head_width
        norm = held(block.attention_norm, self.trace.layers[layer].resid_in[[place]])
        normed = np.concatenate([norm.of(parts[:, None])[:, 0], norm.bias[None]])  # (A + 1, C)
        number = head if side == "query" else group_of(head, config.heads, config.key_heads)
        matrix = getattr(block.attention, side).weight[number * D : (number + 1) * D]
        projected = torch.tensor(normed @ array(matrix).T)  # (A + 1, D)
        if config.encoding.turn is None:
            return projected.numpy()
        angle = config.encoding.angle(config, torch.tensor([place]))
        both = config.encoding.turn(config, projected[:, None], projected[:, None], angle)
        return both[side == "key"][:, 0].numpy()

    def end(self, places: Sequence[int]) -> Held:
        """The last norm."""
        return held(self.network.norm, self.trace.layers[-1].resid_out[list(places)])

    def rows(self, ids: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """The embedding's rows, widened where they are narrower than the stream; there is no bias."""
        rows = array(self.network.embedding.weight[list(map(int, ids))])
        if self.config.factor:
            rows = rows @ array(self.network.widen.weight).T
        return rows, np.zeros(len(rows))


def held(norm: nn.LayerNorm, vectors: np.ndarray) -> Held:
    """A LayerNorm at what went into it, (N, C)."""
    variance = vectors.astype(np.float64).var(-1, keepdims=True)  # (N, 1)
    return Held(array(norm.weight) / np.sqrt(variance + norm.eps), array(norm.bias), centred=True)


def array(parameter: Tensor) -> np.ndarray:
    """A parameter in float64."""
    return parameter.detach().double().numpy()
