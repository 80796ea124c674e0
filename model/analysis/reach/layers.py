"""The layers of a stack of one-dimensional convolutions, and how a reader writes them down."""

import re
from typing import NamedTuple

import numpy as np

EXPONENTIAL = "exponential"  # dilations 1, 2, 4, 8 ... (van den Oord 2016, WaveNet, arXiv:1609.03499)
MOST = 16  # layers
LARGEST = {"kernel": 16, "stride": 8, "dilation": 64}
LISTED = re.compile(
    r"(?P<kind>k|conv|pool|p)?\s*(?P<kernel>\d{1,3})\s*(?:/\s*(?P<slash>\d{1,3}))?"
    r"(?P<options>(?:\s*(?:stride|s|dilation|d)\s*=?\s*\d{1,3})*)"
)


class Layer(NamedTuple):
    """One convolution: `kernel` places, `dilation` apart, read at every `stride`-th position; or pooling, the
    mean of `kernel` places, which reaches as far.
    """

    kernel: int
    dilation: int = 1
    stride: int = 1
    pool: bool = False

    def taps(self, causal: bool) -> np.ndarray:
        """What position i reads, as distances from i * stride: (kernel,).

        Only positions before it if causal, else on both sides, an even kernel one more to the right.
        """
        back = self.kernel - 1 if causal else (self.kernel - 1) // 2
        return np.arange(-back, self.kernel - back) * self.dilation


def layer(place: int, kernel: int, dilation: int | str = 1, stride: int = 1) -> Layer:
    """The layer at `place` of a stack of equal ones, counted from 0 at the tokens;
    only EXPONENTIAL dilation grows with the place.
    """
    return Layer(kernel, 2**place if dilation == EXPONENTIAL else dilation, stride)


def stack(layers: int, kernel: int, dilation: int | str = 1, stride: int = 1) -> list[Layer]:
    """`layers` convolutions, the first reads the tokens."""
    return [layer(place, kernel, dilation, stride) for place in range(layers)]


# ---- as a reader writes them ----


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
            "is no layer. Write k3 for a kernel of 3, k3 s2 with a stride, k3 d2 with a dilation, "
            "pool 2/2 for pooling with a stride.",
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
