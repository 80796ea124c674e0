"""Muon in float32: torch.optim.Muon orthogonalises in bfloat16,
which takes most of a step on processors that cannot multiply it.
"""

import math
from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor


def orthogonal(matrices: Tensor, steps: int = 5) -> Tensor:
    """Matrices (N, A, B) with about the same singular vectors and all singular values near 1, by Newton and
    Schulz's iteration (Jordan 2024, Muon).
    """
    wide = matrices.shape[1] <= matrices.shape[2]
    x = matrices if wide else matrices.mT
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        # 3.4445 x - 4.775 x xᵀ x + 2.0315 (x xᵀ)² x
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=-4.775, alpha=2.0315), x, beta=3.4445)
    return x if wide else x.mT


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, made orthogonal, for matrices (Jordan 2024);
    the same numbers as torch.optim.Muon but for its rounding.
    """

    def __init__(
        self, matrices: Iterable[Tensor], lr: float, weight_decay: float, momentum: float = 0.95
    ) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self) -> None:
        """Move every matrix once, by its gradient."""
        for group in self.param_groups:
            alike = defaultdict(list)  # matrices of one shape are made orthogonal together
            for matrix in group["params"]:
                alike[matrix.shape].append(matrix)
            for matrices in alike.values():
                directions = []
                for matrix in matrices:
                    kept = self.state[matrix].setdefault("momentum", torch.zeros_like(matrix))
                    kept.lerp_(matrix.grad, 1 - group["momentum"])
                    directions.append(matrix.grad.lerp(kept, group["momentum"]))
                for matrix, direction in zip(matrices, orthogonal(torch.stack(directions)), strict=True):
                    matrix.mul_(1 - group["lr"] * group["weight_decay"])
                    size = math.sqrt(max(1, matrix.shape[0] / matrix.shape[1]))
                    matrix.sub_(direction, alpha=group["lr"] * size)
