"""How is the next word chosen? The model's real distribution, the filters that cut it, and a text that grows
from it token by token.
"""

import streamlit as st

from model import Trace, decoding, load, probabilities
from model.analysis import sink
from pages import _ending, _fold, _foreign, _sidebar, _text
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
    "The next word": chances,
    "Beam search": beams,
    "Two branches": branches,
    "Attention and cache": cache,
    "The first token": first_token,
    "Surprise and layers": logit_lens,
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
VIEW = Buttons(
    "Look at", "decoding.section", SECTIONS, "The next word", look={"label_visibility": "collapsed"}
)

section = VIEW.value()
st.markdown(SECTIONS[section].OPENING)
choice = _sidebar.choice(kinds=("decoder",), default=_text.EXAMPLES[-1], hub=True)
_foreign.runs_attention(choice.model)
path = growth.read_path(choice)
sampling = filters.settings(len(load(choice.model).tokenizer))
path, step = play.advance(path, sampling)
trace = story.read(path.model, path.ids)
left, right = st.columns(2, gap="medium", vertical_alignment="center")
with left:
    story.draw_text(path, trace.losses / probabilities.BIT)
with right:
    play.buttons(path, step)
VIEW.draw()
_ending.note(choice.text, choice.model)
if not trace.config.causal:
    st.info(
        f"{path.model} was trained to look at the tokens that it should predict. While it writes there are "
        "none yet, and every new one changes all before it."
    )
SECTIONS[section].show(story.DecodingView(choice, path, sampling, step, trace))
play.play_next_token()
_fold.sources("decoding.code", *SOURCES[section], name="The functions that did this")
