"""Which place each token has for the model, read back from what its encoding did."""

from itertools import pairwise

import torch
from torch import Tensor

from model.analysis.diagnosis.subject import Finding, Subject

FIT = 0.02  # how far what an encoding did may be from what it does at a place, relative
RUNS = 4  # runs of places that a verdict names


def places(subject: Subject) -> Finding:
    """The place of each token, counted from 0; where positions enter in the scores, how far each is from the
    first one.
    """
    read = {"queries and keys": turned, "embedding": added, "scores": biased}[subject.config.encoding.enters]
    found, misfit = read(subject)
    if misfit > FIT:
        return Finding("no place fits", {"largest misfit": misfit})
    right = found == list(range(len(found)))
    return Finding(
        "each token at its place" if right else f"at places {runs(found)}",
        {"largest misfit": misfit},
        tuple(found),
        "place, counted from 0",
    )


def nearest(vectors: Tensor, candidates: Tensor) -> tuple[list[int], float]:
    """Which of the candidates (N, D) is nearest to each of the vectors (T, D), by its number, and the largest
    distance left, relative to what the nearest is. Of candidates that are equally near, as where T5's buckets
    are shared, the one of the vector's own number.
    """
    distance = torch.cdist(vectors.double()[None], candidates.double()[None])[0]  # (T, N)
    best, which = distance.min(-1)
    own = torch.arange(len(vectors))
    which = torch.where(distance[own, own] <= best + 1e-6, own, which)
    length = candidates.double().norm(dim=-1)[which].clamp(min=1e-9)
    return which.tolist(), float((best / length).max())


def turned(subject: Subject) -> tuple[list[int], float]:
    """By the angles of which place, from -T to T, each query of the first head has been turned."""
    attention, config = subject.record.layers[0].attention, subject.config
    T = attention.q.shape[-2]
    # 0 to T first, so that the number of a candidate is its place: a negative one counts from the end
    candidates = torch.cat((torch.arange(T + 1), torch.arange(-T, 0)))
    angle = config.encoding.angle(config, candidates)  # (2T + 1, D/2)
    found, misfit = [], 0.0
    for query, after in zip(attention.q[0], attention.q_rot[0], strict=True):
        copies = query.expand(1, len(angle), -1)
        (there,), _ = config.encoding.turn(config, copies, copies, angle)
        (place,), left = nearest(after[None], there)
        found.append(int(candidates[place]))
        misfit = max(misfit, left)
    return found, misfit


def added(subject: Subject) -> tuple[list[int], float]:
    """Which row of positions has been added to each token's embedding."""
    base, ids, config = subject.base, torch.tensor(subject.ids), subject.config
    parameters, T = base.position_parameters(), len(subject.ids)
    content = base.embed(ids) - config.encoding.table(config, parameters, T, 0)
    known = config.context if config.encoding.limited else 2 * T
    return nearest(subject.record.embedded - content, config.encoding.table(config, parameters, known, 0))


def biased(subject: Subject) -> tuple[list[int], float]:
    """How far each token is from the first one, by what has been added to its score."""
    bias = subject.record.layers[0].attention.bias
    return nearest(bias[:, :, 0].T, subject.base.bias(len(subject.ids))[:, :, 0].T)  # (T, H)


def runs(numbers: list[int]) -> str:
    """Numbers as runs that go up or down by one, such as "0, 0 to 9"."""
    parts = [[numbers[0]]]
    for before, after in pairwise(numbers):
        step = after - before
        last = parts[-1]
        if abs(step) == 1 and (len(last) == 1 or last[-1] - last[-2] == step):
            last.append(after)
        else:
            parts.append([after])
    named = [str(one[0]) if len(one) == 1 else f"{one[0]} to {one[-1]}" for one in parts[:RUNS]]
    return ", ".join(named + ["…"] * (len(parts) > RUNS)).replace("-", "−")
