"""Two branches of a text: where they part, and what each costs the model."""

import streamlit as st

from model import probabilities
from pages import _fold, _shell
from pages._findings import extremes
from pages._numbers import number, plural
from pages.decoding import growth, story
from viz import surprise
from viz.component.chips import chips

OPENING = (
    "Each choice leads to another text. **Let it grow, show its tokens, click one to go back, and "
    "take another candidate**: both branches are compared here."
)

NAMES = "this branch", "the other"


def show(view):
    """Show both branches after the place where they part, with their bits."""
    path = view.path
    fork = growth.common(path.ids, path.other)
    if not path.other or fork in (len(path.ids), len(path.other)):
        st.info(
            "There is only one branch so far. Once you go back and take another candidate, the branch that "
            "you left is kept, and both stand here."
        )
        return
    traces = (story.read(path.model, ids) for ids in (path.ids, path.other))
    bits = [trace.losses[fork - 1 :] / probabilities.BIT for trace in traces]  # of the tokens after the fork
    for name, ids, cost in zip(NAMES, (path.ids, path.other), bits, strict=True):
        st.markdown(
            f"**{name.capitalize()}**: {plural('token', len(cost))}, **{number(cost.sum(), 1)} bits**, "
            f"{number(cost.mean(), 2)} a token"
        )
        highest = max(one.max() for one in bits)
        chips(
            [view.piece(id) for id in ids[fork:]],
            notes=[number(one, 1) for one in cost],
            values=cost / highest,
            key=f"decoding.{name.split()[-1]}",
            label=f"tokens of {name} after the fork, with their bits",
            revision=growth.spell(ids, path.prompt),
        )
    st.button("Go to the other", key="decoding.swap", on_click=growth.swap, args=(path,))
    figure = surprise.sums(dict(zip(NAMES, bits, strict=True)))
    _shell.show(
        figure,
        key="decoding.sums",
        finding=extremes({name: one.sum() for name, one in zip(NAMES, bits, strict=True)}, "sum of bits", 1),
        shows="bits of both branches, added up token by token after the place where they part",
    )
    shorter = min(map(len, bits))
    totals = [one[:shorter].sum() for one in bits]
    likelier, other = sorted(NAMES, key=lambda name: totals[NAMES.index(name)])
    less, causal = abs(totals[0] - totals[1]), view.trace.config.causal
    so = f": to the model it is {story.times_as_likely(less)} as likely as {other}" * causal
    st.markdown(
        f"They part after token {fork}, {view.word(path.ids[fork - 1])}. Over the {plural('token', shorter)} "
        f"that both have since, {likelier} costs **{number(less, 1)} bits** less{so}. A token’s bits are "
        "−log₂ of the probability that the model itself gave it, before any filter."
    )
    _fold.fold("How surprise is computed", "decoding.formula", story.surprise_formula, causal)
