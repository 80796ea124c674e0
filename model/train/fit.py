"""The training loop that every checkpoint goes through: seeded, resumable, with progress."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from model.train.muon import Muon


def precision(device: str) -> torch.autocast:
    """bfloat16 on GPUs and on CPUs that can multiply it, where it ran at 0.5 to 1.2 times the speed of
    float32; on others it takes four times as long.
    """
    able = device == "cuda" or torch.cpu.get_capabilities().get("avx512_bf16", False)
    return torch.autocast(device, torch.bfloat16, enabled=able)


def optimisers(network: torch.nn.Module, rate: float) -> list[torch.optim.Optimizer]:
    """Muon (Jordan 2024) for the matrices inside the blocks, AdamW (Loshchilov 2019) for all else."""
    matrices = [p for name, p in network.named_parameters() if p.ndim == 2 and "blocks" in name]
    others = [p for name, p in network.named_parameters() if not (p.ndim == 2 and "blocks" in name)]
    rest = torch.optim.AdamW(others, lr=rate / 8, betas=(0.9, 0.95), weight_decay=0.0)
    return [Muon(matrices, lr=rate, weight_decay=0.05), rest] if matrices else [rest]


def groups(tools: Sequence[torch.optim.Optimizer]) -> list[dict[str, Any]]:
    """All groups of parameters of the optimisers."""
    return [group for tool in tools for group in tool.param_groups]


def schedule(step: int, steps: int) -> float:
    """Share of the full learning rate: up over the first 2 %, level, down to nothing over the second half."""
    return min(1.0, (step + 1) / (0.02 * steps + 1), (steps - step) / (0.5 * steps))


def reached(state: Path) -> int:
    """The step at which the run whose state lies in this file stopped; 0 if there is none."""
    return torch.load(state, weights_only=True, mmap=True)["step"] if state.exists() else 0


def descent(
    backward: Callable[[int], float | Tensor],
    *,
    tools: Sequence[torch.optim.Optimizer],
    full: Sequence[float],
    steps: int,
    start: int = 0,
    end: int | None = None,
) -> Iterator[tuple[int, float | Tensor]]:
    """Train step by step: yield the number of each step, from `start` to before `end` (None: all
    `steps`), and what `backward(step)` returned, once the parameters have moved.

    full: the full learning rate of each of their `groups`.
    """
    for step in range(start, steps if end is None else end):
        for group, top in zip(groups(tools), full, strict=True):
            group["lr"] = top * schedule(step, steps)
        loss = backward(step)
        for tool in tools:
            tool.step()
            tool.zero_grad()
        yield step, loss


def fit(
    network: torch.nn.Module,
    backward: Callable[[int], float | Tensor],
    *,
    steps: int,
    rate: float,
    state: Path,
    tokens_per_step: int,
    every: int = 100,
    validate: Callable[[], float | Tensor] | None = None,
) -> list[list[float]]:
    """Train `network` for `steps` steps; `backward(step)` runs one batch forward and backward and returns its
    loss in nats, or several in a tensor.

    `state` is the file from which a broken run resumes and which is written every `every` steps. Returns the
    curve: rows of [step, training loss] or, at the multiples of ten `every`s where `validate()` is asked,
    [step, training loss, validation loss]; of several, all losses.
    """
    tools, curve, start = optimisers(network, rate), [], 0
    full = [group["lr"] for group in groups(tools)]
    if state.exists():
        curve, start = resume(state, network, tools)
    began, losses = time.monotonic(), []
    for step, loss in descent(backward, tools=tools, full=full, steps=steps, start=start):
        losses.append(loss)
        done = step + 1
        if done % every == 0 or done == steps:
            curve.append([done, *numbers(sum(losses) / len(losses))])
            losses = []
            if validate and (done % (10 * every) == 0 or done == steps):
                curve[-1] += numbers(validate())
            moments = [tool.state_dict() for tool in tools]
            keep(state, {"network": network.state_dict(), "tools": moments, "curve": curve, "step": done})
            speed = (done - start) / (time.monotonic() - began)  # steps a second
            figures = "  ".join(f"{loss:.3f}" for loss in curve[-1][1:])
            pace = f"{speed * tokens_per_step:,.0f} tokens/s  {(steps - done) / speed / 60:.1f} min left"
            print(f"step {done}/{steps}  loss {figures}  {pace}", flush=True)
    return curve


def resume(
    state: Path, network: torch.nn.Module, tools: Sequence[torch.optim.Optimizer]
) -> tuple[list[list[float]], int]:
    """Put network and optimisers where the broken run stopped; returns its curve and its step."""
    saved = torch.load(state, weights_only=True)
    network.load_state_dict(saved["network"])
    for tool, kept in zip(tools, saved["tools"], strict=True):
        tool.load_state_dict(kept)
    print(f"resumed at step {saved['step']}", flush=True)
    return saved["curve"], saved["step"]


def numbers(losses: float | Tensor) -> list[float]:
    """One loss, or a tensor of several, as a list."""
    return losses.tolist() if isinstance(losses, torch.Tensor) else [losses]


def keep(path: Path, state: dict[str, Any]) -> None:
    """Write the state beside the old one, then put it in its place: a stop in between loses nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    torch.save(state, fresh)
    fresh.replace(path)
