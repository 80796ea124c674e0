"""What the pictures of written parts share: the strongest in words, and from which tokens they came."""

import numpy as np
import streamlit as st

from model.analysis import why
from pages._choices import put
from pages._heads import map_heads
from pages._numbers import plural
from pages.why.view import head_name
from pages.why.words import named
from viz.component import heatmap
from viz.component.waterfall import Summand, waterfall

FEW = 5  # parts in words


def strongest(choice, trace, names, values, sources, place, total):
    """The strongest of the parts, values (A,), in words, the rest summed; a click on a head chooses it.
    `sources` (L, H, S): what each head brought from each token. `place`: the token whose stream it is.
    """
    best = np.argsort(-np.abs(values), kind="stable")[:FEW].tolist()
    summands = [
        Summand(in_words(trace, names[i], sources, values[i], place), values[i], names[i].kind == why.HEAD)
        for i in best
    ]
    if rest := len(values) - len(best):
        left = float(values.sum() - values[best].sum())
        summands.append(Summand([f"all other {plural('part', rest)} together"], left, open=False))
    waterfall(
        summands,
        total=total,
        key="why.written",
        chosen=next(
            (i for i, part in enumerate(best) if names[part][1:3] == (choice.layer, choice.head)), None
        ),
        label=f"what the parts of the model have added: {total}",
        revision=trace.text,
        on_select=lambda row: take(names[best[row]]) if row < len(best) else None,
    )


def take(part):
    """Choose the head that a part is of, if it is one."""
    if part.kind == why.HEAD:
        put({"layer": part.layer + 1, "head": part.head + 1})


def in_words(trace, part, sources, value, place):
    """A part in words, a head with the token that it brought most of this from."""
    token = named(trace.tokens, place)
    if part.kind == why.HEAD:
        gains = sources[part.layer, part.head]
        if gains.sum() * value < 0:  # a mean is taken off: what was brought is not what is shown
            return [f"{part.name}, by bringing less than in the examples"]
        most = int(np.argmax(gains * np.sign(value)))
        return [f"{part.name}, by what it brought from ", named(trace.tokens, most), ""]
    return {
        why.TOKEN: ["the token ", token, " itself"],
        why.POSITION: [f"place {place + 1} itself"],
        why.START: ["", token, f" itself, at place {place + 1}"],
        why.MLP: [f"{part.name}, by what it made of ", token, ""],
        why.BIAS: ["biases, the same for every token"],
    }[part.kind]


def by_head(values, choice, *, key, label, revision):
    """One signed number of each head, (L, H); a click chooses the head."""
    map_heads(
        values,
        key=key,
        kind="signed",
        selected=(choice.layer, choice.head),
        height=76 + 34 * len(values),
        label=label,
        revision=revision,
    )


def by_token(trace, choice, sources, unit):
    """From which tokens all heads together, and the chosen one, brought what they wrote, (L, H, S): two rows,
    each with a scale of its own.
    """
    chosen = head_name(choice.layer, choice.head)
    rows = {"all heads": sources.sum((0, 1)), chosen: sources[choice.layer, choice.head]}
    for key, (name, values) in zip(("why.sources", "why.source"), rows.items(), strict=True):
        heatmap(
            values[None],
            rows=[name],
            columns=trace.tokens,
            key=key,
            kind="signed",
            square=False,
            height=120,
            label=f"{unit}, by the token that it came from: {name}",
            row_role="heads",
            column_role="token",
            reading="{row} brought it from {column}",
            revision=trace.text,
        )
    st.caption("Columns are the tokens; each row has a scale of its own.")
