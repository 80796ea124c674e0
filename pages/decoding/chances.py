"""The next word: how it is chosen, the candidates, and what each filter cuts off the distribution."""

from functools import partial
from typing import NamedTuple

import numpy as np
import streamlit as st

from model import decoding
from pages import _shell
from pages._control import choose, kept
from pages.decoding import play
from viz import ranks
from viz.component.candidates import candidates

NAMED = {"temperature": decoding.temperature, "top_k": decoding.top_k, "top_p": decoding.top_p}
METHODS = GREEDY, SAMPLING = "greedy", "sampling"
TEMPERATURES = tuple(i / 10 for i in range(21))
LARGEST = 1, 2, 3, 5, 10, 20, 40, 100, 200, 500, 1000, 2000
MASSES = tuple(i / 20 for i in range(1, 21))
LISTED = 12  # candidates


class How(NamedTuple):
    """How a token is chosen: the filters in their order, as (name, its argument, the value), and the seed,
    None for greedy.
    """

    filters: tuple
    seed: int | None

    @property
    def functions(self):
        """The filters as functions of logits."""
        return [partial(NAMED[name], **{part: value}) for name, part, value in self.filters]

    @property
    def names(self):
        """The filters as a person may read them."""
        return [f"{name.replace('_', '-')} {value:,}" for name, _, value in self.filters]


def settings(vocabulary):
    """The How of this run; asked before the switches are drawn."""
    greedy = kept("decoding.method", METHODS, SAMPLING) == GREEDY
    degree = kept("decoding.temperature", TEMPERATURES, 0.8)
    k = kept("decoding.k", (*LARGEST, vocabulary), 40)
    p = kept("decoding.p", MASSES, 0.95)
    seed = kept("decoding.seed", range(1, 10_000), 1)
    if greedy:
        return How((("temperature", "degree", 0.0),), None)
    return How((("temperature", "degree", degree), ("top_k", "k", k), ("top_p", "p", p)), seed)


def controls(how, vocabulary):
    """Draw the switches."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _shell.pick("Choose by", METHODS, key="decoding.method")
        off = how.seed is None
        for name, label, options in (
            ("temperature", "Temperature", TEMPERATURES),
            ("k", "Top-k", (*LARGEST, vocabulary)),
            ("p", "Top-p", MASSES),
        ):
            key = f"decoding.{name}"
            shown = (lambda k: "all" if k == vocabulary else f"{k:,}") if name == "k" else str
            st.select_slider(
                label,
                options,
                key=key,
                format_func=shown,
                disabled=off,
                on_change=choose,
                args=(key,),
                width=150,
            )
        st.number_input(
            "Seed",
            1,
            9_999,
            key="decoding.seed",
            disabled=off,
            on_change=choose,
            args=("decoding.seed",),
            width=130,
        )


def probabilities(logits):
    """softmax(logits) as float64 (V,), from logits as the steps hold them."""
    logits = logits.numpy().astype(np.float64)
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def section(view):
    """Draw all of it."""
    step = view.step
    if step is None:
        st.info(play.ending(view.path))
        controls(view.how, len(view.trace.logits[-1]))
        return
    chances = [
        probabilities(logits) for logits in step.stages
    ]  # (V,) each: the model's own, then after each filter
    order = decoding.ranked(step.stages[0]).numpy()
    left, right = st.columns([5, 6], gap="medium")
    with left:
        listed(view, chances, order)
    kept = [int((one > 0).sum()) for one in chances]
    with right:
        figure = ranks.ranks(
            {
                "the model’s own": chances[0][order],
                "after the temperature": chances[1][order],
                "what is drawn from": chances[-1][order],
            },
            cuts=dict(zip(view.how.names[1:], kept[2:], strict=True)),
            chosen=int(np.flatnonzero(order == step.id)[0]),
        )
        _shell.show(
            figure,
            key="decoding.ranks",
            alt="probability of every token, from the likeliest to the least likely, and where the filters "
            "cut",
        )
        _shell.pause()
        controls(view.how, len(order))
        table(view, chances, kept)
    meaning(view, chances, kept)


def listed(view, chances, order):
    """The likeliest candidates, and the one that was drawn, as buttons."""
    step, own, final = view.step, chances[0], chances[-1]
    places = list(range(min(LISTED, len(order))))
    drawn = int(np.flatnonzero(order == step.id)[0])
    if drawn not in places:
        places.append(drawn)
    before = view.path.ahead[0] if view.path.ahead else None
    rows = [
        {
            "rank": place + 1,
            "token": view.piece(int(id)),
            "own": own[id],
            "final": final[id],
            "drawn": place == drawn,
            "before": int(id) == before,
            "cut": next(
                (name for name, chance in zip(view.how.names, chances[1:], strict=True) if not chance[id]), ""
            ),
        }
        for place, id in zip(places, order[places], strict=True)
    ]

    def clicked():
        if pressed := st.session_state["decoding.candidates"].get("rank"):
            play.take(view.path, int(order[pressed[0] - 1]))

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
    lines = [f"| | tokens left | mass kept | entropy | {word} |", "|:--|--:|--:|--:|--:|"]
    before = chances[0]
    for name, chance, logits, count in zip(
        ["the model’s own", *view.how.names], chances, step.stages, kept, strict=True
    ):
        mass = before[chance > 0].sum()
        lines.append(
            f"| {name} | {count:,} | {100 * mass:.1f} % | {float(decoding.entropy(logits)):.2f} bits | "
            f"{100 * chance[step.id]:.1f} % |"
        )
        before = chance
    st.markdown("\n".join(lines))


def meaning(view, chances, kept):
    """The sentences under the picture."""
    step, own, final, names = view.step, chances[0], chances[-1], view.how.names
    st.caption(
        "left: the likeliest tokens, thin bar the model’s own probability, thick bar after the filters; the "
        "strip lays the thick bars end to end, and the roll "
        "falls on one. Right: all tokens by rank, both axes logarithmic. Mass kept: the share of the line "
        "above that the filter leaves"
    )
    if step.roll is None:
        told = (
            f"Greedy decoding takes the likeliest, {view.word(step.id)} with {100 * own[step.id]:.1f} %, "
            "always the same: there is nothing to roll."
        )
    else:
        told = (
            f"Seed {view.how.seed} rolls **{step.roll:.3f}** for place {len(view.path.ids) + 1}, which falls "
            f"on {view.word(step.id)}: the model gave it "
            f"{100 * own[step.id]:.1f} %, the filters made that {100 * final[step.id]:.1f} %. "
        )
        told += (
            f"{len(own) - kept[-1]:,} of {len(own):,} tokens were cut; they had "
            f"{100 * own[final == 0].sum():.1f} % of the model’s own mass."
        )
    cut = view.path.ahead[:1]
    if cut and not final[cut[0]]:
        told += f" The token that followed here before, {view.word(cut[0])}, is cut now."
    st.markdown(told)
    _shell.say(
        r"p_i = \frac{e^{z_i / \tau}}{\sum_{j=1}^{V} e^{z_j / \tau}} \qquad \text{top-}k:\ \text{rank}(i) "
        r"\le k \qquad "
        r"\text{top-}p:\ \textstyle\sum_{\text{rank}(j) < \text{rank}(i)} p_j < p \qquad H = -\sum_i p_i "
        r"\log_2 p_i",
        f"$z$ are the logits of all V = {len(own):,} tokens, $\\tau$ the temperature. What is kept is "
        "divided by its sum, so that it is a distribution again. "
        f"The order is {', then '.join(names)}.",
    )
