"""The leak test: another word in the future, and which earlier outputs move; then every word, and the
gradients of the same.
"""

import numpy as np
import streamlit as st

from model import load
from model.analysis import leak, sensitivity
from pages import _fold, _progress, _shell, _sidebar
from pages._cache import remembered
from pages._control import Line, pause, token
from pages._numbers import number, percent, plural, rounding
from pages.masks import chosen
from pages.masks.word import replacement
from viz.component import heatmap

OPENING = (
    "Put another word into the future and see who notices. **Choose the token that is replaced**: with the "
    "causal mask not one number left of it changes; with the full mask all do."
)
WORD = Line("by the word", "masks.word", None, "dog", look={"width": 110})
WAYS = 4  # random directions for the gradients
LONGEST = 48  # tokens of a text for which every pair is measured
PASS = 1024  # tokens in one pass
NOTHING = "exactly 0"


@remembered()
def moved(name, ids, place, other, mask):
    return leak.moved(load(name).network, ids, place, other, chosen.allowed_under(mask, name, len(ids)))


@remembered(heavy=24)
def moves(name, ids, places, other, mask):
    return leak.moves(load(name).network, ids, places, other, chosen.allowed_under(mask, name, len(ids)))


@remembered(heavy=24)
def squares(name, ids, mask, seed):
    network = load(name).network
    return leak.squares(
        network, ids, chosen.allowed_under(mask, name, len(ids)), leak.direction(network.config.width, seed)
    )


