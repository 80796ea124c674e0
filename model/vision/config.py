"""What defines a model of pictures: one frozen dataclass."""

from dataclasses import dataclass

from model.network.config import ModelConfig

KINDS = ("transformer", "convolution")
POSITIONS = ("learned", "rope", "none")


@dataclass(frozen=True)
class VisionConfig:
    """Sizes and choices of one model of square grey pictures; checked when made.

    As many patches as fit stand in rows of `side`; a transformer's tokens are the class token, then they.
    """

    kind: str = "transformer"  # or "convolution"
    size: int = 28  # pixels in a row and in a column of a picture
    patch: int = 4  # pixels in a row and in a column of a patch
    classes: int = 10
    # of a transformer
    width: int = 64  # C: numbers per token in the residual stream
    layers: int = 4  # L
    heads: int = 4  # H
    hidden: int = 128  # numbers per token inside the MLP
    positions: str = "learned"  # one of POSITIONS
    rope_base: float = 100.0  # small: there are few places in a row
    # of a convolution: of each layer the channels that it makes and the pixels from one output to the next
    channels: tuple[int, ...] = (16, 32, 32, 64, 64, 64)
    strides: tuple[int, ...] = (1, 2, 1, 2, 1, 1)
    kernel: int = 3  # pixels in a row and in a column that one output reads of the layer below

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", tuple(self.channels))  # a card has lists; the class is frozen
        object.__setattr__(self, "strides", tuple(self.strides))
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}; known: {', '.join(KINDS)}")
        if self.positions not in POSITIONS:
            raise ValueError(f"positions is {self.positions!r}; known: {', '.join(POSITIONS)}")
        if self.size % self.patch:
            raise ValueError(f"patches of {self.patch} pixels do not fill a picture of {self.size}")
        if self.positions == "rope" and self.block.head_width % 4:
            raise ValueError(
                f"head_width is {self.block.head_width}; half of the pairs turn with the row and half with "
                "the column, so it must be a multiple of 4"
            )
        if len(self.channels) != len(self.strides):
            raise ValueError(f"{len(self.channels)} layers have channels, {len(self.strides)} have strides")

    @property
    def attends(self) -> bool:
        """Whether it is a transformer."""
        return self.kind == "transformer"

    @property
    def side(self) -> int:
        """Patches in a row and in a column."""
        return self.size // self.patch

    @property
    def tokens(self) -> int:
        """T: the class token and the patches."""
        return 1 + self.side**2

    @property
    def depth(self) -> int:
        """Layers, whatever they are."""
        return self.layers if self.attends else len(self.channels)

    @property
    def block(self) -> ModelConfig:
        """The sizes of a transformer's blocks, as those of our language models state them."""
        return ModelConfig(
            kind="encoder",
            width=self.width,
            layers=self.layers,
            heads=self.heads,
            key_heads=self.heads,
            hidden=self.hidden,
            positions=self.positions,
            rope_base=self.rope_base,
            causal=False,
            predicts=False,
            context=self.tokens,
            max_tokens=self.tokens,
        )
