"""Knock-outs: what becomes of the output without each head, and without the heads that the reader names."""

import re

import numpy as np
import streamlit as st

from model import load
from model.analysis import knockouts, ranks, senses
from pages import _senses, _shell
from pages._choices import put
from pages._control import Buttons, Control, pause
from pages._numbers import signed
from pages.heads.gauge import (
    METER,
    WAYS,
    amount,
    beliefs,
    effects,
    gauge_of,
    measured,
    sharpness,
    subject,
    unit,
    vectors,
)
from pages.heads.pair import open_head, place, short
from viz import theme
from viz.component import heatmap
from viz.component.meter import Lane, meter
from viz.component.ranking import ranking

DONE = {
    "silenced": "puts out nothing",
    "uniform": "gives all that it may see the same weight",
    "without its sink": "gives the first token nothing and its other weights sum to 1 again",
}
THESE, OTHERS = "these", "all but these"
WAY = Buttons("Each head is", "heads.way", WAYS, next(iter(WAYS)))
SET = Control("Your heads", "heads.set", None, "")
WHICH = Buttons("Knock out", "heads.which", (THESE, OTHERS), THESE)
BEST = 8  # heads and tokens listed


# ---- the section ----


def section(view):
    """Draw all of it."""
    trace, name, config = view.trace, view.choice.model, view.trace.config
    way = WAY.value()
    gauge, wrong = gauge_of(view)
    head = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for control in (WAY, view.asks, measured(view)):
            control.draw()
    ids = tuple(map(int, trace.ids))
    moved = every(gauge, name, ids, way)
    group, strange = chosen(config)
    left, right = st.columns([5, 6], gap="medium")
    with left:
        picture(view, moved, gauge, way)
    with right:
        out = own_set(view, group, strange)
        compare(view, gauge, way, ids, group, out, moved)
    head.markdown(
        "Attention says where a head looks; a knock-out says what that is worth. **Click heads** to knock "
        "several out together. " + strongest(view, moved, gauge, way)
    )
    for sentence in wrong:
        st.info(sentence)
    ranked(view, moved, gauge, way)
    told(view)


def every(gauge, name, ids, way):
    """The effect of each head by itself, (L H,), pass by pass, with a bar that shows progress once it has
    taken half a second.
    """
    config = load(name).config
    heads = knockouts.singles(config)
    parts = _shell.watched(
        senses.parts(heads, knockouts.fitting(config, len(ids))),
        f"Knocking out {len(heads)} heads, one by one",
    )
    return np.concatenate([gauge.read(name, ids, way, tuple(some)) for some in parts])


def picture(view, moved, gauge, way):
    """The effect of every head, layers by heads; a click puts a head into the set or takes it out."""
    L, H = view.trace.config.layers, view.trace.config.heads
    heatmap(
        moved.reshape(L, H),
        rows=[f"layer {i + 1}" for i in range(L)],
        columns=[f"head {i + 1}" for i in range(H)],
        key="heads.effects",
        selected=(view.choice.layer, view.choice.head),
        kind="signed" if gauge.measure == METER else "amounts",
        square=False,
        height=76 + 34 * L,
        row_role="layer",
        column_role="head",
        label=f"each head by itself: {unit(view, gauge)}",
        revision=view.trace.text,
        on_select=toggle,
    )
    pause()
    st.caption(
        "row is a layer, column a head; the number is how far the output moves once that head alone "
        f"{DONE[way]}"
    )


def strongest(view, moved, gauge, way):
    """Which head matters most, and what its weights would have said."""
    H = view.trace.config.heads
    size, sharp = np.abs(moved), sharpness(view, gauge)
    best = int(size.argmax())
    if not size.any():
        return "No head does anything to this output."
    rank = 1 + int((sharp > sharp[best]).sum())
    return (
        f"Here **layer {best // H + 1}, head {best % H + 1}** matters most: {way}, it moves "
        f"{subject(view, gauge)} by **{amount(view, gauge, moved[best])}**. By its largest weight there it "
        f"is number {rank} of {len(moved)}; over all heads the two orders have a rank correlation of "
        f"{signed(ranks.correlation(size, sharp), 2)}; at 1 the weights would tell the influence."
    )


# ---- the reader's own set ----


def chosen(config):
    """The heads that the reader has named, each (layer, head), and the names that this model has no heads
    for.
    """
    said = dict.fromkeys(re.findall(r"\b(\d{1,3})\.(\d{1,3})\b", SET.value()))
    heads = [(int(layer) - 1, int(head) - 1) for layer, head in said]
    fits = [(layer, head) for layer, head in heads if 0 <= layer < config.layers and 0 <= head < config.heads]
    return tuple(sorted(fits)), [short(*head) for head in heads if head not in fits]


def keep_set(heads):
    put({SET.key: " ".join(short(*head) for head in sorted(heads))})


def toggle(layer, head):
    """The clicked head goes into the set, or out of it, and is the sidebar's head from now on."""
    group, _ = chosen(load(st.session_state.reader).config)
    keep_set(set(group) ^ {(layer, head)})
    open_head(layer, head)


def take_list():
    keep_set(map(place, st.session_state["heads.list"]))


