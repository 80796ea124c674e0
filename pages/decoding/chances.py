"""The next word: the candidates, and what each filter cuts off the distribution."""

import numpy as np
import streamlit as st

from model import decoding, probabilities
from pages import _fold, _shell
from pages._control import pause
from pages._findings import quoted
from pages._numbers import number, percent, plural
from pages.decoding import growth, story
from pages.decoding.filters import controls
from viz import ranks
from viz.component.candidates import candidates

OPENING = (
    "A model gives **every** token of its vocabulary a probability, one is chosen, and the longer "
    "text is read again. **Press One token**, or click a candidate to take it instead."
)

LISTED = 10  # candidates


def show(view):
    """Show the candidates for the next token, and the distribution before and after the filters."""
    step = view.step
    if step is None:
        st.info(story.ending(view.path))
        controls(view.sampling, len(view.trace.logits[-1]))
        return
    # (V,) each: the model's own, then after each filter
    chances = [probabilities.softmax(logits.numpy().astype(np.float64)) for logits in step.stages]
    order = decoding.ranked(step.stages[0]).numpy()
    left, right = st.columns([5, 6], gap="medium")
    with left:
        listed(view, chances, order)
        st.caption(
            "The thin bar is the model’s own probability, the thick one that after the filters; the strip "
            "lays the thick bars end to end, and the roll falls on one of them."
        )
    kept = [int((one > 0).sum()) for one in chances]
    pause()
    with right:
        controls(view.sampling, len(order))
        meaning(view, chances, kept)
    _shell.show(
        by_rank(view, chances, kept),
        key="decoding.ranks",
        finding=f"{quoted(view.piece(step.id))} is chosen, its probability {number(chances[-1][step.id])}; "
        f"{kept[-1]:,} of {plural('token', len(order))} left",
        shows="probability of every token, from the likeliest to the least likely, and where the filters cut",
    )
    st.caption("All tokens stand by rank, from the likeliest on; both axes are logarithmic.")
    _fold.fold("What each filter leaves", "decoding.filters", table, view, chances, kept)
    _fold.fold("How the filters are computed", "decoding.formula", formula, view, len(order))


def by_rank(view, chances, kept):
    """The distribution before the filters, after the temperature and in the end, by rank. With a repetition
    penalty the ranks are those after it: the filters cut by them.
    """
    letters = view.sampling.letters
    order = decoding.ranked(view.step.stages["r" in letters]).numpy()
    return ranks.ranks(
        {
            "the model’s own": chances[0][order],
            "after the temperature": chances[letters.index("t") + 1][order],
            "what is drawn from": chances[-1][order],
        },
        cuts={
            name: left
            for letter, name, left in zip(letters, view.sampling.names, kept[1:], strict=True)
            if letter in "kpm"
        },
        chosen=int(np.flatnonzero(order == view.step.id)[0]),
    )


def listed(view, chances, order):
    """The likeliest candidates, and the one that was drawn, as buttons."""
    step, own, final = view.step, chances[0], chances[-1]
    places = list(range(min(LISTED, len(order))))
    drawn = int(np.flatnonzero(order == step.id)[0])
    if drawn not in places:
        places.append(drawn)
    before = view.path.ahead[0] if view.path.ahead else None
    filtered = list(zip(view.sampling.names, chances[1:], strict=True))
    rows = [
        {
            "rank": place + 1,
            "token": view.piece(int(id)),
            "own": own[id],
            "final": final[id],
            "drawn": place == drawn,
            "before": int(id) == before,
            "cut": next((name for name, chance in filtered if not chance[id]), ""),
        }
        for place, id in zip(places, order[places], strict=True)
    ]

    def clicked(rank):
        growth.take_token(view.path, int(order[rank - 1]))

    ids = order[places]
    candidates(
        rows,
        rest=(len(order) - len(places), 1 - own[ids].sum(), max(0.0, 1 - final[ids].sum())),
        roll=step.roll,
        key="decoding.candidates",
        label="candidates for the next token",
        revision=f"{len(view.path.ids)}",
        on_select=clicked,
    )


