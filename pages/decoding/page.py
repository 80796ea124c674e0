"""How is the next word chosen? The model's real distribution, the filters that cut it, and a text that grows
from it token by token.
"""

import streamlit as st

from model import Trace, decoding, load, probabilities
from model.analysis import sink
from pages import _ending, _models, _shell, _sidebar
from pages._control import Buttons
from pages.decoding import (
    beams,
    branches,
    cache,
    chances,
    filters,
    first_token,
    growth,
    logit_lens,
    play,
    story,
)

SECTIONS = {
    "The next word": chances.show,
    "Beam search": beams.show,
    "Two branches": branches.show,
    "Attention and cache": cache.show,
    "The first token": first_token.show,
    "Surprise and layers": logit_lens.show,
}
SOURCES = {
    "The next word": (
        decoding.temperature,
        decoding.top_k,
        decoding.top_p,
        decoding.min_p,
        decoding.repetition,
        decoding.sample,
    ),
    "Beam search": (decoding.beams,),
    "Two branches": (Trace.losses.func,),
    "Attention and cache": (decoding.generate, decoding.Cache),
    "The first token": (sink.share, sink.without),
    "Surprise and layers": (Trace.losses.func, decoding.lens),
}
VIEW = Buttons("Look at", "decoding.section", SECTIONS, "The next word")

choice = _sidebar.choice(kinds=("decoder",), hub=True)
_models.runs_attention(choice.model)
path = growth.read_path(choice)
sampling = filters.settings(len(load(choice.model).tokenizer))
path, step = play.advance(path, sampling)
section = VIEW.value()
trace = story.read(path.model, path.ids)
st.markdown(
    "A model writes one token at a time: it gives **every** token of its vocabulary a probability, one is "
    "chosen, and the longer text is read again. **Press One token**, or click any candidate to take it "
    "instead. Click a token of the text to go back to where it was chosen."
)
story.draw_text(path, trace.losses / probabilities.BIT)
play.buttons(path, step)
VIEW.draw()
_ending.note(choice.text, choice.model)
if not trace.config.causal:
    st.info(
        f"{path.model} was trained to look at the tokens that it should predict. While it writes there are "
        "none yet, and every new one changes all before it."
    )
SECTIONS[section](story.DecodingView(choice, path, sampling, step, trace))
play.play_next_token()
_shell.heading("The functions that did this")
_shell.show_source(*SOURCES[section])
