"""Vision transformers of others (ViT, DeiT, DINOv2), opened with the library `transformers`: a photograph in,
the same PictureTrace out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from model import hub
from model.hub.config import HubConfig
from model.hub.pictures import PictureBundle
from model.trace import frozen
from model.vision.trace import PictureTrace
from model.zoo import Unavailable


@dataclass(frozen=True)
class Opened:
    """An opened vision transformer, as pages ask it; one object is shared by all callers."""

    source: PictureBundle

    @property
    def name(self) -> str:
        """Its name on the hub, or its folder's."""
        return self.source.name

    @property
    def card(self) -> dict:
        """Family, parameters and where they are, as of any opened model."""
        return self.source.card

    @property
    def config(self) -> HubConfig:
        """The sizes, as of any opened model."""
        return self.source.config

    @property
    def labels(self) -> tuple[str, ...]:
        """What the model may call a picture; empty if it names none."""
        return self.source.labels

    def explain(
        self, picture: np.ndarray, allowed: np.ndarray | Tensor | Sequence | None = None
    ) -> PictureTrace:
        """The PictureTrace of a picture (height, width, 3) of whole numbers from 0 to 255, of any size: it is
        cut and brought to the model's, and the trace has it so. `allowed` is as in Bundle.explain.

        Without `labels` there are no logits. ValueError, with a sentence for the user, if it is no picture.
        """
        source, seen = self.source, frozen(self.source.framed(picture).copy())
        trace = source.explain(seen, allowed)
        return PictureTrace(
            image=seen,
            grid=source.grid,
            logits=source.logits(seen) if source.names else None,
            config=source.config,
            layers=trace.layers,
            final=trace.final,
            labels=source.labels,
            marks=source.marks,
        )


def opened(path_or_id: str, download: bool = True) -> Opened:
    """The vision transformer of that name on the hub, or of that folder. Unavailable, with a sentence for the
    user, if it cannot be had or reads no pictures; `download=False` takes only what is on this machine.
    """
    source = hub.open_model(path_or_id, download)
    if not isinstance(source, PictureBundle):
        raise Unavailable(f"“{source.name}” reads texts, and no pictures.")
    return Opened(source)


def at_hand() -> list[str]:
    """The names of vision transformers that `opened` opens without a download."""
    return [name for name in hub.at_hand() if hub.sees(name)]
