"""What defines a model: one frozen dataclass of scalars."""

from dataclasses import dataclass
from typing import ClassVar

from model.network.encodings import ENCODINGS, Encoding

KINDS = ("encoder", "decoder", "convolution")


@dataclass(frozen=True)
class ModelConfig:
    """Sizes and choices of one model; checked when made."""

    kind: str = "decoder"  # "encoder" looks both ways, "decoder" only back, "convolution" has no attention
    vocabulary: int = 4096  # V: bytes + merges + the end token
    cased: bool = True  # False: the tokenizer reads capitals as small letters
    width: int = 192  # C: numbers per token in the residual stream
    # numbers per token in the embedding table, widened to C by one matrix (Lan 2020, ALBERT, section 3.1);
    # None: C itself
    factor: int | None = None
    layers: int = 4  # L
    heads: int = 6  # H: query heads per layer
    head_width: int | None = None  # D: numbers per token in one head; None: C / H, as in Vaswani 2017
    key_heads: int = 6  # G: key and value heads per layer; equal to `heads` unless grouped (Ainslie 2023)
    hidden: int = 768  # numbers per token inside the MLP
    positions: str = "rope"  # one of ENCODINGS
    rope_base: float = 10_000.0  # the slowest pair turns once in 2 pi rope_base^(1 - 2/D) tokens
    # which two dimensions turn together: "adjacent" (0,1)(2,3).. or "halves" (0,D/2)(1,D/2+1)..
    rope_pairing: str = "adjacent"
    t5_buckets: int = 32  # how many distances T5's bias tells apart
    t5_distance: int = 128  # end of the buckets' log scale; distances from 113 on share the last bucket
    kernel: int = 3  # convolution only: tokens seen by one layer
    causal: bool = True  # False: trained without the causal mask (an encoder, or the decoder that cheats)
    predicts: bool = True  # True: ends in logits for the next token; False: ends in vectors
    context: int = 128  # tokens seen at once in training
    max_tokens: int = 1024  # tokens `explain` accepts
    # What may be otherwise in models of others only, and so stands on no card:
    residual: ClassVar[str] = "before"  # where the norms stand to the sums; hub.config lists the places
    opaque: ClassVar[bool] = False  # whether queries, keys and values of some layers are not known
    missing: ClassVar[tuple[str, ...]] = ()  # what cannot be shown of the model, a sentence each
    # up to which share of its length a vector that cannot change may differ between two passes of one shape
    rounding: ClassVar[float] = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}; known: {', '.join(KINDS)}")
        if self.positions not in ENCODINGS:
            raise ValueError(f"positions is {self.positions!r}; known: {', '.join(ENCODINGS)}")
        if self.key_heads < 1 or self.heads % self.key_heads:
            raise ValueError(
                f"{self.heads} heads cannot share {self.key_heads} key heads: each must serve equally many"
            )
        if self.head_width is None:
            if self.width % self.heads:
                raise ValueError(
                    f"a width of {self.width} cannot be shared out among {self.heads} heads; say head_width"
                )
            object.__setattr__(self, "head_width", self.width // self.heads)  # the class is frozen
        if self.head_width < 1:
            raise ValueError(f"head_width is {self.head_width}; it must be at least 1")

    @property
    def encoding(self) -> Encoding:
        """The record of the positional encoding."""
        return ENCODINGS[self.positions]
