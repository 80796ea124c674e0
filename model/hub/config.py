"""What defines a model of the library, in the terms of our own."""

from dataclasses import dataclass
from typing import ClassVar

from model.network.config import ModelConfig


@dataclass(frozen=True)
class HubConfig(ModelConfig):
    """Sizes and choices of an opened model, read from what it did and not from its family's name."""

    family: str = ""  # the library's name for it, such as "llama"
    residual: str = "before"  # where the norms stand to the sums: before, after, parallel, other
    fuses: bool = True  # whether torch's fused kernel does its attention
    logit_scale: float = 1.0
    logit_cap: float | None = None
    fault: float = 0.0  # largest |weights @ v - heads| of the pass by which it was studied
    opaque: bool = False  # whether queries, keys and values of some layers are not known
    missing: tuple[str, ...] = ()  # what cannot be shown of it, a sentence each
    # Experts work on as many tokens at once as chose them, and so another token may round all of theirs.
    rounding: ClassVar[float] = 1e-5

    def __post_init__(self) -> None:
        """Nothing to refuse: the model exists."""
