"""What pages that show the next token say of a text that ends where the model cannot go on well: with white
space, or inside a word.
"""

import numpy as np
import streamlit as st

from model import load
from model.analysis import ending
from model.loading import is_opened
from model.probabilities import BIT, entropy, softmax
from pages import _shell
from pages._cache import remembered
from pages._choices import put
from pages._numbers import number, percent

SURE = 0.98  # share of longer words: of 200 in two tales no whole one has more, and 9 of 10 that are cut
LISTED = 3  # longer words
SPACES = {" ": "space", "\n": "line break", "\t": "tab", "\u00a0": "non-breaking space"}


@remembered()
def beginning(text, name):
    return ending.beginning(load(name), _shell.explain(text, name))


def note(text, name):
    """Say so, with a button that takes it off, and the way to the page about tokens; of our own models, whose
    tokenizer is known through and through.
    """
    config = load(name).config
    if is_opened(name) or not (config.predicts and config.causal):
        return
    if text.strip() and ending.trailing_space(text):
        white_space(text, name)
    elif (last := beginning(text, name)) and last.share > SURE:
        unfinished(text, last)


def note_ahead(trace, place=None, mask=None):
    """Say so where the next token after a place, or after every place, is given its probability by a model
    that has read it already: without a causal mask, everywhere but at the end of the text.
    """
    reads_on = mask == "full" or (mask is None and not trace.config.causal)
    last = len(trace.tokens) - 1
    if trace.logits is not None and reads_on and last > 0 and place != last:
        st.info(
            "Nothing hides the next token from the model here: where it gives that token its probability, it "
            "has read it already. So these numbers say how well it copies, not how well it predicts."
        )


def white_space(text, name):
    """The text ends with white space: what the model expects after it, and what without it."""
    better, tokenizer = text.rstrip(), load(name).tokenizer
    tail = text[len(better) :]
    kind = SPACES.get(tail, "white space")
    traces = [_shell.explain(one, name) for one in (text, better)]
    ends = [softmax(trace.logits[-1].astype(np.float64)) for trace in traces]
    after, without = (f"{number(entropy(chances), 2)} bits, {first(tokenizer, chances)}" for chances in ends)
    if tail.endswith(" "):
        best = int(max(ending.extensions(tokenizer, b" "), key=lambda id: ends[1][id]))
        why = f"A space is a part of the next word’s token, as in {_shell.plain(tokenizer.piece(best))}."
    else:
        why = f"The model reads it as {_shell.plain(tail)} and goes on from there."
    bits = traces[0].losses[len(traces[1].ids) - 1 :].sum() / BIT  # white space changes no token before it
    a_kind = kind if kind == "white space" else f"a {kind}"
    st.info(
        f"Your text ends with {a_kind}. {why} Alone it costs the model {number(bits)} bits after "
        f"{_shell.plain(traces[1].tokens[-1])}. Entropy of the next token: **{after}**; without the {kind}: "
        f"**{without}**."
    )
    ways_on(f"Take the {kind} off", better, text)


def first(tokenizer, chances):
    """The likeliest token with its share."""
    return f"first {_shell.plain(tokenizer.piece(int(chances.argmax())))} with {percent(chances.max())}"


def unfinished(text, last):
    """The text ends inside a word: how sure the model is of that, and which words it may be."""
    best = [(word, share) for word, share in last.longer[:LISTED] if share >= 0.005]
    words = ", ".join(f"{_shell.plain(word)} {percent(share)}" for word, share in best)
    share = percent(last.share, 1) if last.share < 0.9995 else f"over {percent(0.999, 1)}"
    likely = f" Likeliest: {words}." * bool(words)
    st.info(
        f"Your text seems to end inside a word: where the model expects {_shell.plain(last.word)} or a word "
        f"that begins so, **{share}** is for the longer ones.{likely} A whole word has tokens of its own, "
        "seldom those of its first letters."
    )
    ways_on(f"Take “{last.word.strip()}” off", text[: -len(last.word)], text)


def ways_on(label, better, text):
    """A button that makes the better text the text, if there is one, and a link to the page about tokens."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if better.strip():
            st.button(label, key="ending.off", on_click=put, args=({"text": better},))
        _shell.lead("bpe", "See its tokens", text=text)
