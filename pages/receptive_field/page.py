"""How far can a neuron see? Convolutions beside attention on the reader's own text: reach by formula and by
gradient, then influence in trained models.
"""

import streamlit as st

from model.analysis import reach
from pages import _shell, _text
from pages._choices import put
from pages._control import NothingToShow, pause, row_above, token
from pages.receptive_field import cones, connection, distance, influence, switches
from viz.component.cone import Panel, cone

st.markdown(
    "A neuron can only use what reaches it. **Choose the output token** and look for the words that its cone "
    "leaves out: a convolution reaches a little further with each layer, attention takes in the whole text "
    "at once."
)
text, st.session_state.reader = _text.place(), influence.ATTENTION
above = row_above()
try:
    trace = _shell.explain(text, influence.ATTENTION)
except ValueError as reason:
    st.warning(str(reason))
    raise NothingToShow from reason
T = len(trace.tokens)
outputs = token("Output token", "receptive_field.output", trace.tokens, T - 1)
others = token("Connect the output with", "receptive_field.other", trace.tokens, min(1, T - 1))
output, other = outputs.value(), others.value()
word = _shell.plain(trace.tokens[output])
settings = switches.settings()
place = output // reach.steps(settings.convolutions)[-1]  # where the output stands that belongs to the token
convolution, measured = cones.convolution(T, place, settings)
attention, measured_attention = cones.attention(T, output, settings)


def take_token(place):
    put({outputs.key: place})


below = st.container()
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
    outputs.draw()
with below:
    switches.draw(settings)
if T == 1:
    st.info(
        "This text is one token, and a token alone has nothing to look at but itself. Type a few words more."
    )

left, right = st.columns(2, gap="medium")
with left:
    cones.about_convolutions(settings, output, word, T)
    if settings.stack:
        cones.layer_table(settings)
with right:
    cones.about_attention(settings, output, word, T)
cones.agreement(("convolutions", convolution, measured), ("attention", attention, measured_attention))

_shell.heading("How many layers to connect two tokens?")
others.draw()
connection.draw_connection(trace, output, other, settings)

_shell.heading("What does a trained model really use?")
st.markdown(
    "A cone shows what could matter. What does the model really use? Two models were trained alike, one "
    f"with attention, one with convolutions. Gradient: how far the final vector of {word} moves with a small "
    "step of each token’s embedding. Occlusion: how far when the token is replaced, the mean over "
    f"{reach.PUT} small words."
)
context = trace.config.context
if context < T:
    st.info(
        f"This is measured for texts of up to {context} tokens, as many as the models were trained on at a "
        f"time; yours has {T:,}."
    )
else:
    influence.strips(trace, output, influence.influence(tuple(map(int, trace.ids)), output))

_shell.heading("What does a short reach cost?")
st.markdown(
    "**Move the clue of your sentence away from its word.** Attention finds it wherever it is; a convolution "
    "loses it at the edge of its cone."
)
distance.move_the_clue(text)

_shell.heading("The functions that computed the cone")
_shell.show_source(reach.cone, reach.measured)
