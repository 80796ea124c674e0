"""Knock-outs: what becomes of the output without each head by itself."""

import numpy as np
import streamlit as st

from model import load
from model.analysis import knockouts, ranks, senses
from pages import _ending, _fold, _progress, _shell
from pages._control import Menu, pause
from pages._heads import map_heads
from pages._numbers import rounding, signed
from pages.heads.gauge import (
    BEST,
    HERE,
    KINDS,
    METER,
    amount,
    gauge_of,
    measured,
    sharpness,
    subject,
    unit,
)
from pages.heads.knocked_out import compare
from pages.heads.own_heads import chosen, own_set, toggle
from pages.heads.pair import short
from viz import theme
from viz.component.ranking import ranking

DONE = {
    "silenced": "puts out nothing",
    "uniform": "gives all that it may see the same weight",
    "without its sink": "gives the first token nothing and its other weights sum to 1 again",
}

OPENING = (
    "Attention says where a head looks; a knock-out says what that is worth. **Click heads** to knock "
    "several out together."
)
KIND = Menu(
    "Each head is",
    "heads.way",
    KINDS,
    next(iter(KINDS)),
    look={"label_visibility": "collapsed", "width": 160},
)


def show(view):
    """Show what the output loses without each head, and without the reader's own heads."""
    trace, name, config = view.trace, view.choice.model, view.trace.config
    kind = KIND.value()
    gauge, wrong = gauge_of(view)
    with view.row:
        KIND.draw()
        measured(view).draw(label_visibility="collapsed", width=220)
    ids = tuple(map(int, trace.ids))
    moved = single_effects(gauge, name, ids, kind)
    group, strange = chosen(config)
    left, right = st.columns([5, 6], gap="medium")
    with left:
        draw_effects(view, moved, gauge, kind)
        view.asks.draw()
    with right:
        out = own_set(view, group, strange)
        compare(view, gauge, kind, ids, group, out, moved)
    st.markdown(strongest(view, moved, gauge, kind))
    for sentence in wrong:
        st.info(sentence)
    if gauge.measure != METER:
        place = view.query if gauge.measure == HERE else None
        _ending.note_ahead(trace, place)
        if place == trace.last:
            _ending.note(view.choice.text, name)
    _fold.fold("What matters, and what looks sharply", "heads.ranks", rank_heads, view, moved, gauge, kind)
    _fold.fold("How it is measured", "heads.how", explain, view)
    _fold.sources("heads.code", knockouts.effects, knockouts.run, *KINDS.values(), knockouts.Level)


def single_effects(gauge, name, ids, kind):
    """The effect of each head by itself, (L H,), pass by pass, with a bar that shows progress once it has
    taken half a second.
    """
    config = load(name).config
    heads = knockouts.singles(config)
    parts = _progress.watched(
        senses.parts(heads, knockouts.fitting(config, len(ids))),
        f"Knocking out {len(heads)} heads, one by one",
    )
    return np.concatenate([gauge.read(name, ids, kind, tuple(some)) for some in parts])


def draw_effects(view, moved, gauge, kind):
    """The effect of every head, layers by heads; a click puts a head into the set or takes it out."""
    L, H = view.trace.config.layers, view.trace.config.heads
    map_heads(
        moved.reshape(L, H),
        key="heads.effects",
        selected=(view.choice.layer, view.choice.head),
        kind="signed" if gauge.measure == METER else "amounts",
        height=76 + 34 * L,
        label=f"each head by itself: {unit(view, gauge)}",
        revision=view.trace.text,
        on_select=toggle,
    )
    pause()
    st.caption(
        "Each row is a layer, each column a head; the number is how far the output moves once that head "
        f"alone {DONE[kind]}."
    )


def strongest(view, moved, gauge, kind):
    """Which head matters most, and what its weights would have said."""
    H = view.trace.config.heads
    size, sharp = np.abs(moved), sharpness(view, gauge)
    best = int(size.argmax())
    if not size.any():
        return "No head does anything to this output."
    rank = 1 + int((sharp > sharp[best]).sum())
    return (
        f"Here **layer {best // H + 1}, head {best % H + 1}** matters most: {kind}, it moves "
        f"{subject(view, gauge)} by **{amount(view, gauge, moved[best])}**. By its largest weight there it "
        f"is number {rank} of {len(moved)}; over all heads the two orders have a rank correlation of "
        f"{signed(ranks.correlation(size, sharp), 2)}; at 1 the weights would tell the influence."
    )


# ---- below the picture ----


def rank_heads(view, moved, gauge, kind):
    """The heads that matter most beside how sharply they look."""
    H, sharp = view.trace.config.heads, sharpness(view, gauge)
    order = np.argsort(-np.abs(moved), kind="stable")[:BEST]
    st.caption(
        f"The {len(order)} heads, layer.head, that matter most, each {kind} by itself, and their row’s "
        "largest weight; each colour has its own scale."
    )
    series = {
        unit(view, gauge): (moved[order], theme.OUTPUT),
        "largest attention weight": (sharp[order], theme.QUERY),
    }
    names = [short(*divmod(int(i), H)) for i in order]
    ranking(series, names, key="heads.ranked", shares=False, label=f"the heads that matter most, each {kind}")


def explain(view):
    """How it is measured, and the code."""
    formula = r"D(p \,\|\, q) = \sum_t p_t \log_2 \frac{p_t}{q_t}"
    meaning = (
        "p is the distribution of the next token as trained, q the one with the head knocked out: the bits "
        "that q wastes if p is right."
    )
    if view.trace.logits is None:
        formula = r"\frac{|f - f'|}{|f|} \qquad \text{or} \qquad \text{meter}(x') - \text{meter}(x)"
        meaning = (
            "f is the final vector as trained, f′ with the head knocked out; the meter is that of “Which "
            "bank?”, at the stage that tells senses best."
        )
    bound, sinks = view.trace.config.rounding, view.trace.layers[view.choice.layer].attention.sinks
    nothing = f"rounding only: up to {rounding(bound)} counts as 0" if bound else "exactly 0"
    rest = "the rest sums" if sinks is None else "the rest, with what goes to no token, sums"
    _shell.say(
        formula,
        f"{meaning} Silenced: the head puts out 0. Uniform: every score is 0. Without its sink: the weight "
        f"on the first token is taken away and {rest} to 1 again; a token that may see nothing else keeps "
        f"it. What is compared ran in passes of one shape, so what cannot change differs by {nothing}.",
    )