def own_set(view, group, strange):
    """Draw the controls of the set; return the heads that are knocked out."""
    config = view.trace.config
    which = WHICH.value()
    st.session_state["heads.list"] = [short(*head) for head in group]
    names = [short(*head) for (head,) in knockouts.singles(config)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.multiselect(
            "Your heads, as layer.head",
            names,
            key="heads.list",
            on_change=take_list,
            width=330,
            placeholder="Click heads in the picture, or choose here",
        )
        WHICH.draw()
    if strange:
        st.caption(f"{', '.join(strange[:BEST])}: this model has no such head, it is left out")
    if not group:
        return ()
    return group if which == THESE else knockouts.others(config, group)


def compare(view, gauge, way, ids, group, out, moved):
    """The output before and after the set is knocked out, and its effect beside the sum of the single
    ones.
    """
    name, H = view.choice.model, view.trace.config.heads
    if not group:
        st.markdown("Nobody is knocked out yet: this is the model as trained.")
    elif not out:
        st.markdown("All heads are kept, so nothing is knocked out: this is the model as trained.")
    else:
        joint = float(gauge.read(name, ids, way, (out,))[0])
        alone = float(moved[[layer * H + head for layer, head in out]].sum())
        many = (
            f"**{len(out)} heads** together move"
            if len(out) > 1
            else f"Head **{short(*out[0])}** alone moves"
        )
        sums = (
            f" One by one their effects add up to {amount(view, gauge, alone)}; the difference, "
            f"{amount(view, gauge, joint - alone)}, is what they do to "
            "one another: effects are not parts of a sum."
        )
        st.markdown(
            f"{many} {subject(view, gauge)} by **{amount(view, gauge, joint)}**.{sums * (len(out) > 1)}"
        )
    if gauge.measure == METER:
        lanes(view, gauge, way, ids, out)
    elif view.trace.logits is None:
        movers(view, way, ids, out)
    else:
        bars(view, way, ids, out)


def bars(view, way, ids, out):
    """What a decoder expects next, before and after."""
    name = view.choice.model
    before, after = (beliefs(name, ids, way, group, view.query) for group in ((), out))
    top = np.argsort(-np.maximum(before, after), kind="stable")[:BEST]
    series = {"as trained": (before[top], theme.PLAIN)} | (
        {"knocked out": (after[top], theme.OUTPUT)} if out else {}
    )
    st.caption(
        f"what comes after {_shell.plain(view.trace.tokens[view.query])}: the {BEST} likeliest of "
        f"{len(before):,} tokens"
    )
    ranking(
        series,
        [load(name).tokenizer.piece(int(i)) for i in top],
        key="heads.next",
        label="most likely next tokens",
    )


def movers(view, way, ids, out):
    """The tokens whose final vectors an encoder moves most."""
    if not out:
        return
    change = effects(view.choice.model, ids, way, (out,))[0]
    top = np.argsort(-change, kind="stable")[:BEST]
    st.caption("the tokens whose final vectors move most, as a share of their length")
    series = {"relative change": (change[top], theme.OUTPUT)}
    ranking(
        series,
        [view.trace.tokens[i] for i in top],
        key="heads.moved",
        shares=False,
        label="final vectors that move most",
    )


def lanes(view, gauge, way, ids, out):
    """The word on its meter, before and after."""
    name, known, stage = view.choice.model, gauge.known, gauge.stage
    before, after = (
        float(gauge.value(vectors(name, ids, way, (group,), gauge.places))[0]) for group in ((), out)
    )
    about = known.separation.left[:, stage], known.separation.right[:, stage], known.separation.margin[stage]
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
        f"{_shell.plain(str(gauge.word))} after {_senses.stage_names(view.trace.config)[stage]}, between the "
        "means of bundled examples, −1 and +1: as trained "
        f"{known.call(before, stage)}" + (f", knocked out {known.call(after, stage)}" if out else "")
    )


# ---- below the picture ----


def ranked(view, moved, gauge, way):
    """The heads that matter most beside how sharply they look."""
    H, sharp = view.trace.config.heads, sharpness(view, gauge)
    order = np.argsort(-np.abs(moved), kind="stable")[:BEST]
    _shell.heading("What matters, and what looks sharply")
    st.caption(
        f"the {len(order)} heads, layer.head, that matter most, each {way} by itself, and their row’s "
        "largest weight; each colour has its own scale"
    )
    series = {
        unit(view, gauge): (moved[order], theme.OUTPUT),
        "largest attention weight": (sharp[order], theme.QUERY),
    }
    names = [short(*divmod(int(i), H)) for i in order]
    ranking(series, names, key="heads.ranked", shares=False, label=f"the heads that matter most, each {way}")


def told(view):
    """How it is measured, and the code."""
    _shell.heading("How it is measured")
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
    _shell.say(
        formula,
        f"{meaning} Silenced: the head puts out 0. Uniform: every score is 0. Without its sink: the weight "
        "on the first token is taken away and the rest sums "
        "to 1 again; a token that may see nothing else keeps it. What is compared ran in passes of one "
        "shape, so what cannot change differs by exactly 0.",
    )
    _shell.show_source(knockouts.effects, knockouts.run, *WAYS.values(), knockouts.Level)
