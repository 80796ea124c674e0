"""Two networks that look at a picture: a transformer on its patches, made of the blocks of our language
models, and a convolution in two dimensions.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model.network import transformer
from model.network.attention import fused
from model.network.transformer import Block, LayerRecord
from model.vision.config import VisionConfig
from model.vision.grid import patches, turns


class PictureRecord(NamedTuple):
    """One forward pass: logits (..., classes), and what came before. Of a transformer embedded (..., T, C), a
    LayerRecord per layer and the class token at the end, normalised, (..., C); of a convolution the maps
    (..., channels, height, width) of each layer and the mean of the last one, (..., channels).
    """

    logits: Tensor
    final: Tensor
    embedded: Tensor | None = None
    layers: tuple[LayerRecord, ...] = ()
    maps: tuple[Tensor, ...] = ()


class VisionTransformer(nn.Module):
    """An encoder whose words are the patches of a picture; a class token collects what it is read from
    (Dosovitskiy 2021, arXiv:2010.11929).
    """

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.config = config
        self.patch_embedding = nn.Linear(config.patch**2, config.width)
        self.class_token = nn.Parameter(torch.empty(1, config.width))
        for name, shape in config.block.encoding.parameters(config.block).items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))
        self.blocks = nn.ModuleList(Block(config.block) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.readout = nn.Linear(config.width, config.classes)

    def forward(
        self,
        images: Tensor,
        allowed: Tensor | None = None,
        order: Tensor | None = None,
        attend: Callable[..., Tensor] = fused,
    ) -> PictureRecord:
        """images (..., height, width) from 0 to 1 -> PictureRecord.

        allowed (T, T), (H, T, T) or (L, H, T, T): True where a query may look. order (N,): which patch stands
        at each place; the positions stay where they are.
        """
        embedded = self.embed(images, order)
        stream, layers, angle = embedded, [], self.angle()
        for i, block in enumerate(self.blocks):
            own = allowed[i] if allowed is not None and allowed.ndim == 4 else allowed
            layers.append(block(stream, allowed=own, angle=angle, attend=attend))
            stream = layers[-1].resid_out
        final = self.norm(stream[..., 0, :])
        return PictureRecord(self.readout(final), final, embedded, tuple(layers))

    def embed(self, images: Tensor, order: Tensor | None = None) -> Tensor:
        """The start of the stream, (..., height, width) -> (..., T, C): the class token, the patches by one
        linear map, and the learned positions where there are such.
        """
        cut = patches(images, self.config.patch)  # (..., N, patch²)
        cut = cut if order is None else cut[..., order, :]
        first = self.class_token.expand(*cut.shape[:-2], 1, -1)
        rows = torch.cat((first, self.patch_embedding(cut)), dim=-2)  # (..., T, C)
        return rows + self.position_table if self.config.positions == "learned" else rows

    def angle(self) -> Tensor | None:
        """What the blocks turn queries and keys by, (T, D / 2); None without RoPE."""
        if self.config.positions != "rope":
            return None
        return turns(self.config.side, self.config.block.head_width, self.config.rope_base)


class VisionConvolution(nn.Module):
    """Convolutions with GELUs between; the class is read from the mean over all places (Lin 2014, Network in
    Network). No norm, so that what an output can see is what its kernels reach.
    """

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.config = config
        inputs = 1, *config.channels[:-1]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(seen, made, config.kernel, stride, padding=config.kernel // 2)
            for seen, made, stride in zip(inputs, config.channels, config.strides, strict=True)
        )
        self.readout = nn.Linear(config.channels[-1], config.classes)

    def forward(self, images: Tensor) -> PictureRecord:
        """images (..., height, width) from 0 to 1 -> PictureRecord; beyond the edges there are zeros."""
        *batch, height, width = images.shape
        maps, seen = [], images.reshape(-1, 1, height, width)
        for convolution in self.convolutions:
            seen = F.gelu(convolution(seen))
            maps.append(seen.unflatten(0, batch) if batch else seen[0])  # (..., channels, height, width)
        final = maps[-1].mean((-1, -2))
        return PictureRecord(self.readout(final), final, maps=tuple(maps))


def build(config: VisionConfig) -> VisionTransformer | VisionConvolution:
    """The network that a config describes, without parameters yet."""
    return VisionTransformer(config) if config.attends else VisionConvolution(config)


def initialise(
    network: VisionTransformer | VisionConvolution, seed: int
) -> VisionTransformer | VisionConvolution:
    """Fill the parameters from `seed`: a transformer's as those of our language models, a convolution's from
    N(0, 2 / inputs), which keeps the spread from layer to layer (He 2015, arXiv:1502.01852).
    """
    transformer.initialise(network, seed, spread=0.05)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 4:  # (made, seen, kernel, kernel)
                parameter.mul_(math.sqrt(2 / parameter[0].numel()) / 0.05)
    return network
