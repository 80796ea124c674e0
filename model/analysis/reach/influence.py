"""Influence: how much each token does to each output of a trained model, by occlusion."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from model.bundle import Bundle
from model.tokenizer import Tokenizer

WORDS = " the", " it", " and", " a", " that", " so"  # they say little: what is put in a token's place
PUT = 3  # how many of them
PASS = 2048  # tokens in one forward pass


@torch.inference_mode()
def unchanged(bundle: Bundle, ids: Sequence[int], places: int) -> Tensor:
    """The final vectors, once for each text of a pass of `occlusion`: (places, PUT, T, C).

    All texts are the same and give the same but for rounding, which depends on the place in the pass;
    compared place by place, what cannot have an effect has none, exactly.
    """
    return bundle.network(torch.tensor(ids).repeat(places, PUT, 1), predict=False).final


@torch.inference_mode()
def occlusion(bundle: Bundle, ids: Sequence[int], places: Sequence[int], before: Tensor) -> np.ndarray:
    """|f - f'| / |f| for every token, f its final vector, f' the same with the token at one place replaced;
    the mean over PUT words: (places, T).

    before: what `unchanged` gives for as many places.
    """
    texts = torch.tensor(ids).repeat(len(places), PUT, 1)  # (N, PUT, T)
    for row, place in zip(texts, places, strict=True):
        row[:, place] = torch.tensor(put(bundle.tokenizer, ids[place]))
    after = bundle.network(texts, predict=False).final  # (N, PUT, T, C)
    return ((after - before).norm(dim=-1) / before.norm(dim=-1)).mean(1).numpy()


def put(tokenizer: Tokenizer, old: int) -> list[int]:
    """Ids of PUT words that are one token each and not the `old` one.

    ValueError if the tokenizer has too few.
    """
    known = [ids[0] for ids in map(tokenizer.encode, WORDS) if len(ids) == 1 and ids[0] != old]
    if len(known) < PUT:
        raise ValueError(
            f"the tokenizer has {len(known)} of the words {WORDS} as one token; occlusion needs {PUT}"
        )
    return known[:PUT]
