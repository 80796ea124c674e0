"""Reach: which tokens can change one output at all, by formula and by gradient; and influence: how much each
does in a trained model.

Legend: T tokens. A level is the tokens, or what one layer makes of the level below; levels are listed from
the output down to the tokens.
"""

import math
import re
from functools import cache
from itertools import accumulate, count, takewhile
from operator import mul
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional as F

from model.network import masks
from model.network.config import ModelConfig
from model.network.transformer import Transformer, initialise

EXPONENTIAL = "exponential"  # dilations 1, 2, 4, 8 ... (van den Oord 2016, WaveNet, arXiv:1609.03499)
MOST = 16  # layers
LARGEST = {"kernel": 16, "stride": 8, "dilation": 64}
LISTED = re.compile(
    r"(?P<kind>k|conv|pool|p)?\s*(?P<kernel>\d{1,3})\s*(?:/\s*(?P<slash>\d{1,3}))?"
    r"(?P<options>(?:\s*(?:stride|s|dilation|d)\s*=?\s*\d{1,3})*)"
)
WIDTH = 8  # numbers per token in the networks with random weights
WORDS = (
    " the",
    " it",
    " and",
    " a",
    " that",
    " so",
)  # what occlusion puts in a token's place: words that say little
PUT = 3  # how many of them
PASS = 2048  # tokens in one forward pass of occlusion

# ---- by formula: one-dimensional convolutions ----


class Layer(NamedTuple):
    """One convolution: `kernel` places, `dilation` apart, read at every `stride`-th position; or pooling, the
    mean of `kernel` places, which reaches as far.
    """

    kernel: int
    dilation: int = 1
    stride: int = 1
    pool: bool = False

    def taps(self, causal):
        """What position i reads, as distances from i * stride, (kernel,): only back if causal, else around
        it, an even kernel one more to the right.
        """
        back = self.kernel - 1 if causal else (self.kernel - 1) // 2
        return np.arange(-back, self.kernel - back) * self.dilation


def layer(place, kernel, dilation=1, stride=1):
    """The layer at `place`, counted from 0 at the tokens, of a stack of equal ones; only the dilation may be
    EXPONENTIAL.
    """
    return Layer(kernel, 2**place if dilation == EXPONENTIAL else dilation, stride)


def stack(layers, kernel, dilation=1, stride=1):
    """`layers` convolutions, the first reads the tokens."""
    return [layer(place, kernel, dilation, stride) for place in range(layers)]


class NoLayer(ValueError):
    """What part of a list is no layer, and why: “part” reason."""

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(f"“{part}” {reason}")
        self.part, self.reason = part, reason


def parsed(text: str) -> list[Layer]:
    """The stack that a text lists, such as "k3, k3 s2, pool 2/2, k3 d2": kernel, stride and dilation.

    "k3 stride 2" and "conv 3" are read as well; pooling without a stride has its kernel's. NoLayer if a part
    is none or a number is out of range, another ValueError if there are more than MOST.
    """
    parts = [part.strip() for part in re.split(r"[,;\n]", text) if part.strip()]
    if len(parts) > MOST:
        raise ValueError(f"These are {len(parts)} layers, and at most {MOST} can be drawn. Take some away.")
    return list(map(parsed_layer, parts))


def parsed_layer(part: str) -> Layer:
    """One of the layers of a list; see `parsed`."""
    match = LISTED.fullmatch(part.lower())
    if not match:
        raise NoLayer(
            part[:40],
            "is no layer. Write k3 for a kernel of 3, k3 s2 with a stride, k3 d2 with a dilation, pool 2/2 "
            "for pooling with a stride.",
        )
    kernel, pool = int(match["kernel"]), match["kind"] in ("pool", "p")
    options = {name[0]: int(number) for name, number in re.findall(r"([a-z]+)\D*(\d+)", match["options"])}
    stride = options.get("s", int(match["slash"] or (kernel if pool else 1)))
    sizes = {"kernel": kernel, "stride": stride, "dilation": options.get("d", 1)}
    for name, size in sizes.items():
        if not 1 <= size <= LARGEST[name]:
            raise NoLayer(part[:40], f"has a {name} of {size}; it may be 1 to {LARGEST[name]}.")
    if pool and sizes["dilation"] > 1:
        raise NoLayer(part[:40], "is pooling, which has no dilation.")
    return Layer(kernel, sizes["dilation"], stride, pool)


class Field(NamedTuple):
    """What one output of a layer sees of the tokens (Araujo 2019, Distill): `size` of them. Outputs stand
    `jump` tokens apart, and the first one sees from `start` on, counted from the text's first token, 0.
    """

    size: int
    jump: int
    start: int


