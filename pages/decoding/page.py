"""How is the next word chosen? The model's real distribution, the filters that cut it, and a text that grows
from it token by token.
"""

import streamlit as st

from model import Trace, decoding, probabilities
from model.analysis import sink
from pages import _ending, _shell
from pages._control import Buttons
from pages.decoding import beams, branches, cache, chances, first_token, logit_lens, play

SECTIONS = {
    "The next word": chances.section,
    "Beam search": beams.section,
    "Two branches": branches.section,
    "Attention and cache": cache.section,
    "The first token": first_token.section,
    "Surprise and layers": logit_lens.section,
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

choice = _shell.choice(kinds=("decoder",))
path = play.path(choice)
how = chances.settings(len(play.load(choice.model).tokenizer))
path, step = play.on(path, how)
section = VIEW.value()
trace = play.read(path.model, path.ids)
st.markdown(
    "A model writes one token at a time: it gives **every** token of its vocabulary a probability, one is "
    "chosen, and the longer text is read again. "
    "**Press One token**, or click any candidate to take it instead. Click a token of the text to go back to "
    "where it was chosen."
)
play.tell(path, trace.losses / probabilities.BIT)
play.buttons(path, step)
VIEW.draw()
_ending.note(choice.text, choice.model)
if not trace.config.causal:
    st.info(
        f"{path.model} was trained to look at the tokens that it should predict. While it writes there are "
        "none yet, and every new one changes all before it."
    )
SECTIONS[section](play.View(choice, path, how, step, trace))
play.go_on()
_shell.heading("The functions that did this")
_shell.show_source(*SOURCES[section])
