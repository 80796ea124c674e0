"""Measurements of the weights and of what they are made from."""

import math

import torch
from torch import Tensor

from model.analysis.diagnosis.subject import Finding, Subject
from model.network.attention import compared, shared

SUM = 1e-3  # how far a sum of weights may be from 1,
SHARE = 1e-6  # a weight from 0,
SLOPE = 0.02  # a factor from what it should be, relative to it,
CLOSE = 1e-3  # and vectors from each other, relative to their length
SEEN = 1e-20  # a weight below this is too small to tell a score from


def rows(subject: Subject) -> Finding:
    """Whether each row of weights sums to 1."""
    return sums(subject.weights.sum(-1), "every row sums to 1", "rows do not sum to 1")


def columns(subject: Subject) -> Finding:
    """Whether each column of weights sums to 1, which it need not."""
    return sums(subject.weights.sum(-2), "every column sums to 1", "columns do not sum to 1")


def sums(values: Tensor, ones: str, others: str) -> Finding:
    """A Finding about sums that may all be 1."""
    low, high = float(values.min()), float(values.max())
    return Finding(
        ones if max(1 - low, high - 1) < SUM else others, {"smallest sum": low, "largest sum": high}
    )


def ahead(subject: Subject) -> Finding:
    """How much weight lies on later tokens, and how much on earlier ones."""
    weights = subject.weights
    if weights.shape[-1] == 1:
        return Finding("there is one token only", {})
    whole = float(weights.sum())
    later, earlier = (float(part.sum()) / whole for part in (weights.triu(1), weights.tril(-1)))
    verdict = "no weight on later tokens"
    if later > SHARE:
        verdict = "weight on later tokens" if earlier > SHARE else "weight on later tokens, none on earlier"
    return Finding(verdict, {"share of later tokens": later, "of earlier ones": earlier})


def scale(subject: Subject) -> Finding:
    """By what the products q · k are divided before the softmax: from the logarithms of the weights, less the
    bias, by least squares within each row.
    """
    products, logarithms = [], []
    for record, weights in zip(subject.record.layers, subject.weights, strict=True):
        attention = record.attention
        q, k = compared(attention)
        dots = (q @ shared(k, q.shape[-3]).mT).double()
        bias = 0.0 if attention.bias is None else attention.bias.double()
        seen = (weights > SEEN) & attention.allowed
        products.append(centred(dots, seen))
        logarithms.append(centred(weights.double().clamp(min=SEEN).log() - bias, seen))
    x, y = torch.cat([one.flatten() for one in products]), torch.cat([one.flatten() for one in logarithms])
    if float(x.square().sum()) < SHARE:
        return Finding("there are no two scores to compare", {})
    slope = float(x @ y / (x @ x))
    left = float((y - slope * x).square().sum() / y.square().sum().clamp(min=1e-30))
    D, C = subject.config.head_width, subject.config.width
    known = {"divided by √D": math.sqrt(D), "not divided": 1.0, "divided by √C": math.sqrt(C)}
    verdict = next(
        (name for name, divisor in known.items() if abs(slope * divisor - 1) < SLOPE and left < SLOPE),
        "no one divisor explains the weights",
    )
    numbers = {"divisor": 1 / slope if slope else math.inf, "√D": math.sqrt(D), "√C": math.sqrt(C)}
    return Finding(verdict, numbers | {"share unexplained": left})


def centred(values: Tensor, seen: Tensor) -> Tensor:
    """Less the mean of each row over what is `seen`, and 0 elsewhere."""
    inside = values.where(seen, torch.zeros_like(values))
    mean = inside.sum(-1, keepdim=True) / seen.sum(-1, keepdim=True).clamp(min=1)
    return (values - mean).where(seen, torch.zeros_like(values))


def roles(subject: Subject) -> Finding:
    """Which matrix made the queries of the first layer from the normalised stream."""
    block, record = subject.base.blocks[0], subject.record.layers[0]
    made, attention = block.attention_norm(record.resid_in), record.attention
    queries, keys = (
        one.unflatten(-1, (-1, subject.config.head_width)).transpose(-2, -3)
        for one in (block.attention.query(made), block.attention.key(made))
    )
    numbers = {"distance from W_Q x": far(attention.q, queries), "from W_K x": far(attention.q, keys)}
    verdict = "made by neither W_Q nor W_K"
    for name, distance in zip(("made by W_Q", "made by W_K"), numbers.values(), strict=True):
        if distance < CLOSE:
            verdict = name
    return Finding(verdict, numbers)


def far(vectors: Tensor, others: Tensor) -> float:
    """|x - y| / |x| over all numbers of both; infinite where their shapes differ."""
    if vectors.shape != others.shape:
        return math.inf
    return float((vectors - others).norm() / vectors.norm())