def fields(stack: list[Layer], causal: bool) -> list[Field]:
    """The Field of each layer of the stack: r = r + (k - 1) d j, then j = j s, by the layers from the tokens
    on.
    """
    found, size, jump, start = [], 1, 1, 0
    for layer in stack:
        size += (layer.kernel - 1) * layer.dilation * jump
        start += int(layer.taps(causal)[0]) * jump
        jump *= layer.stride
        found.append(Field(size, jump, start))
    return found


def steps(stack):
    """How many tokens apart the positions of each level stand, the tokens first: 1, then the products of the
    strides so far.
    """
    return list(accumulate((layer.stride for layer in stack), mul, initial=1))


def size(stack):
    """Tokens from the first to the last that one output reads: 1 + the sum of (k - 1) * dilation * earlier
    strides (Araujo 2019, Distill).
    """
    return 1 + sum(
        (layer.kernel - 1) * layer.dilation * step for layer, step in zip(stack, steps(stack), strict=False)
    )


def ends(stack, output, causal):
    """The first and the last token that position `output` reads if the text goes on for ever: `size` tokens,
    some of them before 0 or after its end.
    """
    first = last = output * steps(stack)[-1]
    for layer, step in zip(stack, steps(stack), strict=False):
        taps = layer.taps(causal) * step
        first, last = first + taps[0], last + taps[-1]
    return int(first), int(last)


class Cone(NamedTuple):
    """All that one output depends on, level by level.

    levels: bool arrays, True where a position can change the output. steps: tokens between the positions of
    each level. reads: for every level but the tokens, (first, last, gap): its True positions read from
    `first` to `last`, both (N,), each `gap`-th.
    """

    levels: list[np.ndarray]
    steps: list[int]
    reads: list[tuple[np.ndarray, np.ndarray, int]]


def cone(stack, tokens, output, causal):
    """The Cone of position `output` of a stack's last layer, over a text of T tokens.

    Beyond the ends of the text there is nothing to read.
    """
    apart = steps(stack)
    levels, reads = [np.arange(math.ceil(tokens / apart[-1])) == output], []
    for layer, step in zip(reversed(stack), reversed(apart[:-1]), strict=True):
        below = np.zeros(math.ceil(tokens / step), bool)
        places = np.flatnonzero(levels[-1])[:, None] * layer.stride + layer.taps(causal)  # (N, k)
        inside = (places >= 0) & (places < len(below))
        below[places[inside]] = True
        first, last = np.where(inside, places, tokens).min(1), np.where(inside, places, -1).max(1)  # (N,)
        reads.append((first, last, layer.dilation))
        levels.append(below)
    return Cone(levels, apart[::-1], reads)


# ---- by formula: attention ----


def attention_cone(allowed, layers, output):
    """The Cone of token `output` after `layers` layers with the mask `allowed` (T, T), whose rows are without
    gaps, as those of model.masks.
    """
    allowed = masks.checked(allowed).numpy()
    levels, reads = [np.arange(len(allowed)) == output], []
    for _ in range(layers):
        rows = allowed[levels[-1]]  # (N, T)
        reads.append((rows.argmax(1), len(allowed) - 1 - rows[:, ::-1].argmax(1), 1))
        levels.append(rows.any(0))
    return Cone(levels, [1] * (layers + 1), reads)


# ---- by measurement: networks with random weights, float64 ----


def measured(stack, tokens, output, causal, seed=1):
    """|gradient| of position `output` with respect to every position of every level, (positions,) each.

    Through convolutions and GELUs with random weights.
    """
    random = torch.Generator().manual_seed(seed)
    levels = [torch.randn(WIDTH, tokens, generator=random, dtype=torch.float64).requires_grad_()]  # (C, T)
    for layer in stack:
        taps = layer.taps(causal)
        padded = F.pad(levels[-1], (-int(taps[0]), int(taps[-1])))  # zeros beyond both ends
        if layer.pool:
            levels.append(F.avg_pool1d(padded, layer.kernel, layer.stride))
            continue
        weight = torch.randn(WIDTH, WIDTH, layer.kernel, generator=random, dtype=torch.float64) / math.sqrt(
            WIDTH * layer.kernel
        )
        levels.append(F.gelu(F.conv1d(padded, weight, dilation=layer.dilation, stride=layer.stride)))
    chosen = levels[-1][:, output] @ torch.randn(WIDTH, generator=random, dtype=torch.float64)
    return [gradient.norm(dim=0).numpy() for gradient in torch.autograd.grad(chosen, levels[::-1])]


@cache
def random_transformer(layers, seed):
    """A small Transformer with random parameters, in float64."""
    config = ModelConfig(
        vocabulary=64, width=WIDTH, layers=layers, heads=2, key_heads=2, hidden=2 * WIDTH, predicts=False
    )
    return initialise(Transformer(config), seed, spread=0.4).double()


