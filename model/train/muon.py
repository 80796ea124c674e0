"""Muon in float32: torch.optim.Muon orthogonalises in bfloat16, which takes most of a step on processors that cannot multiply it."""

import math

import torch


def orthogonal(matrix, steps=5):
    """A matrix (A, B) with about the same singular vectors and all singular values near 1, by Newton and Schulz's iteration (Jordan 2024, Muon)."""
    x = matrix if len(matrix) <= matrix.shape[1] else matrix.T
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = 3.4445 * x + (-4.775 * gram + 2.0315 * gram @ gram) @ x
    return x if x.shape == matrix.shape else x.T


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, made orthogonal, for matrices (Jordan 2024); the same numbers as torch.optim.Muon but for its rounding."""

    def __init__(self, matrices, lr, weight_decay, momentum=0.95):
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for matrix in group["params"]:
                kept = self.state[matrix].setdefault("momentum", torch.zeros_like(matrix))
                kept.lerp_(matrix.grad, 1 - group["momentum"])
                way = orthogonal(matrix.grad.lerp(kept, group["momentum"]))
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
                matrix.sub_(way, alpha=group["lr"] * math.sqrt(max(1, matrix.shape[0] / matrix.shape[1])))
