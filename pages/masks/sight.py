"""An encoder and a decoder on the same sentence: which words a word knows of, layer by layer."""

import numpy as np
import streamlit as st

from model import load
from model.analysis import leak, senses, sensitivity
from model.trace import frozen
from pages import _fold, _progress, _shell, _sidebar
from pages._cache import remembered
from pages._control import pause, token
from pages._numbers import number, percent, plural
from viz.component import heatmap

MODELS = ENCODER, DECODER = "encoder", "decoder-rope"
OPENING = (
    "The same sentence, read with and without the future. **Choose a word** and see which words its vector "
    "knows of: in the encoder all of them, in the decoder only itself and what stands before it."
)
LONGEST = 128  # tokens, as many as the models were trained on
EXACT = 16  # tokens of a text for which every layer is exact; of a longer one the end is,
WAYS = 16  # and the layers before are estimated along so many random directions


@remembered(heavy=8)
def rows(name, ids, output, dimensions, depths):
    return frozen(sensitivity.squares(load(name).network, ids, output, dimensions, depths))


@remembered(heavy=8)
def along(name, ids, output, depth):
    network = load(name).network
    directions = [leak.direction(network.config.width, seed) for seed in range(1, WAYS + 1)]
    return frozen(sensitivity.along(network, ids, output, directions, (depth,))[0])


def knows(name, ids, output):
    """|d x / d e_j| of the token `output` after each layer and at the end, (L + 1, T), and the relative
    standard error of the layers, 0 where they are exact; with a bar once it has taken half a second.
    """
    network = load(name).network
    layers, C = range(1, network.config.layers + 1), network.config.width
    read = ids[: output + 1] if network.config.causal else ids  # what comes later has no way into this one
    depths = (*layers, None) if len(read) <= EXACT else (None,)
    jobs = [
        (rows, (name, read, output, tuple(some), depths))
        for some in senses.parts(range(C), sensitivity.together(len(read)))
    ]
    jobs += [(along, (name, read, output, depth)) for depth in layers if depth not in depths]
    computed = {rows: [], along: []}
    for function, arguments in _progress.watched(jobs, f"Asking {name} what this word knows of"):
        computed[function].append(function(*arguments))
    norms, error = np.sqrt(sum(computed[rows])), 0.0
    if computed[along]:
        before, error = sensitivity.norms(np.stack(computed[along], axis=1))
        norms = np.concatenate([before, norms])
    return np.pad(norms, ((0, 0), (0, len(ids) - len(read)))), error


def show(view):
    """Show which words a word knows of, in an encoder and in a decoder."""
    choice = view.choice
    traces = {name: _sidebar.read(choice._replace(model=name), notice=False) for name in MODELS}
    decoder = traces[DECODER]
    word = token("Word", "masks.output", decoder.tokens, 0)
    place = word.value()
    with view.row:
        word.draw(label_visibility="collapsed", width=190)
    longest = max(len(trace.tokens) for trace in traces.values())
    if longest > LONGEST:
        st.warning(
            f"This is measured for texts of up to {LONGEST} tokens, as many as the models were trained on at "
            f"a time; yours has {longest:,}. Shorten it."
        )
        return
    columns = st.columns(2, gap="medium")
    sentences, errors = zip(
        *[
            draw_model(column, trace, name, place_of(trace, decoder.spans[place]), choice)
            for column, (name, trace) in zip(columns, traces.items(), strict=True)
        ],
        strict=True,
    )
    pause()
    st.markdown(
        f"{' '.join(sentences)} The first word of a decoder never learns what the sentence is about. That is "
        "why an encoder is asked for what words mean, and a decoder for what comes next: the encoder’s "
        "vectors hold the whole sentence, but there is no next word that it has not seen; the decoder’s hold "
        "only the past, so each can be asked for its next word, all at once."
    )
    _fold.fold("How it is measured", "masks.how", how, max(errors))
    _fold.sources("masks.code", sensitivity.squares, sensitivity.along)


def how(error):
    """What the numbers are."""
    st.markdown(
        "Each row is a layer, each column a token: |∂x / ∂e|, how far the word’s vector x moves with a "
        f"small step of each token’s embedding e; {precision(error)}. Each row is divided by its largest. "
        "Hatched: exactly 0, no path. “looks at”: weights of the layer and head chosen at the left."
    )


def precision(error):
    """How exact the numbers are."""
    if not error:
        return "exact, by all rows of the Jacobian"
    return (
        f"the end is exact, by all rows of the Jacobian; where more than {EXACT} tokens may reach the word, "
        f"the layers are estimated along {WAYS} random directions, give or take {percent(error)} a cell"
    )


def place_of(trace, span):
    """The token of a trace that stands where another model's token has its first character that is no
    space.
    """
    start, end = span
    start += len(trace.text[start:end]) - len(trace.text[start:end].lstrip())
    return next((i for i, (_, after) in enumerate(trace.spans) if after > start), len(trace.tokens) - 1)


def draw_model(column, trace, name, place, choice):
    """The picture of one model, and its sentence."""
    T, word = len(trace.tokens), _shell.plain(trace.tokens[place])
    norms, error = knows(name, tuple(map(int, trace.ids)), place)  # (L + 1, T)
    weights = trace.layers[choice.layer].attention.weights(choice.head)[place]
    shares = np.vstack([norms / norms.max(1, keepdims=True), weights])
    stages = [*(f"layer {i}" for i in range(1, len(norms))), "end", "looks at"]
    with column:
        heatmap(
            shares,
            rows=stages,
            columns=trace.tokens,
            allowed=shares > 0,
            key=f"masks.knows_{name.partition('-')[0]}",
            square=False,
            height=290,
            label=f"{name}: what {trace.tokens[place].strip() or place + 1} knows of",
            row_role="stage",
            column_role="token",
            hole="exactly 0",
            digits=2 if error else 3,
            selected=(len(norms) - 1, place),
            revision=trace.text,
        )
    seen = int((norms[-1] > 0).sum())
    most = np.where(np.arange(T) == place, -1, norms[-1]).argmax()
    beside = ": itself alone"
    if seen > 1:
        beside = (
            f", of the others most by {_shell.plain(trace.tokens[most])} ({number(norms[-1][most])}; by "
            f"itself {number(norms[-1][place])})"
        )
    sentence = (
        f"In {name} the final vector of {word} can be moved by **{seen} of {plural('token', T)}**{beside}."
    )
    return sentence, error
