"""How is the next word chosen? The model's real distribution, the filters that cut it, and a text that grows from it token by token."""

import _branches
import _chances
import _layers
import _memory
import _play
import _search
import _shell
import _sink
import streamlit as st
from _link import kept

from model import Trace, decoding, sink

SECTIONS = {
    "The next word": _chances.section,
    "Beam search": _search.section,
    "Two branches": _branches.section,
    "Attention and cache": _memory.section,
    "The first token": _sink.section,
    "Surprise and layers": _layers.section,
}
SOURCES = {
    "The next word": (decoding.temperature, decoding.top_k, decoding.top_p, decoding.sample),
    "Beam search": (decoding.beams,),
    "Two branches": (Trace.losses.func,),
    "Attention and cache": (decoding.generate, decoding.Cache),
    "The first token": (sink.share, sink.without),
    "Surprise and layers": (Trace.losses.func, decoding.lens),
}

choice = _shell.choice(kinds=("decoder",))
path = _play.path(choice)
how = _chances.settings(len(_play.load(choice.model).tokenizer))
path, step = _play.on(path, how)
section = kept("decoding.section", SECTIONS, "The next word")
trace = _play.read(path.model, path.ids)
st.markdown(
    "A model writes one token at a time: it gives **every** token of its vocabulary a probability, one is chosen, and the longer text is read again. "
    "**Press One token**, or click any candidate to take it instead. Click a token of the text to go back to where it was chosen."
)
_play.tell(path, trace.losses / _layers.BIT)
_play.buttons(path, step)
_shell.pick("Look at", SECTIONS, key="decoding.section")
if not trace.config.causal:
    st.info(
        f"{path.model} was trained to look at the tokens that it should predict. While it writes there are none yet, and every new one changes all before it."
    )
SECTIONS[section](_play.View(choice, path, how, step, trace))
_play.go_on()
_shell.heading("The functions that did this")
_shell.show_source(*SOURCES[section])
