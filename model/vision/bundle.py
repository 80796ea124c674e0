"""A network that looks at pictures, with its card: what `load` returns and pages talk to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from model.network import masks
from model.probabilities import softmax
from model.trace import frozen, layer_trace, read_only
from model.vision.config import VisionConfig
from model.vision.network import VisionConvolution, VisionTransformer, build, initialise
from model.vision.trace import PictureTrace

SMALL = {"width": 16, "heads": 2, "hidden": 32, "channels": (8,) * 6}  # sizes of what is not trained
PASS = 25  # pictures in one forward pass: of more, a processor's cache holds too little


@dataclass(frozen=True)
class Bundle:
    """A trained model; one object is shared by all callers, who never change it."""

    name: str
    card: dict  # corpus and licence, seed, steps, augmentation, parameters, measured quality, date
    network: VisionTransformer | VisionConvolution

    @property
    def config(self) -> VisionConfig:
        """The network's VisionConfig."""
        return self.network.config

    @property
    def dtype(self) -> torch.dtype:
        """Of the parameters."""
        return self.network.readout.weight.dtype

    @torch.inference_mode()
    def explain(
        self,
        image: np.ndarray,
        allowed: np.ndarray | Tensor | Sequence | None = None,
        order: Sequence[int] | None = None,
    ) -> PictureTrace:
        """Run a picture (28, 28), 0 black to 1 white, through the network and return the PictureTrace.

        allowed (T, T), (H, T, T) or (L, H, T, T), True or 1 = may look; order lists for each place the patch
        that is put there, a permutation of the N patches. Both are for transformers. ValueError, with a
        sentence for the user, if one of them does not fit.
        """
        pixels = torch.tensor(self.checked(image, 2))
        arguments = self.asked(allowed, order)
        if self.config.attends:
            arguments.setdefault("allowed", masks.full(self.config.tokens))  # the trace says who may look
        record = self.network(pixels, **arguments)
        return PictureTrace(
            image=read_only(pixels),
            grid=(self.config.side, self.config.side),
            logits=read_only(record.logits),
            config=self.config,
            layers=tuple(map(layer_trace, record.layers)),
            maps=tuple(map(read_only, record.maps)),
            final=read_only(record.final),
            order=read_only(arguments.get("order")),
        )

    @torch.inference_mode()
    def predict(
        self, images: np.ndarray, allowed: np.ndarray | Tensor | Sequence | None = None
    ) -> np.ndarray:
        """Probabilities (B, classes) of pictures (B, 28, 28), 0 black to 1 white."""
        pixels, arguments = torch.tensor(self.checked(images, 3)), self.asked(allowed, None)
        logits = [self.network(part, **arguments).logits for part in pixels.split(PASS)]
        return frozen(softmax(torch.cat(logits).numpy()))

    def checked(self, images: np.ndarray, axes: int) -> np.ndarray:
        """Pictures with so many axes as float32; ValueError if they are none, or not from 0 to 1."""
        images, size = np.asarray(images, dtype=np.float32), self.config.size
        if images.ndim != axes or images.shape[-2:] != (size, size) or not len(images):
            raise ValueError(f"A picture is {size} x {size} pixels; here the axes are {images.shape}.")
        if not ((images >= 0) & (images <= 1)).all():
            raise ValueError("A pixel is a number from 0, black, to 1, white; here one is not.")
        return images

    def asked(
        self, allowed: np.ndarray | Tensor | Sequence | None, order: Sequence[int] | None
    ) -> dict[str, Tensor]:
        """Mask and order as arguments of the network, those that are not None."""
        arguments, N = {}, self.config.side**2
        if (allowed is not None or order is not None) and not self.config.attends:
            raise ValueError(f"{self.name} has no tokens: it takes neither a mask nor an order of patches.")
        if allowed is not None:
            sizes = self.config.tokens, self.config.heads, self.config.layers
            arguments["allowed"] = masks.fitting(masks.checked(allowed).clone(), *sizes)
        if order is not None:
            if sorted(map(int, order)) != list(range(N)):
                raise ValueError(f"An order lists each of the {N} patches once, by the numbers 0 to {N - 1}.")
            arguments["order"] = torch.tensor(np.array(order, dtype=np.int64))
        return arguments


def untrained(kind: str, size: int, patch: int, seed: int = 1, **sizes: Any) -> Bundle:
    """A small model with random parameters, for square grey pictures of any size: what its places can see is
    true of it, what it says is not. `sizes` are other fields of the VisionConfig.
    """
    config = VisionConfig(kind=kind, size=size, patch=patch, **SMALL | sizes)
    network = initialise(build(config), seed).eval().requires_grad_(False)
    return Bundle(f"random {kind}", {}, network)
