"""Masks: bool arrays (T, S), True where query i may look at key j; the polarity of torch's
scaled_dot_product_attention.
"""

import numpy as np
import torch
from torch import Tensor

KNOWN = "allowed must hold True (may look) and False, or 1 and 0"


def checked(allowed: np.ndarray | Tensor) -> Tensor:
    """A mask (..., T, S) as a bool tensor: True and False as they are, 1 and 0 as such.

    ValueError for all else. In the other convention, numbers that are added to the scores, 0 means "may look"
    and -inf "may not"; read as True and False they would say the opposite.
    """
    mask = allowed if isinstance(allowed, torch.Tensor) else np.asarray(allowed)
    if isinstance(mask, np.ndarray):
        if mask.dtype.kind not in "biuf":
            raise ValueError(f"{KNOWN}; here its type is {mask.dtype}")
        mask = torch.tensor(mask)
    if mask.dtype == torch.bool:
        return mask
    odd = mask[(mask != 0) & (mask != 1)]
    if len(odd):
        raise ValueError(
            f"{KNOWN}, but there is {odd[0].item():g} in it. "
            "If these numbers are meant to be added to the scores, give `mask == 0`"
        )
    return mask.bool()


def fitting(allowed: Tensor, tokens: int, heads: int, layers: int) -> Tensor:
    """The mask, if it fits so many tokens, heads and layers and leaves every row something to look at; else
    ValueError.
    """
    T, H, L = tokens, heads, layers
    if allowed.shape not in {(T, T), (H, T, T), (L, H, T, T)}:
        raise ValueError(
            f"allowed has shape {tuple(allowed.shape)}; "
            f"for {T} tokens it is ({T}, {T}), ({H}, {T}, {T}) or ({L}, {H}, {T}, {T})"
        )
    empty = (~allowed.any(dim=-1)).nonzero()
    if len(empty):
        raise ValueError(
            f"Row {empty[0][-1] + 1} of the mask allows nothing: a softmax over nothing has no value. "
            "Allow at least one cell."
        )
    return allowed


def full(queries: int, keys: int | None = None) -> Tensor:
    """Every token sees every token (an encoder): all True, (T, S)."""
    return torch.ones(queries, queries if keys is None else keys, dtype=torch.bool)


def causal(tokens: int) -> Tensor:
    """Only itself and what came before (a decoder): True where j <= i, (T, T)."""
    return full(tokens).tril()


def window(tokens: int, size: int) -> Tensor:
    """Only itself and the `size` - 1 tokens before it (Beltagy 2020, Longformer, one-sided): True where
    0 <= i - j < size, (T, T).
    """
    if size < 1:
        raise ValueError(f"a window of {size} tokens sees nothing; the smallest is 1, the token itself")
    return causal(tokens) & full(tokens).triu(1 - size)


def prefix(tokens: int, length: int) -> Tensor:
    """The first `length` tokens see one another, later ones only back:
    True where j <= i or j < length, (T, T).

    "Causal with prefix" (Raffel 2020, T5, section 3.2.1); UniLM's mask for sequence to sequence (Dong 2019).
    ValueError if the length is below 0.
    """
    if length < 0:
        raise ValueError(f"a prefix of {length} tokens does not exist; the shortest is 0, none")
    return causal(tokens) | (torch.arange(tokens) < length)


def joint(allowed: Tensor) -> Tensor:
    """What any head of any layer may see, (T, S), of a mask (..., T, S)."""
    return allowed.reshape(-1, *allowed.shape[-2:]).any(0)
