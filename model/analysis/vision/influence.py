"""How much each part of a picture does to a model, to a class or to a patch inside: by gradient and by
occlusion, for both kinds of model.

A target is a class, by its number, or a Place. Both are measured on the numbers that `outputs` names, K of
them: one logit, or all that a layer says of a patch.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.analysis.vision.field import cell, checked
from model.trace import frozen
from model.vision.bundle import Bundle
from model.vision.config import VisionConfig
from model.vision.grid import patches
from model.vision.network import PictureRecord

PASS = 200_000  # pixels in one forward pass


class Place(NamedTuple):
    """What a layer, counted from 0, says of the patch in this row and column: the token's stream after it in
    a transformer, all channels of the map in the middle of the patch in a convolution.
    """

    layer: int
    row: int
    column: int


def outputs(config: VisionConfig, record: PictureRecord, target: int | Place) -> Tensor:
    """The numbers of a target, (..., K)."""
    if not isinstance(target, Place):
        return record.logits[..., target, None]
    layer, place = checked(config, target.layer), target[1:]
    if config.attends:
        return record.layers[layer].resid_out[..., 1 + place[0] * config.side + place[1], :]
    row, column = cell(config, layer, place)
    return record.maps[layer][..., row, column]


def gradient_reach(
    bundle: Bundle, image: np.ndarray, target: int | Place, allowed: np.ndarray | Tensor | None = None
) -> np.ndarray:
    """How much a small change of each pixel changes the target, (size, size), none below 0: the length of the
    gradients of its K numbers, 0 exactly where a pixel cannot reach it.
    """
    network, arguments = bundle.network, bundle.asked(allowed, None)
    pixels = torch.tensor(bundle.checked(image, 2)).to(bundle.dtype).requires_grad_()
    numbers = outputs(network.config, network(pixels, **arguments), target)
    each = torch.eye(len(numbers), dtype=numbers.dtype)  # one at a time, all in one pass backwards
    (gradients,) = torch.autograd.grad(numbers, pixels, each, is_grads_batched=True)  # (K, size, size)
    return frozen(gradients.norm(dim=0).numpy())


@torch.inference_mode()
def occlusion(
    bundle: Bundle, image: np.ndarray, target: int | Place, allowed: np.ndarray | Tensor | None = None
) -> np.ndarray:
    """How much the target changes when a patch is painted black, (rows, columns), none below 0 (Zeiler 2014,
    arXiv:1311.2901): the length of the difference of its K numbers, 0 exactly where nothing comes of it.
    """
    whole, hidden = hidden_patches(bundle, image, target, allowed)
    return frozen((whole - hidden).norm(dim=-1).reshape(bundle.config.side, -1).numpy())


@torch.inference_mode()
def support(
    bundle: Bundle, image: np.ndarray, digit: int, allowed: np.ndarray | Tensor | None = None
) -> np.ndarray:
    """How far the logit of a class falls when a patch is painted black, (rows, columns): above 0 where the
    patch speaks for the class, below 0 where it speaks against it.
    """
    whole, hidden = hidden_patches(bundle, image, digit, allowed)
    return frozen((whole - hidden).reshape(bundle.config.side, -1).numpy())


def hidden_patches(
    bundle: Bundle, image: np.ndarray, target: int | Place, allowed: np.ndarray | Tensor | None
) -> tuple[Tensor, Tensor]:
    """The target's numbers of N copies of a picture, (N, K), and of the same with one patch black in each:
    compared at the same place of a pass, what cannot have an effect has none, exactly.
    """
    config, arguments = bundle.config, bundle.asked(allowed, None)
    pixels = torch.tensor(bundle.checked(image, 2))
    seen = torch.eye(config.side**2, dtype=torch.bool)  # (N, N)
    hide = seen.reshape(-1, config.side, config.side).repeat_interleave(config.patch, 1)
    hide = hide.repeat_interleave(config.patch, 2)  # (N, size, size)
    whole, pairs = {}, []
    for part in hide.split(max(1, PASS // pixels.numel())):
        copies = pixels.expand(len(part), *pixels.shape)
        if len(part) not in whole:
            whole[len(part)] = outputs(config, bundle.network(copies, **arguments), target)
        changed = bundle.network(copies.masked_fill(part, 0.0), **arguments)
        pairs.append((whole[len(part)], outputs(config, changed, target)))
    return tuple(map(torch.cat, zip(*pairs, strict=True)))


def by_patch(influence: np.ndarray, size: int) -> np.ndarray:
    """The length of what the pixels of each patch do, (rows, columns), of influence (height, width): pixels
    and patches can then be compared.
    """
    return np.linalg.norm(patches(influence, size), axis=-1).reshape(influence.shape[0] // size, -1)
