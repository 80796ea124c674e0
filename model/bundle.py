"""A network with its tokenizer and its card: what `load` returns and pages talk to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import index
from typing import Any

import numpy as np
import torch
from torch import Tensor

from model.network import masks
from model.network.change import Change
from model.network.config import ModelConfig
from model.tokenizer import Tokenizer
from model.trace import Trace, layer_trace, read_only


@dataclass(frozen=True)
class Bundle:
    """A trained model; one object is shared by all callers, who never change it."""

    name: str
    card: dict  # corpus and licence, seed, steps, tokens seen, parameters, measured quality, date
    tokenizer: Tokenizer
    network: torch.nn.Module  # a Transformer, or its convolutional twin

    @property
    def config(self) -> ModelConfig:
        """The network's ModelConfig."""
        return self.network.config

    @torch.inference_mode()
    def explain(
        self,
        text: str,
        allowed: np.ndarray | Tensor | Sequence | None = None,
        change: Change | None = None,
        layers: Iterable[int] | None = None,
    ) -> Trace:
        """Run `text` through the network and return the Trace.

        allowed (T, T), (H, T, T) or (L, H, T, T), True or 1 = may look, replaces the model's own mask;
        `change` alters attention in the layers listed, -1 being the last one, in all of them if None.
        ValueError, with a sentence for the user, if the text is empty, too long or no text, if `allowed`
        holds anything but True and False or 1 and 0, if one of its rows is empty, if sizes do not fit, or if
        there is no such layer.
        """
        ids = self.read(text)
        allowed, changes = self.asked(len(ids), allowed, change, layers)
        return self.trace(text, ids, tuple(self.tokenizer.spans(text, ids)), allowed, changes)

    def asked(
        self,
        T: int,
        allowed: np.ndarray | Tensor | Sequence | None,
        change: Change | None,
        layers: Iterable[int] | None,
    ) -> tuple[Tensor | None, list[Change | None] | None]:
        """A mask and a change of these layers as a pass over T tokens takes them: a bool copy of the mask,
        and the change, or None, for each layer. ValueError as in `explain`.
        """
        if allowed is not None:
            sizes = T, self.config.heads, self.config.layers
            allowed = masks.fitting(masks.checked(allowed).clone(), *sizes)  # the trace keeps it
        chosen = self.chosen(layers)
        if change is None:
            return allowed, None
        return allowed, [change if i in chosen else None for i in range(self.config.layers)]

    @torch.inference_mode()
    def reread(self, ids: Sequence[int]) -> Trace:
        """The Trace of token ids as they are, such as those that a model has chosen one by one.

        It has no spans, since the tokenizer may read their text as other tokens.
        """
        return self.trace(self.tokenizer.decode(ids), list(ids), ())

    def trace(
        self,
        text: str,
        ids: Sequence[int],
        spans: Sequence[tuple[int, int]],
        allowed: Tensor | None = None,
        changes: Sequence[Change | None] | None = None,
    ) -> Trace:
        """The Trace of one pass over token ids; `spans` are their places in `text`."""
        row = torch.tensor(ids)
        record = self.network(row, allowed, changes)
        return Trace(
            text=text,
            tokens=tuple(map(self.tokenizer.piece, ids)),
            spans=spans,
            ids=read_only(row),
            embedded=read_only(record.embedded),
            layers=tuple(map(layer_trace, record.layers)),
            final=read_only(record.final),
            logits=read_only(record.logits),
            config=self.config,
        )

    def read(self, text: str) -> list[int]:
        """Token ids of a text that fits; else a ValueError that says in a sentence what to do."""
        self.measure(text)
        if not text.strip():
            raise ValueError("There is no text yet. Type a few words.")
        half = next((i for i, letter in enumerate(text) if "\ud800" <= letter <= "\udfff"), None)
        if half is not None:
            raise ValueError(
                f"Character {half + 1} is half of a surrogate pair (U+{ord(text[half]):04X}), "
                "which is no character. Delete it."
            )
        ids = self.tokenizer.encode(text)
        if len(ids) > self.config.max_tokens:
            raise ValueError(
                f"This text has {len(ids):,} tokens, "
                f"and {self.name} takes at most {self.config.max_tokens:,}: "
                f"its first {self.fits(text, ids):,} of {len(text):,} characters fit. Shorten it."
            )
        return ids

    def prompt(self, text: str) -> list[int]:
        """Token ids of a text that goes on: those of `read`."""
        return self.read(text)

    def measure(self, text: str) -> None:
        """ValueError, in a sentence for the user, if a text has more characters than the longest tokens could
        hold: to cut millions of characters into tokens, only to count the tokens, would take minutes.
        """
        most = self.config.max_tokens * self.tokenizer.longest
        if len(text) > most:
            start = text[: most + 1]
            raise ValueError(
                f"This text has {len(text):,} characters, and {self.name} takes at most "
                f"{self.config.max_tokens:,} tokens: its first {self.fits(start):,} characters fit. "
                "Shorten it."
            )

    def fits(self, text: str, ids: Sequence[int] | None = None) -> int:
        """How many characters of a text that has too many tokens the model takes."""
        ids = self.tokenizer.encode(text) if ids is None else ids
        return self.tokenizer.spans(text, ids)[self.config.max_tokens][0]

    def chosen(self, layers: Iterable[int] | None) -> set[int]:
        """The layers that are meant, counted from 0: all if None, negative ones from the end.

        ValueError if one is no whole number or there is none of that number.
        """
        L = self.config.layers
        if layers is None:
            return set(range(L))
        try:
            numbers = list(map(whole, layers))
        except TypeError as error:
            raise ValueError(f"layers is {layers!r}; it lists whole numbers, such as [0, -1]") from error
        for number in numbers:
            if not -L <= number < L:
                raise ValueError(
                    f"there is no layer {number}: {self.name} has layers 0 to {L - 1}, "
                    f"from the end -1 to {-L}"
                )
        return {number % L for number in numbers}


def whole(number: Any) -> int:
    """A whole number as an int; TypeError for anything else, True and False included."""
    if isinstance(number, bool):
        raise TypeError(f"{number} is no number")
    return index(number)
