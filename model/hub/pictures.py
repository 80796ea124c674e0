"""Vision transformers (Dosovitskiy 2021): a picture is cut into patches, and these are its tokens."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from model.hub import files
from model.hub.bundle import HubBundle
from model.hub.sizes import sides
from model.hub.trace import traced
from model.network.change import Change
from model.trace import Trace, frozen


def colours(folder: Path) -> dict[str, tuple[float, ...]]:
    """How a model wants its colours, as arguments of PictureBundle, where its folder says so."""
    if not (folder / "preprocessor_config.json").is_file():
        return {}
    stated = files.read_json(folder, "preprocessor_config.json")
    known = {"mean": "image_mean", "spread": "image_std"}
    return {name: tuple(map(float, stated[key])) for name, key in known.items() if key in stated}


@dataclass(frozen=True)
class PictureBundle(HubBundle):
    """A model that looks at pictures. It has no tokenizer: `explain` takes a picture in the place of a
    text.
    """

    whole: nn.Module | None = None  # with what names the picture, if there is such a thing
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)  # of red, green and blue from 0 to 1, which is taken off
    spread: tuple[float, ...] = (0.5, 0.5, 0.5)  # by which the rest is divided

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, in pixels, to which every picture is brought."""
        return sides(self.network.base.config.image_size)

    @property
    def grid(self) -> tuple[int, int]:
        """Patches in a column and in a row."""
        patch = sides(self.network.base.config.patch_size)
        return self.size[0] // patch[0], self.size[1] // patch[1]

    @property
    def labels(self) -> tuple[str, ...]:
        """What the model may call a picture; empty if it names none."""
        named = self.network.base.config.id2label if self.names else {}
        return tuple(named[i] for i in sorted(named))

    @property
    def names(self) -> bool:
        """Whether it gives a picture a name."""
        return self.whole is not self.network.base

    def read(self, text: str) -> list[int]:
        """ValueError, in a sentence for the user: it has no tokens of a text."""
        raise ValueError(f"{self.name} reads pictures, and no text. Choose another model in the sidebar.")

    def explain(
        self,
        picture: np.ndarray,
        allowed: np.ndarray | Tensor | Sequence | None = None,
        change: Change | None = None,
        layers: Iterable[int] | None = None,
    ) -> Trace:
        """The Trace of a picture (height, width, 3) of whole numbers from 0 to 255; mask, change and layers
        are as for a text. Its tokens are marks such as [CLS], then the patches "row·column", counted from 1.
        """
        self.check_proof()
        if isinstance(picture, str):
            self.read(picture)
        pixels = self.pixels(picture)
        T, (rows, columns) = self.config.context, self.grid
        marks = [f"[{i + 1}]" if i else "[CLS]" for i in range(T - rows * columns)]
        patches = [f"{row + 1}·{column + 1}" for row in range(rows) for column in range(columns)]
        recording = self.network.asked(*self.asked(T, allowed, change, layers))
        described = {"tokens": (*marks, *patches), "spans": ((0, 0),) * T, "ids": frozen(np.arange(T))}
        return traced(self.network, pixels, recording, text="", **described)

    @torch.inference_mode()
    def named(self, picture: np.ndarray) -> np.ndarray:
        """The probability of each of the `labels`, for a picture. ValueError if the model names none."""
        if not self.names:
            raise ValueError(f"{self.name} gives pictures no names")
        return self.whole(pixel_values=self.pixels(picture)[None]).logits[0].softmax(-1).numpy()

    def pixels(self, picture: np.ndarray) -> Tensor:
        """What goes into the model, (3, height, width). ValueError if `picture` is none."""
        picture = np.asarray(picture)
        if picture.ndim != 3 or picture.shape[-1] != 3 or picture.dtype != np.uint8 or 0 in picture.shape:
            raise ValueError(
                f"A picture has the axes (height, width, 3) and whole numbers from 0 to 255 (uint8); "
                f"this one has {picture.shape} and {picture.dtype}."
            )
        pixels = torch.tensor(picture).permute(2, 0, 1).float() / 255
        if pixels.shape[1:] != self.size:
            pixels = nn.functional.interpolate(
                pixels[None], self.size, mode="bilinear", antialias=True, align_corners=False
            )[0]
        mean, spread = (torch.tensor(part)[:, None, None] for part in (self.mean, self.spread))
        return (pixels - mean) / spread
