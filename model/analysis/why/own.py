"""How our own transformer reads and writes its stream, as a Reader."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from model.analysis.why.parts import POSITION, TOKEN, Held, Part
from model.network.attention import group_of
from model.network.transformer import Transformer
from model.trace import Trace


class OwnReader:
    """A Reader of a network.Transformer."""

    after = False

    def __init__(self, network: Transformer, trace: Trace) -> None:
        self.network, self.trace, self.config = network, trace, network.config

    def start(self, places: Sequence[int]) -> dict[Part, np.ndarray]:
        """The token's embedding and, where the encoding adds one, its position."""
        ids, config = torch.tensor(self.trace.ids), self.config
        rows = self.network.embedding.weight[ids[list(places)]].double()
        if config.factor:
            rows = rows @ self.network.widen.weight.double().T
        token = rows.numpy() * np.sqrt(config.width)
        if config.encoding.table is None:
            return {Part(TOKEN): token}
        return {Part(TOKEN): token, Part(POSITION): self.trace.embedded[list(places)] - token}

    def output(self, layer: int) -> tuple[np.ndarray, None]:
        """The output matrix, (H, D, C); it has no bias."""
        matrix = array(self.network.blocks[layer].attention.output.weight)  # (C, H D)
        return matrix.T.reshape(self.config.heads, -1, len(matrix)), None

    def project(self, layer: int, head: int, side: str, parts: np.ndarray, place: int) -> np.ndarray:
        """Through the norm before attention, the head's rows of W_Q or W_K, and the encoding's turn."""
        block, config, D = self.network.blocks[layer], self.config, self.config.head_width
        norm = held(block.attention_norm, self.trace.layers[layer].resid_in[[place]])
        normed = np.concatenate([norm.of(parts[:, None])[:, 0], norm.bias[None]])  # (A + 1, C)
        number = head if side == "query" else group_of(head, config.heads, config.key_heads)
        matrix = getattr(block.attention, side).weight[number * D : (number + 1) * D]
        projected = torch.tensor(normed) @ matrix.double().T  # (A + 1, D)
        if config.encoding.turn is None:
            return projected.numpy()
        angle = config.encoding.angle(config, torch.tensor([place]))
        both = config.encoding.turn(config, projected[:, None], projected[:, None], angle)
        return both[side == "key"][:, 0].numpy()

    def end(self, places: Sequence[int]) -> Held:
        """The last norm."""
        return held(self.network.norm, self.trace.layers[-1].resid_out[list(places)])

    def rows(self, ids: Sequence[int]) -> np.ndarray:
        """The embedding's rows of these tokens, widened where it is narrower than the stream."""
        rows = self.network.embedding.weight[list(ids)].double()
        return (rows @ self.network.widen.weight.double().T if self.config.factor else rows).numpy()


def held(norm: nn.LayerNorm, vectors: np.ndarray) -> Held:
    """A LayerNorm at what went into it, (N, C)."""
    variance = vectors.astype(np.float64).var(-1, keepdims=True)  # (N, 1)
    return Held(array(norm.weight) / np.sqrt(variance + norm.eps), array(norm.bias), centred=True)


def array(parameter: Tensor) -> np.ndarray:
    """A parameter in float64."""
    return parameter.detach().double().numpy()
