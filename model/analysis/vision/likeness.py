"""What a model of pictures has learned before it sees one: its filters, and how alike its places are."""

import numpy as np

from model.vision.bundle import Bundle
from model.vision.grid import turns


def filters(bundle: Bundle) -> np.ndarray:
    """What the first layer looks for: a transformer's patch embedding as C pictures of a patch, (C, patch,
    patch), or a convolution's first kernels, (channels, kernel, kernel).
    """
    if bundle.config.attends:
        patch = bundle.config.patch
        return bundle.network.patch_embedding.weight.numpy().reshape(-1, patch, patch)
    return bundle.network.convolutions[0].weight.numpy()[:, 0]


def position_likeness(bundle: Bundle) -> np.ndarray:
    """How alike the places of two patches are, (N, N), from -1 to 1, 1 for a place and itself.

    Of learned positions the cosine of their vectors; of RoPE the mean cosine of the angles between the
    pairs at the two places, which is the score of a query and a key whose pairs all point one way. ValueError
    of a model without either.
    """
    config = bundle.config
    if not config.attends or config.positions == "none":
        raise ValueError(f"{bundle.name} has no positions that could be alike")
    if config.positions == "rope":
        angles = turns(config.side, config.block.head_width, config.rope_base)[1:].numpy()  # (N, D/2)
        return np.cos(angles[:, None] - angles).mean(-1)
    table = bundle.network.position_table.numpy()[1:]  # (N, C) without the class token's
    unit = table / np.linalg.norm(table, axis=-1, keepdims=True)
    return unit @ unit.T