def show(view):
    """Show which vectors move when a token is replaced, under the chosen mask."""
    choice = view.choice
    trace = _sidebar.read(choice)
    T = len(trace.tokens)
    mask = chosen.chosen(choice.model, T)
    replaced = token("Replace", "masks.future", trace.tokens, T // 2)
    place, word = replaced.value(), WORD.value()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        replaced.draw(width=160)
        WORD.draw()
        chosen.controls(choice.model, mask)
    rows = chosen.empty_rows(chosen.allowed_under(mask, choice.model, T))
    if rows:
        chosen.refuse(rows, trace.tokens, st.warning)
    other = None if rows else replacement(choice.model, trace, place, word)
    if other is not None:
        test(choice.model, trace, place, other, mask)
        pause()
        _fold.fold(
            "Every token, and by gradient", "masks.pairs", every_pair, choice.model, trace, other, mask
        )
        _fold.sources("masks.code", leak.moved, leak.squares)


def test(name, trace, place, other, mask):
    """One word replaced: every token's stream at every stage, and the verdict."""
    T, config = len(trace.tokens), trace.config
    distances = moved(name, tuple(map(int, trace.ids)), place, other, mask)  # (L + 2, T)
    stages = ["embedding", *(f"layer {i}" for i in range(1, config.layers + 1)), "end"]
    shown = distances / (distances.max() or 1)
    heatmap(
        shown,
        rows=stages,
        columns=trace.tokens,
        key="masks.test",
        allowed=distances > 0,
        square=False,
        height=260,
        row_role="stage",
        column_role="token",
        label=f"how far each token’s vector moves, mask: {mask}",
        hole=nothing(config),
        selected=(len(stages) - 1, place),
        revision=trace.text,
    )
    before, after = distances[:, :place], distances[:, place + 1 :]
    numbers = before.size * config.width
    same = "bit for bit" if not config.rounding else f"up to {rounding(config.rounding)} of their length"
    new = _shell.plain(load(name).tokenizer.piece(other))
    change = f"{_shell.plain(trace.tokens[place])}, token {place + 1} of {T}, became {new}. "
    leaks = int((before[-1] > 0).sum())
    if place == 0:
        sentence = "It is the first token: nothing stands before it. Choose a later one."
    elif leaks == 0 and not before.any():
        sentence = (
            f"Of the {plural('output', place)} before it **none has moved**: all {numbers:,} numbers of "
            f"their streams, embedding to end, are the same **{same}**. Of the {T - place - 1} after "
            f"it, {int((after[-1] > 0).sum())} moved."
        )
    else:
        sentence = (
            f"Of the {plural('output', place)} before it **{leaks} moved**, the most by "
            f"{number(before[-1].max())} of its length: with this mask the future leaks into the past. Of "
            f"the {T - place - 1} after it, {int((after[-1] > 0).sum())} moved."
        )
    st.markdown(change + sentence)
    st.caption(
        "Each row is a stage of the model, each column a token; the number is |x − x′| / |x| as a share of "
        f"the largest, {number(distances.max())}. {equality(config)}"
    )


def nothing(config):
    """What a hatched cell says of a change."""
    return f"at most {rounding(config.rounding)}" if config.rounding else NOTHING


def equality(config):
    """What counts as equal, and why."""
    if not config.rounding:
        return (
            "Hatched: no number differs, not in the last bit. Both texts have the same shape and run in the "
            "same order of operations, so equal means equal."
        )
    return (
        f"Hatched: up to {rounding(config.rounding)}, which is rounding. Both texts have the same shape, but "
        "an opened model may add in another order for another word, as one with experts does: it computes "
        "together the tokens that chose the same expert."
    )


def every_pair(name, trace, other, mask):
    """Every token replaced in turn, and the gradients of the same, side by side."""
    T = len(trace.tokens)
    if T > LONGEST:
        st.info(
            f"Every pair is measured for texts of up to {LONGEST} tokens; yours has {T:,}. The test of one "
            "token above knows no such bound."
        )
        return
    ids = tuple(map(int, trace.ids))
    replaced, gradient, error = measured(name, ids, other, mask)
    can = leak.reachable(chosen.allowed_under(mask, name, T), trace.config.layers)
    labels = {"rows": trace.tokens, "columns": trace.tokens, "row_role": "output", "column_role": "input"}
    looks = {"height": 400, "revision": trace.text}
    pictures = (
        (replaced, "by a changed word", "masks.moves", 3, nothing(trace.config)),
        (gradient, "by gradient", "masks.gradient", 2, NOTHING),
    )
    for column, (values, label, key, digits, hole) in zip(st.columns(2, gap="medium"), pictures, strict=True):
        with column:
            heatmap(
                values / (values.max(1, keepdims=True) + (values.max(1, keepdims=True) == 0)),
                allowed=values > 0,
                key=key,
                label=label,
                digits=digits,
                hole=hole,
                reading="{row} moves with {column}",
                **labels,
                **looks,
            )
    st.caption(
        "Each row is an output that moves, each column a token that is changed; a row is divided by its "
        "largest number. By a changed word: |f − f′| / |f| once the column’s token is "
        f"{_shell.plain(load(name).tokenizer.piece(other))} (a column that has it already stays as it was). "
        f"By gradient: |∂f / ∂e|, Hutchinson’s estimate of the Frobenius norm from {WAYS} random directions, "
        f"give or take {percent(error)} a cell; where it is 0, it is so exactly."
    )
    agreement(gradient, replaced, can, trace.config.rounding)


def measured(name, ids, other, mask):
    """Relative change and gradient norm, both (T, T), row output, column input, and the relative standard
    error of the norm; pass by pass, with a bar once it has taken half a second.
    """
    T = len(ids)
    step = max(1, PASS // T)
    jobs = [(moves, (name, ids, tuple(range(T))[i : i + step], other, mask)) for i in range(0, T, step)]
    jobs += [(squares, (name, ids, mask, seed)) for seed in range(1, WAYS + 1)]
    computed = {moves: [], squares: []}
    for function, arguments in _progress.watched(jobs, "Changing each token, and asking for the gradients"):
        computed[function].append(function(*arguments))
    return np.concatenate(computed[moves]).T, *sensitivity.norms(computed[squares])


def agreement(gradient, replaced, can, bound):
    """Whether what the mask forbids through all layers is 0, by change up to a bound, and nothing else."""
    ahead = np.triu(np.ones_like(can), 1)
    changes, gradients = (int((values[ahead] > 0).sum()) for values in (replaced, gradient))
    cells = plural("cell", int(ahead.sum()))
    exactly = (
        f"0, by gradient exactly, by change up to {rounding(bound)}"
        if bound
        else "exactly 0, by both measures"
    )
    sentence = f"Of the {cells} right of the diagonal, the future, all are {exactly}."
    if changes or gradients:
        sentence = (
            f"Of the {cells} right of the diagonal, the future, {changes:,} are above 0 by change and "
            f"{gradients:,} by gradient: it leaks."
        )
    elif not ahead.any():
        sentence = "A text of one token has no future to leak from."
    stray = int((gradient[~can] > 0).sum() + (replaced[~can] > 0).sum())
    closed = int((~can).sum())
    if stray:
        st.error(f"In {plural('cell', stray)} something moves though no path through the mask leads there.")
    st.markdown(
        f"**{sentence}** Counted by the mask alone, no path leads through the layers in {closed:,} of "
        f"{plural('cell', can.size)}; gradient and change are above 0 in {int((gradient[can] > 0).sum()):,} "
        f"and {int((replaced[can] > 0).sum()):,} of the other {int(can.sum()):,}."
    )
