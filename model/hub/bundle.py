"""An opened model, as pages and notebooks ask it: what `load` returns, with what a model of two halves has
more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from model.analysis.why.parts import NotPlain
from model.bundle import Bundle
from model.hub.network import HubNetwork
from model.hub.plain import PlainNetwork
from model.hub.reading import HubReader
from model.hub.trace import MOST, traced
from model.network.change import Change
from model.network.transformer import Record
from model.trace import Trace


class Writer(nn.Module):
    """The decoder of a model of two halves, with what the encoder has made of a text: a network as `generate`
    and `beams` take it.
    """

    def __init__(self, network: HubNetwork, memory: Tensor) -> None:
        super().__init__()
        self.network, self.memory, self.config = network, memory, network.config

    def forward(self, ids: Tensor, *args: object, **kwargs: object) -> Record:
        """ids (..., T) -> Record of the decoder."""
        return self.network(ids, *args, memory=self.memory, **kwargs)

    def unembed(self, final: Tensor) -> Tensor:
        """Logits, (..., T, C) -> (..., T, V)."""
        return self.network.unembed(final)


@dataclass(frozen=True)
class HubBundle(Bundle):
    """A model of the library; one object is shared by all callers, who never change it."""

    decoder: HubNetwork | None = None  # of a model of two halves; `network` is then its encoder
    start: int | None = None  # the id with which such a decoder begins

    def explain(
        self,
        text: str,
        allowed: np.ndarray | Tensor | Sequence | None = None,
        change: Change | None = None,
        layers: Iterable[int] | None = None,
        written: str = "",
    ) -> Trace:
        """Run `text` through the model and return the Trace, as Bundle.explain does.

        A model of two halves gives the encoder's Trace, whose `decoder` is the Trace of the text `written` so
        far; mask and change are the encoder's. ValueError, besides, if what is shown would not be what the
        model does.
        """
        self.check_proof()
        trace = super().explain(text, allowed, change, layers)
        return trace if self.decoder is None else replace(trace, decoder=self.written(trace, written))

    def check_proof(self) -> None:
        """ValueError, in a sentence for the user, if weights and values do not give the heads' outputs."""
        if self.config.fault > MOST:
            raise ValueError(
                f"{self.name} adds something to attention that is not modelled here: weights times values "
                f"differ from what its heads put out by {self.config.fault:.2g}. Nothing of it is shown."
            )

    def trace(
        self,
        text: str,
        ids: Sequence[int],
        spans: Sequence[tuple[int, int]],
        allowed: Tensor | None = None,
        changes: Sequence[Change | None] | None = None,
    ) -> Trace:
        """The Trace of one pass over token ids, as Bundle.trace."""
        if isinstance(self.network, PlainNetwork):
            return super().trace(text, ids, spans, allowed, changes)
        tokens = tuple(map(self.tokenizer.piece, ids))
        recording = self.network.asked(allowed, changes)
        return traced(self.network, torch.tensor(ids), recording, text=text, tokens=tokens, spans=spans)

    def read(self, text: str) -> list[int]:
        """Token ids of a text that fits, as Bundle.read; ValueError also if a token has no vector."""
        ids = super().read(text)
        unknown = next((id for id in ids if id >= self.config.vocabulary), None)
        if unknown is not None:
            raise ValueError(
                f"{self.name} has no vector for “{self.tokenizer.piece(unknown)}”: its tokenizer knows more "
                f"tokens than its embedding, which has {self.config.vocabulary:,}."
            )
        return ids

    def reader(self, trace: Trace) -> HubReader:
        """How the network read and wrote its stream in the pass of a trace, for model.analysis.why. NotPlain,
        in a sentence for the user, if that is no sum of its parts.
        """
        if self.config.opaque:
            raise NotPlain(" ".join(self.config.missing))
        return HubReader(self.network, trace)

    def prompt(self, text: str) -> list[int]:
        """Token ids of a text that goes on: those of `read` without marks that say that it has ended."""
        before, said, _ = self.parted(text)
        return before + said

    def parted(self, text: str) -> tuple[list[int], list[int], list[int]]:
        """Token ids of `read`: the marks before the text, the text, the marks after it."""
        ids, said = self.read(text), self.tokenizer.encode(text, marks=False)
        for first in range(len(ids) - len(said) + 1):
            end = first + len(said)
            if ids[first:end] == said:
                return ids[:first], said, ids[end:]
        return [], ids, []  # the marks change how the text is cut

    @torch.inference_mode()
    def writer(self, trace: Trace) -> Writer:
        """The decoder that looks at what the encoder made of a text: the network with which `generate` goes
        on from [start]. ValueError if the model has one half only.
        """
        if self.decoder is None:
            raise ValueError(f"{self.name} has no second half that writes")
        return Writer(self.decoder, torch.tensor(trace.final))

    @torch.inference_mode()
    def written(self, trace: Trace, text: str = "") -> Trace:
        """The decoder's Trace of a text that it has written so far, its start included."""
        read = self.tokenizer.encode(text, marks=False)
        spans, ids = self.tokenizer.spans(text, read, marks=False), [self.start, *read]
        return traced(
            self.decoder,
            torch.tensor(ids),
            self.decoder.asked(None, None),
            memory=torch.tensor(trace.final),
            text=text,
            tokens=tuple(map(self.tokenizer.piece, ids)),
            spans=((0, 0), *spans),
        )
