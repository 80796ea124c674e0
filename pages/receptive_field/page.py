"""How far can a neuron see? Convolutions beside attention on the reader's own text: reach by formula and by
gradient, then influence in trained models.
"""

import streamlit as st

from model.analysis import reach
from pages import _shell, _text
from pages._choices import is_chosen, put
from pages._control import NothingToShow, pause, row_above, token
from pages._fold import fold
from pages.receptive_field import cones, connection, distance, influence, switches
from viz.component.cone import Panel, cone

st.markdown("**Choose the output token**: which words do not reach it?")
text = _text.place(influence.ATTENTION)
above = row_above("above_bare")
try:
    trace = _shell.explain(text, influence.ATTENTION)
except ValueError as reason:
    st.warning(str(reason))
    raise NothingToShow from reason
T = len(trace.tokens)
outputs = token("Output token", "receptive_field.output", trace.tokens, T - 1)
output = outputs.value()
word = _shell.plain(trace.tokens[output])
settings = switches.settings()
place = output // reach.steps(settings.convolutions)[-1]  # where the output stands that belongs to the token
convolution, measured = cones.convolution(T, place, settings)
attention, measured_attention = cones.attention(T, output, settings)


def take_token(place):
    put({outputs.key: place})


cone(
    [Panel("Convolutions", *convolution), Panel("Attention", *attention)],
    trace.tokens,
    output=output,
    key="receptive_field.cone",
    label="What the output can see",
    revision=text,
    on_select=take_token,
)
pause()
with above:
    outputs.draw(format_func=lambda i: f"Output {i + 1}: {trace.tokens[i]}", label_visibility="collapsed")
switches.draw(settings)
if T == 1:
    st.info(
        "This text is one token, and a token alone has nothing to look at but itself. Type a few words more."
    )
cones.in_short(settings, output, word, T)
cones.agreement(("convolutions", convolution, measured), ("attention", attention, measured_attention))

near = {"vision.section": "Near-sighted"}
_shell.lead_to(
    "vision", "The same on a picture: what does a patch look at?", near, key="receptive_field.vision"
)
fold(
    "What does a short reach cost?",
    "receptive_field.cost",
    distance.move_the_clue,
    text,
    opened=any(map(is_chosen, distance.CHOICES)),
)
fold("The same in many more sentences", "receptive_field.many", distance.of_the_cards)
fold("What does a trained model really use?", "receptive_field.used", influence.show, trace, output, word)
fold(
    "How many layers connect two tokens?",
    "receptive_field.connect",
    connection.show,
    trace,
    output,
    settings,
    opened=is_chosen(connection.OTHER),
)
fold(
    "How it is computed",
    "receptive_field.code",
    cones.computed,
    settings,
    output,
    word,
    T,
    opened=bool(settings.stack),
)
