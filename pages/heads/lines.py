"""Who looks at whom, as lines between the tokens: of one head, or of several at once."""

import numpy as np
import streamlit as st

from model.network.attention import attend
from pages import _fold, _shell, _words
from pages._choices import put, refuse
from pages._control import Control, pause
from pages._heads import open_head
from pages._numbers import percent, plural
from pages.heads.pair import look_at, place, seen, short, window
from viz.component.lines import MOST, lines

OPENING = (
    "The left asks, the right answers: a line from “it” to “cat” says that “it” looks at “cat”. **Click "
    "heads** to add or remove them; the more opaque a line, the larger its weight."
)
SHOWN = 512  # tokens of a long text that are sent at once
STEP = 64  # tokens by which that window moves
COLOURS = 6  # heads that have a colour each; of more, the mean is drawn
COUNT = Control("Lines", "heads.lines", range(1, MOST + 1), 50)
MORE = Control("Heads besides the chosen one", "heads.more", None, "")


def show(view):
    """Show the heads of a layer as lines between the tokens."""
    trace, T = view.trace, len(view.trace.tokens)
    every = [
        [short(layer, head) for head in range(trace.config.heads)] for layer in range(trace.config.layers)
    ]
    main = short(view.choice.layer, view.choice.head)
    names = [main, *others([name for line in every for name in line], main)]
    count = COUNT.value()
    part = window(view.query, T, SHOWN, STEP)
    labels = _words.labels(trace, part)
    whole = np.stack([weights(trace, name, part) for name in names])
    each = labels.matrix(whole)
    maps = np.nan_to_num(each)  # what may not be seen weighs nothing
    alone = len(names) <= COLOURS
    shown = each if alone else np.where(np.isfinite(each).any(0), maps.mean(0), np.nan)[None]
    lines(
        shown,
        rows=labels.names,
        columns=labels.names,
        names=names if alone else [f"the mean of {len(names)} heads"],
        heads=every,
        chosen=names,
        count=count,
        start=labels.start,
        selected=labels.cell(view.query, view.key),
        key="heads.curves",
        revision=f"{view.choice.text}\n{' '.join(names)}",
        on_head=take_head,
        on_count=take_count,
        on_token=lambda side, row: take_token(side, labels.token(row)),
    )
    st.session_state["heads.shown"] = names
    pause()
    if (asking := labels.row(view.query)) is not None:
        st.markdown(strongest_lines(names, maps.mean(axis=0), labels, asking))
    st.caption(
        (
            "Each head has a colour of its own."
            if alone
            else f"With more than {COLOURS} heads, the mean of their weights is drawn."
        )
        + (
            f" The lines are those among tokens {part.start + 1} to {part.stop} of {T:,}, around the token "
            "that asks." * (T > SHOWN)
        )
    )
    labels.draw(whole)
    _fold.sources("heads.code", attend)


def weights(trace, name, part):
    layer, head = place(name)
    return seen(trace.layers[layer].attention, head, part)


# ---- which heads ----


def others(every, main):
    """The heads shown besides the one of the sidebar, from the link or the session; what is no head of this
    model is left out.
    """
    named = MORE.value().split()
    known = [name for name in dict.fromkeys(named) if name in every]
    if len(known) < len(named):
        refuse(MORE.key, " ".join(known))
    return [name for name in known if name != main]


def take_head(head):
    """A head was clicked: it comes, or goes; when the sidebar's own goes, the next takes its place, and the
    last one stays.
    """
    names = st.session_state["heads.shown"]
    left = [*names, head] if head not in names else [name for name in names if name != head] or names
    open_head(*place(left[0]))
    put({MORE.key: " ".join(left[1:])})


def take_count(count):
    put({COUNT.key: count})


def take_token(side, token):
    look_at(**{{"row": "query", "column": "key"}[side]: token})


# ---- in words ----


def strongest_lines(names, mean, labels, asking):
    """What the token or word in the row `asking` takes, and how few lines carry half of the weight."""
    row = mean[asking]
    strongest = [j for j in np.argsort(-row, kind="stable")[:3] if row[j] > 0]
    sources = [f"{_words.named(labels.names, j, labels.start)} {percent(row[j])}" for j in strongest]
    who = f"head {names[0]}" if len(names) == 1 else f"the mean of {len(names)} heads"
    largest = np.sort(mean, axis=None)[::-1]
    half = int(np.searchsorted(np.cumsum(largest, dtype=np.float64), 0.5 * mean.sum(dtype=np.float64))) + 1
    return (
        f"In {who} {_shell.plain(labels.names[asking])} takes most from {_shell.listing(sources)}. "
        f"Half of all the weight drawn is in **{half:,} of {plural('line', int((mean > 0).sum()))}**: "
        "the more a head looks at single tokens, the fewer lines are most of what it does."
    )
