"""What defines a model: one frozen dataclass of scalars."""

from dataclasses import dataclass

from model.network.encodings import ENCODINGS, Encoding

KINDS = ("encoder", "decoder", "convolution")


@dataclass(frozen=True)
class ModelConfig:
    """Sizes and choices of one model; checked when made."""

    kind: str = "decoder"  # "encoder" looks both ways, "decoder" only back, "convolution" has no attention
    vocabulary: int = 4096  # V: bytes + merges + the end token
    cased: bool = True  # False: the tokenizer reads capitals as small letters
    width: int = 192  # C: numbers per token in the residual stream
    factor: int | None = (
        # numbers per token in the embedding table, widened to C by one matrix (Lan 2020, ALBERT, section
        # 3.1); None: C itself
        None
    )
    layers: int = 4  # L
    heads: int = 6  # H: query heads per layer
    key_heads: int = 6  # G: key and value heads per layer; equal to `heads` unless grouped (Ainslie 2023)
    hidden: int = 768  # numbers per token inside the MLP
    positions: str = "rope"  # one of ENCODINGS
    rope_base: float = 10_000.0  # the slowest pair turns once in about 2 pi rope_base tokens
    # which two dimensions turn together: "adjacent" (0,1)(2,3).. or "halves" (0,D/2)(1,D/2+1)..
    rope_pairing: str = "adjacent"
    t5_buckets: int = 32  # how many distances T5's bias tells apart
    t5_distance: int = 128  # from here on all distances share the last bucket
    kernel: int = 3  # convolution only: tokens seen by one layer
    causal: bool = True  # False: trained without the causal mask (an encoder, or the decoder that cheats)
    predicts: bool = True  # True: ends in logits for the next token; False: ends in vectors
    context: int = 128  # tokens seen at once in training
    max_tokens: int = 1024  # tokens `explain` accepts

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}; known: {', '.join(KINDS)}")
        if self.positions not in ENCODINGS:
            raise ValueError(f"positions is {self.positions!r}; known: {', '.join(ENCODINGS)}")
        if self.width % self.heads or self.heads % self.key_heads:
            raise ValueError(
                f"width {self.width}, heads {self.heads} and key heads {self.key_heads} must divide one "
                "another in this order"
            )

    @property
    def head_width(self) -> int:
        """D: numbers per token in one head."""
        return self.width // self.heads

    @property
    def encoding(self) -> Encoding:
        """The record of the positional encoding."""
        return ENCODINGS[self.positions]
