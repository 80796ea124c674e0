"""The output before and after the reader's heads are knocked out."""

import numpy as np
import streamlit as st

from model import load
from pages import _senses, _shell
from pages.heads.gauge import (
    BEST,
    METER,
    amount,
    beliefs,
    effects,
    subject,
    vectors,
)
from pages.heads.pair import short
from viz import theme
from viz.component.meter import Lane, meter
from viz.component.ranking import ranking


def compare(view, gauge, kind, ids, group, out, moved):
    """The output before and after the set is knocked out, and its effect beside the sum of the single
    ones.
    """
    name, H = view.choice.model, view.trace.config.heads
    if not group:
        st.markdown("No head is switched off yet: this is the model as trained.")
    elif not out:
        st.markdown("All heads are kept, so none is switched off: this is the model as trained.")
    else:
        joint = float(gauge.read(name, ids, kind, (out,))[0])
        alone = float(moved[[layer * H + head for layer, head in out]].sum())
        many = (
            f"**{len(out)} heads** together move"
            if len(out) > 1
            else f"Head **{short(*out[0])}** alone moves"
        )
        sums = (
            f" One by one their effects add up to {amount(view, gauge, alone)}; the difference, "
            f"{amount(view, gauge, joint - alone)}, is what they do to one another: effects are not parts of "
            "a sum."
        )
        st.markdown(
            f"{many} {subject(view, gauge)} by **{amount(view, gauge, joint)}**.{sums * (len(out) > 1)}"
        )
    if gauge.measure == METER:
        lanes(view, gauge, kind, ids, out)
    elif view.trace.logits is None:
        movers(view, kind, ids, out)
    else:
        bars(view, kind, ids, out)


def bars(view, kind, ids, out):
    """What a decoder expects next, before and after."""
    name = view.choice.model
    before, after = (beliefs(name, ids, kind, group, view.query) for group in ((), out))
    top = np.argsort(-np.maximum(before, after), kind="stable")[:BEST]
    series = {"as trained": (before[top], theme.PLAIN)} | (
        {"knocked out": (after[top], theme.OUTPUT)} if out else {}
    )
    st.caption(
        f"What comes after {_shell.plain(view.trace.tokens[view.query])}: the {BEST} likeliest of "
        f"{len(before):,} tokens."
    )
    ranking(
        series,
        [load(name).tokenizer.piece(int(i)) for i in top],
        key="heads.next",
        label="most likely next tokens",
    )


def movers(view, kind, ids, out):
    """The tokens whose final vectors an encoder moves most."""
    if not out:
        return
    change = effects(view.choice.model, ids, kind, (out,))[0]
    top = np.argsort(-change, kind="stable")[:BEST]
    st.caption("These tokens’ final vectors move most, as a share of their length.")
    series = {"relative change": (change[top], theme.OUTPUT)}
    ranking(
        series,
        [view.trace.tokens[i] for i in top],
        key="heads.moved",
        shares=False,
        label="final vectors that move most",
    )


def lanes(view, gauge, kind, ids, out):
    """The word on its meter, before and after."""
    name, known, stage = view.choice.model, gauge.known, gauge.stage
    found = [vectors(name, ids, kind, (group,), gauge.places) for group in ((), out)]  # (1, S, C) each
    before, after = (float(gauge.value(one)[0]) for one in found)
    about = known.separation.left[:, stage], known.separation.right[:, stage], known.margin[stage]
    drawn = [Lane("as trained", *about, (before,))] + ([Lane("knocked out", *about, (after,))] if out else [])
    meter(
        drawn,
        ends=known.ends,
        marks=("1",),
        key="heads.meter",
        label=f"{gauge.word} between {known.ends[0]} and {known.ends[1]}",
        revision=view.trace.text,
    )
    st.caption(
        f"{_shell.plain(str(gauge.word))} after {_senses.stage_names()[stage]}, between the "
        "means of bundled examples, −1 and +1: as trained "
        f"{known.call(before, stage, found[0][0])}"
        + (f", knocked out {known.call(after, stage, found[1][0])}" if out else "")
        + "."
    )