def table(view, chances, kept):
    """What is left after each filter, in numbers."""
    step, word = view.step, view.word(view.step.id)
    lines = [f"| after | tokens left | mass kept | entropy | {word} |", "|:--|--:|--:|--:|--:|"]
    before = chances[0]
    for name, chance, logits, count in zip(
        ["the model’s own", *view.sampling.names], chances, step.stages, kept, strict=True
    ):
        mass = before[chance > 0].sum()
        lines.append(
            f"| {name} | {count:,} | {percent(mass, 1)} | {number(float(decoding.entropy(logits)), 2)} bits "
            f"| {percent(chance[step.id], 1)} |"
        )
        before = chance
    st.markdown("\n".join(lines))
    st.caption("Mass kept is the share of the line above that the filter leaves.")
    if sentence := ordering(view):
        st.markdown(sentence)


def meaning(view, chances, kept):
    """The sentences under the picture."""
    step, own, final = view.step, chances[0], chances[-1]
    if step.roll is None:
        likeliest = (
            "the likeliest after the repetition penalty" if "r" in view.sampling.letters else "the likeliest"
        )
        sentence = (
            f"Greedy decoding takes {likeliest}, {view.word(step.id)} with {percent(own[step.id], 1)}, "
            "always the same: there is nothing to roll."
        )
    else:
        sentence = (
            f"Seed {view.sampling.seed} rolls **{number(step.roll, 3)}** for place {len(view.path.ids) + 1}, "
            f"which falls on {view.word(step.id)}: the model gave it {percent(own[step.id], 1)}, the "
            f"filters made that {percent(final[step.id], 1)}. "
        )
        sentence += (
            f"{len(own) - kept[-1]:,} of {len(own):,} tokens were cut; they had "
            f"{percent(own[final == 0].sum(), 1)} of the model’s own mass."
        )
    cut = view.path.ahead[:1]
    if cut and not final[cut[0]]:
        sentence += f" The token that followed here before, {view.word(cut[0])}, is cut now."
    st.markdown(sentence + penalised(view, own, chances))


def formula(view, vocabulary):
    """The temperature, the filters and the entropy."""
    order = ", then ".join(view.sampling.names)
    _shell.say(
        r"p_i = \frac{e^{z_i / \tau}}{\sum_{j=1}^{V} e^{z_j / \tau}} \qquad \text{top-}k:\ \text{rank}(i) "
        r"\le k \qquad "
        r"\text{top-}p:\ \textstyle\sum_{\text{rank}(j) < \text{rank}(i)} p_j < p \qquad "
        r"\text{min-}p:\ p_i \ge m \max_j p_j \qquad H = -\sum_i p_i "
        r"\log_2 p_i",
        f"$z$ are the logits of all V = {vocabulary:,} tokens, $\\tau$ the temperature. What is kept is "
        f"divided by its sum, so that it is a distribution again. The order is {order}.",
    )


def ordering(view):
    """How many tokens are left with the temperature before all other filters and after them."""
    degree = dict(view.sampling.filters)["t"]
    if view.sampling.seed is None or degree in (0, 1):
        return ""
    both = [view.sampling.reordered(order).after(view.path.ids) for order in ("rtkpm", "rkpmt")]
    left = [int(decoding.stages(view.step.stages[0], filters)[-1].isfinite().sum()) for filters in both]
    change = "sharpens" if degree < 1 else "flattens"
    fewer = "fewer" if degree < 1 else "more"
    return (
        f"**The order matters**: with the temperature first {left[0]:,} tokens are left, with it last "
        f"{left[1]:,}. A temperature of {degree} {change} the distribution, so that {fewer} tokens make up "
        "the mass of top-p or come near enough to the likeliest for min-p; after them it only shifts the "
        "chances among those left. Top-k counts ranks, which no temperature changes."
    )


def penalised(view, own, chances):
    """What the repetition penalty does to the likeliest token that the text already has."""
    if "r" not in view.sampling.letters:
        return ""
    ids = sorted(set(view.path.ids))
    most = max(ids, key=own.__getitem__)
    return (
        f" The repetition penalty divides the logits of the {len(ids)} tokens that the text has, or "
        f"multiplies them where they are below 0: {view.word(most)}, the likeliest of them, falls from "
        f"{percent(own[most], None)} to {percent(chances[1][most], None)}."
    )
