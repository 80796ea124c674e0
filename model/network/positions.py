"""Positional encodings as free functions. They enter a transformer in three places.

added to the embedding   learned (a table), sinusoidal
turning q and k          RoPE
added to the scores      ALiBi, T5
"""

import math

import torch

# ---- added to the embedding: (T, C) ----


def learned(table, tokens):
    """The first `tokens` rows of a trained table (context, C) -> (T, C) (Gehring 2017; GPT-2). Past its last
    row there is no such position: ValueError.
    """
    if tokens > len(table):
        raise ValueError(
            f"there is no position {len(table) + 1}: the learned table ends at {len(table)}, the text has "
            f"{tokens} tokens"
        )
    return table[:tokens]


def sinusoidal(tokens, width, base=10_000.0, first=0):
    """Sine and cosine waves of falling frequency for the positions from `first` on -> (T, C) (Vaswani 2017,
    section 3.5).

    PE[t, 2i] = sin(t w_i) and PE[t, 2i + 1] = cos(t w_i), with w_i = base^(-2i / C). ValueError if C is odd.
    """
    angle = angles(torch.arange(first, first + tokens), width, base)  # (T, C/2)
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(-2)


# ---- turning q and k: (..., T, D) -> (..., T, D) ----


def frequencies(width, base=10_000.0):
    """How far each pair of dimensions turns from one position to the next, in radians: (width/2,) float64,
    base^(-2i / width). ValueError for an odd width.
    """
    check_even(width)
    return base ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)


def check_even(width):
    """ValueError if `width` dimensions do not make pairs."""
    if width < 2 or width % 2:
        raise ValueError(f"the width is {width}; dimensions turn in pairs, so it must be even and at least 2")


def angles(positions, width, base=10_000.0):
    """How far each pair of dimensions has turned at each position, in radians: positions (T,) -> (T,
    width/2), angle[t, i] = t base^(-2i / width).
    """
    return (positions[:, None].double() * frequencies(width, base)).to(torch.get_default_dtype())


def rotate(x, angle, pairing="adjacent"):
    """Turn each pair of dimensions of x (..., T, D) by its angle (T, D/2), counter-clockwise: RoPE (Su 2021,
    arXiv:2104.09864, eq. 34).

    "adjacent" pairs dimensions (0, 1), (2, 3), ... as the paper does; "halves" pairs (0, D/2), (1, D/2 + 1),
    ... as Llama's Hugging Face port does. ValueError if D is odd.
    """
    check_even(x.shape[-1])
    if pairing == "adjacent":
        a, b = x[..., 0::2], x[..., 1::2]
    elif pairing == "halves":
        a, b = x.chunk(2, dim=-1)
    else:
        raise ValueError(f"pairing is {pairing!r}; known: adjacent, halves")
    cos, sin = angle.cos().to(x), angle.sin().to(x)
    turned = (a * cos - b * sin, a * sin + b * cos)
    return torch.stack(turned, dim=-1).flatten(-2) if pairing == "adjacent" else torch.cat(turned, dim=-1)


# ---- RoPE on texts `factor` times as long as those of the training, without more training ----


def interpolated(width, base, factor):
    """Frequencies of linear interpolation (Chen 2023, arXiv:2306.15595, eq. 4): every position divided by
    `factor`, so that none is new -> (width/2,).
    """
    return frequencies(width, base) / factor


def ntk_aware(width, base, factor):
    """Frequencies by a larger base (bloc97 2023): the fastest pair turns as before, the slowest `factor`
    times slower -> (width/2,).
    """
    return frequencies(width, base * factor ** (width / (width - 2)))


def yarn(width, base, factor, context, seldom=1.0, often=32.0):
    """Frequencies of YaRN (Peng 2023, arXiv:2309.00071, section 3.2) -> (width/2,).

    A pair that turns less than `seldom` times within the training context is interpolated, one that turns
    more than `often` times is left alone, those between are mixed; 1 and 32 are the paper's numbers. The
    mixture goes by the turns, as the paper's formula does; its code goes by the pair's place.
    """
    own = frequencies(width, base)
    turns = context * own / (2 * math.pi)
    kept = ((turns - seldom) / (often - seldom)).clamp(0, 1)
    return own * (kept + (1 - kept) / factor)


def yarn_temperature(factor):
    """The temperature that YaRN divides all scores by: t with √(1/t) = 0.1 ln(factor) + 1 (Peng 2023, section
    3.4).
    """
    return (0.1 * math.log(factor) + 1) ** -2


# ---- added to the scores: (H, T, S) ----


def distances(queries, keys, first=0):
    """j - i for query i and key j, (T, S): negative to the left. The queries stand at the positions from
    `first` on.
    """
    return torch.arange(keys) - torch.arange(first, first + queries)[:, None]


def alibi_slopes(heads):
    """One slope per head, (H,): 2^(-8/H), 2^(-16/H), ... (Press 2022, arXiv:2108.12409).

    If H is no power of two: the slopes of the power below, then every other one of twice that power, as in
    the authors' code.
    """
    power = 2 ** math.floor(math.log2(heads))
    slopes = [2 ** (-8 * (i + 1) / power) for i in range(power)]
    between = [2 ** (-4 * (i + 1) / power) for i in range(0, 2 * power, 2)]
    return torch.tensor((slopes + between)[:heads])


def alibi(queries, keys, heads, first=0):
    """Minus slope times distance, (H, T, S): the further, the less (Press 2022, figure 3); |j - i|, so that
    it also serves an encoder.
    """
    return -alibi_slopes(heads)[:, None, None] * distances(queries, keys, first).abs()


def t5_buckets(queries, keys, buckets=32, furthest=128, both_ways=False, first=0):
    """Which of the buckets each distance falls into, (T, S) (Raffel 2020, arXiv:1910.10683, section 2.1, as
    in its code).

    Near distances have a bucket each, further ones share, on a log scale up to `furthest`; `both_ways` keeps
    left and right apart.
    """
    distance = distances(queries, keys, first)
    bucket = torch.zeros_like(distance)
    if both_ways:
        buckets //= 2
        bucket = torch.where(distance > 0, buckets, 0)
        distance = distance.abs()
    else:
        distance = (-distance).clamp(min=0)
    exact = buckets // 2
    far = (
        exact
        + (distance.clamp(min=1).double() / exact)
        .log()
        .div(math.log(furthest / exact))
        .mul(buckets - exact)
        .long()
    )
    return bucket + torch.where(distance < exact, distance, far.clamp(max=buckets - 1))


def t5_bias(table, queries, keys, furthest=128, both_ways=False, first=0):
    """One trained number per bucket and head, table (buckets, H) -> (H, T, S), added to the scores (Raffel
    2020).
    """
    return table[t5_buckets(queries, keys, len(table), furthest, both_ways, first)].permute(2, 0, 1)
