"""Surprise: how many bits a token costs a model that predicts, by the probability that it gave it (Shannon 1948)."""

import math

import torch
from torch.nn import functional as F


@torch.inference_mode()
def bits(bundle, ids):
    """Surprise of each of T tokens after those before it, the first after the model's `end` token: (T,) bits, -log2 of its probability among all V.

    bundle: a model that ends in logits. `ids` may come from the first merges of its tokenizer only.
    """
    row = torch.tensor([bundle.tokenizer.end, *ids])
    logits = bundle.network(row[:-1]).logits  # (T, V)
    return (F.cross_entropy(logits, row[1:], reduction="none") / math.log(2)).numpy()
