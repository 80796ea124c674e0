"""The shuffle test: what a network makes of the same tokens in another order."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from model.analysis import wordwise
from model.network import masks
from model.network.transformer import Transformer
from model.tokenizer import Tokenizer


def words(tokenizer: Tokenizer, text: str) -> tuple[list[list[int]], list[str]]:
    """The places of the tokens of each word of `text`, and the words, as people count them."""
    ids = tokenizer.encode(text)
    words = wordwise.grouped(text, tokenizer.spans(text, ids))
    return [np.flatnonzero(words.groups == i).tolist() for i in range(len(words.names))], list(words.names)


def shuffled(count: int, seed: int) -> np.ndarray:
    """A random order of `count` things, (count,), not the one that they are in unless there is only one."""
    chance = np.random.default_rng(seed)
    order = chance.permutation(count)
    while count > 1 and (order == np.arange(count)).all():
        order = chance.permutation(count)
    return order


@torch.inference_mode()
def disorder(
    network: Transformer, ids: Sequence[int], order: Sequence[int], allowed: np.ndarray | Tensor
) -> np.ndarray:
    """How far f(Px) is from P f(x), |f(Px) - P f(x)| / |P f(x)|, for each of the T final vectors: (T,) under
    a mask `allowed` (T, T), (N, T) under N masks (N, T, T).

    ids (T ints) are x, order (T ints) is the permutation P: place i of Px holds token order[i]. Both orders
    under all masks run in one pass, so a network without any sense of order gives nothing but rounding
    (Zaheer 2017, Deep Sets: permutation equivariance).
    """
    ids, order = torch.tensor(ids), torch.tensor(order)
    allowed = masks.checked(allowed)
    each = allowed.reshape(-1, 1, *allowed.shape[-2:])  # (N, 1, T, T): one for all heads
    texts = torch.stack((ids, ids[order])).repeat_interleave(len(each), dim=0)  # (2N, T)
    final = network(texts, each.repeat(network.config.layers, 2, 1, 1, 1), predict=False).final
    unmoved, moved = final[: len(each), order], final[len(each) :]  # P f(x) and f(Px), (N, T, C)
    distances = (moved - unmoved).norm(dim=-1) / unmoved.norm(dim=-1)
    return distances.reshape(allowed.shape[:-1]).numpy()
