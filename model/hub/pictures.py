"""Vision transformers (Dosovitskiy 2021): a picture is cut into patches, and these are its tokens."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from model.hub import files
from model.hub.bundle import HubBundle
from model.hub.sizes import LONGEST, sides
from model.hub.trace import traced
from model.network.change import Change
from model.probabilities import softmax
from model.trace import Trace, frozen, read_only

RESAMPLING = {2: "bilinear", 3: "bicubic"}  # Pillow's numbers, as the library writes them
LARGEST = 1_024  # pixels of a side


def preprocessing(folder: Path, base: nn.Module) -> dict[str, Any]:
    """How a model wants its pictures, as arguments of PictureBundle, where its folder says so."""
    if not (folder / "preprocessor_config.json").is_file():
        return {}
    stated = files.read_json(folder, "preprocessor_config.json")
    known = {"mean": "image_mean", "spread": "image_std"}
    wanted = {name: tuple(map(float, stated[key])) for name, key in known.items() if key in stated}
    whole, cut = side(stated.get("size")), side(stated.get("crop_size"))
    if stated.get("do_center_crop") and whole and cut:
        wanted["crop"] = min(1.0, cut / whole)
    if stated.get("resample") in RESAMPLING:
        wanted["mode"] = RESAMPLING[stated["resample"]]
    wished = cut if "crop" in wanted else whole
    if wished and accepts(base, wished):
        wanted["stated"] = wished, wished
    return wanted


def side(stated: Any) -> int | None:
    """The shorter side of a picture, in pixels, that the library's words for a size ask for; None if they do
    not say it.
    """
    if isinstance(stated, dict):
        stated = stated.get("shortest_edge", stated.get("height"))
    return stated if isinstance(stated, int) and 0 < stated <= LARGEST else None


@torch.inference_mode()
def accepts(base: nn.Module, size: int) -> bool:
    """Whether a model takes pictures of another size than its config's, as DINOv2 does, which stretches its
    positions.
    """
    rows, columns = (size // patch for patch in sides(base.config.patch_size))
    if not 0 < rows * columns <= LONGEST:
        return False
    try:
        base(pixel_values=torch.zeros(1, base.config.num_channels, size, size))
    except (ValueError, RuntimeError):  # how the library refuses a size
        return False
    return True


@dataclass(frozen=True)
class PictureBundle(HubBundle):
    """A model that looks at pictures. It has no tokenizer: `explain` takes a picture in the place of a
    text.
    """

    whole: nn.Module | None = None  # with what names the picture, if there is such a thing
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)  # of red, green and blue from 0 to 1, which is taken off
    spread: tuple[float, ...] = (0.5, 0.5, 0.5)  # by which the rest is divided
    # the square out of the middle that it looks at, as a share of the shorter side; None: all, made square
    crop: float | None = None
    mode: str = "bilinear"  # how it is brought to its size
    stated: tuple[int, int] | None = None  # height and width in pixels, if other than the config's

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, in pixels, to which every picture is brought."""
        return self.stated or sides(self.network.base.config.image_size)

    @property
    def marks(self) -> int:
        """Tokens before the patches: [CLS], and what else the family has."""
        height, width = sides(self.network.base.config.image_size)
        patch = sides(self.network.base.config.patch_size)
        return self.config.context - (height // patch[0]) * (width // patch[1])

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
        rows, columns = self.grid
        T = self.marks + rows * columns
        marks = [f"[{i + 1}]" if i else "[CLS]" for i in range(self.marks)]
        patches = [f"{row + 1}·{column + 1}" for row in range(rows) for column in range(columns)]
        recording = self.network.asked(*self.asked(T, allowed, change, layers))
        described = {"tokens": (*marks, *patches), "spans": ((0, 0),) * T, "ids": frozen(np.arange(T))}
        return traced(self.network, pixels, recording, text="", **described)

    def named(self, picture: np.ndarray) -> np.ndarray:
        """The probability of each of the `labels`, for a picture. ValueError if the model names none."""
        return softmax(self.logits(picture))

    @torch.inference_mode()
    def logits(self, picture: np.ndarray) -> np.ndarray:
        """The logit of each of the `labels`, for a picture. ValueError if the model names none."""
        if not self.names:
            raise ValueError(f"{self.name} gives pictures no names")
        return read_only(self.whole(pixel_values=self.pixels(picture)[None]).logits[0])

    def pixels(self, picture: np.ndarray) -> Tensor:
        """What goes into the model, (3, height, width). ValueError if `picture` is none."""
        pixels = torch.tensor(self.framed(picture)).permute(2, 0, 1).float() / 255
        mean, spread = (torch.tensor(part)[:, None, None] for part in (self.mean, self.spread))
        return (pixels - mean) / spread

    def framed(self, picture: np.ndarray) -> np.ndarray:
        """The picture as the model looks at it, (height, width, 3), whole numbers from 0 to 255: the square
        out of its middle where the model was trained so, brought to its size. ValueError if it is none.
        """
        picture = np.asarray(picture)
        if picture.ndim != 3 or picture.shape[-1] != 3 or picture.dtype != np.uint8 or 0 in picture.shape:
            raise ValueError(
                f"A picture has the axes (height, width, 3) and whole numbers from 0 to 255 (uint8); "
                f"this one has {picture.shape} and {picture.dtype}."
            )
        if picture.shape[:2] == self.size:
            return picture
        if self.crop is not None:
            cut = max(1, round(self.crop * min(picture.shape[:2])))
            top, left = ((side - cut) // 2 for side in picture.shape[:2])
            picture = picture[top : top + cut, left : left + cut]
        pixels = torch.tensor(picture).permute(2, 0, 1)[None].float()
        pixels = nn.functional.interpolate(
            pixels, self.size, mode=self.mode, antialias=True, align_corners=False
        )
        return pixels[0].permute(1, 2, 0).round().clamp(0, 255).byte().numpy()
