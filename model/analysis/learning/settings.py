"""What is to be chosen of a training."""

from dataclasses import dataclass

import torch
from torch import Tensor

from model.analysis.learning import rules, tasks
from model.analysis.learning.tasks import TASKS, Strings, Task
from model.network import masks
from model.network.config import ModelConfig
from model.network.encodings import ENCODINGS
from model.network.transformer import Transformer, initialise

WINDOW = 16
MASKS = {
    "causal": masks.causal,
    f"window of {WINDOW}": lambda tokens: masks.window(tokens, WINDOW),
    "full": masks.full,
}
SPREAD = 0.04  # of the parameters at the start
BATCH = 32  # strings a step
FURTHEST = 4  # times the training length at which accuracy is measured


@dataclass(frozen=True)
class Settings:
    """A training: equal settings give equal numbers, bit for bit on the same machine."""

    task: str = "repeat"  # one of TASKS
    rule: str = ""  # of "your own": pairs of symbols
    positions: str = "rope"  # one of ENCODINGS
    mask: str = "causal"  # one of MASKS
    layers: int = 2
    heads: int = 4
    width: int = 64
    rate: float = 0.01  # learning rate of the matrices
    seed: int = 1

    @property
    def what(self) -> Task:
        """The task."""
        return TASKS[self.task]

    @property
    def partners(self) -> dict[int, int]:
        """The reader's own rule; ValueError, in a sentence, if it is none."""
        return rules.partners(self.rule) if self.task == "your own" else {}

    @property
    def config(self) -> ModelConfig:
        """The sizes of the model."""
        tokens, limited = self.what.length(), ENCODINGS[self.positions].limited
        return ModelConfig(
            vocabulary=257,
            width=self.width,
            layers=self.layers,
            heads=self.heads,
            key_heads=self.heads,
            hidden=4 * self.width,
            positions=self.positions,
            causal=self.mask != "full",
            context=tokens,
            max_tokens=tokens if limited else max(512, self.what.length(FURTHEST)),
        )

    def network(self) -> Transformer:
        """The model before the first step."""
        return initialise(Transformer(self.config), self.seed, spread=SPREAD)

    def allowed(self, tokens: int) -> Tensor:
        """The mask of so many tokens, (T, T)."""
        return MASKS[self.mask](tokens)

    def reaches(self, scale: int) -> bool:
        """Whether the encoding has positions for strings `scale` times as long as in training."""
        return self.what.length(scale) <= self.config.max_tokens

    def batch(self, step: int) -> Strings:
        """The strings of a step, which are the same whatever else is chosen but task and seed."""
        return self.draw(BATCH, (self.seed, 2, step))

    def draw(self, count: int, seed: int | tuple[int, ...], scale: int = 1) -> Strings:
        """So many strings of the task."""
        return tasks.draw(self.what, count, seed=seed, scale=scale, partners=self.partners)

    def sample(self) -> Strings:
        """The one string whose attention is shown at every recorded step, of at most SHOWN tokens."""
        return tasks.sample(self.what, seed=(self.seed, 1), partners=self.partners)

    def learned(self, strings: Strings) -> Tensor:
        """The targets (B, T) that a step learns from: of strings that repeat every token, as a language model
        does, of others the answers; -100 stands for no target.
        """
        if self.what.string is None:
            return strings.targets
        return torch.where(strings.judged, strings.targets, -100)