def measured_attention(allowed, layers, output, seed=1):
    """|gradient| of token `output` with respect to every token at every level, through a Transformer with
    random weights and the mask `allowed` (T, T).
    """
    network = random_transformer(layers, seed)
    record = network(torch.arange(len(allowed)) % network.config.vocabulary, allowed)
    levels = [
        record.layers[-1].resid_out,
        *(layer.resid_in for layer in reversed(record.layers)),
    ]  # each (T, C)
    way = torch.randn(
        WIDTH, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )  # the plain sum is what the last norm keeps constant
    return [
        gradient.norm(dim=1).numpy() for gradient in torch.autograd.grad(record.final[output] @ way, levels)
    ]


def disagreement(cone, gradients):
    """Cells (level, position) where a cone and the gradients of `measured` differ: True with none, or False
    with some. Empty if formula and network agree.
    """
    return [
        (i, int(j))
        for i, (seen, norm) in enumerate(zip(cone.levels, gradients, strict=True))
        for j in np.flatnonzero(seen != (norm > 0))
    ]


# ---- how many layers it takes ----


def needed(tokens, kernel, dilation, stride, causal):
    """The fewest convolutions through which an output depends on the token at each distance, -(T - 1) to T -
    1: (2T - 1,), NaN where no number of them does.

    Distances are counted from the token at which the output stands; 0 layers connect a token with itself.
    """
    equal = (layer(place, kernel, dilation, stride) for place in count())
    return found_by(tokens, takewhile(np.any, fresh(tokens, equal, causal)))


def needed_of(stack, tokens, causal):
    """The first layer of a given stack from which on an output depends on the token at each distance: as
    `needed`.
    """
    return found_by(tokens, fresh(tokens, stack, causal))


def found_by(tokens, reached):
    """The number of the first of the arrays `reached` (2T - 1,) that is True at each distance, from 1; 0 for
    the token itself, NaN where none is.
    """
    found = np.where(np.arange(1 - tokens, tokens) == 0, 0.0, np.nan)
    for place, now in enumerate(reached, 1):
        middle = len(now) // 2
        here = now[middle - tokens + 1 : middle + tokens]
        found[here & np.isnan(found)] = place
    return found


def fresh(tokens, layers, causal):
    """Yield for each layer more which distances, -3T to 3T, an output reaches with it and not without."""
    middle = 3 * tokens  # a path may leave the text and come back; none that helps goes further than this
    seen, step = np.arange(-middle, middle + 1) == 0, 1
    for one in layers:
        taps = one.taps(causal) * step
        within = [shifted(seen, int(tap)) for tap in taps if abs(tap) < len(seen)]
        now = np.any(within, axis=0) if within else np.zeros_like(seen)
        yield now & ~seen
        seen, step = seen | now, step * one.stride


def shifted(seen, by):
    """`seen` (N,) moved `by` places to the right, or to the left if below 0; what leaves is lost."""
    empty = np.zeros(min(abs(by), len(seen)), bool)
    return np.concatenate([empty, seen[: len(seen) - by]] if by > 0 else [seen[-by:], empty])


def needed_by_attention(allowed, output):
    """The fewest layers of attention with the mask `allowed` (T, T) that connect token `output` with each:
    (T,), NaN where no number of them does.
    """
    allowed = masks.checked(allowed).numpy()
    fresh = np.arange(len(allowed)) == output
    found = np.full(len(allowed), np.nan)
    for layers in count():
        found[fresh] = layers
        fresh = allowed[fresh].any(0) & np.isnan(found)
        if not fresh.any():
            return found


# ---- influence: trained models ----


@torch.inference_mode()
def unchanged(bundle, ids, places):
    """The final vectors, once for each text of a pass of `occlusion`: (places, PUT, T, C).

    All texts are the same and give the same but for rounding, which depends on the place in the pass;
    compared place by place, what cannot have an effect has none, exactly.
    """
    return bundle.network(torch.tensor(ids).repeat(places, PUT, 1), predict=False).final


@torch.inference_mode()
def occlusion(bundle, ids, places, before):
    """|f - f'| / |f| for every token, f its final vector, f' the same with the token at one place replaced;
    the mean over PUT words: (places, T).

    before: what `unchanged` gives for as many places.
    """
    texts = torch.tensor(ids).repeat(len(places), PUT, 1)  # (N, PUT, T)
    for row, place in zip(texts, places, strict=True):
        row[:, place] = torch.tensor(put(bundle.tokenizer, ids[place]))
    after = bundle.network(texts, predict=False).final  # (N, PUT, T, C)
    return ((after - before).norm(dim=-1) / before.norm(dim=-1)).mean(1).numpy()


def put(tokenizer, old):
    """Ids of PUT words that are one token each and not the `old` one. ValueError if the tokenizer has too
    few.
    """
    known = [ids[0] for ids in map(tokenizer.encode, WORDS) if len(ids) == 1 and ids[0] != old]
    if len(known) < PUT:
        raise ValueError(
            f"the tokenizer has {len(known)} of the words {WORDS} as one token; occlusion needs {PUT}"
        )
    return known[:PUT]
