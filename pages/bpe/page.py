"""Where do tokens come from? Byte pair encoding trained in the page, the bundled tokenizer on the reader's
text, and what fewer merges do to a model.
"""

import streamlit as st

from model import load
from model import tokenizer as bpe
from pages import _shell, _sidebar
from pages._control import Control, NothingToShow, pause
from pages.bpe import elsewhere, fewer_merges, languages, pieces, player, training

choice = _sidebar.choice()
text, asked = player.TEXT.value(), player.COUNT.value()
st.markdown(
    "A tokenizer begins with single bytes. It finds the two neighbours that stand side by side most often, "
    "glues them into one token, and does so again, and again. **Press play**, and look for the first whole "
    "word."
)
wrong = player.wrong(text)
if wrong:
    st.warning(wrong)
    player.controls(text)
    raise NothingToShow
trained = training.trained(text, asked)
player.player(trained, Control("Merge", "bpe.merge", range(len(trained.pairs) + 1), 0).value())
pause()
player.controls(text)
player.summary(trained, asked)
_shell.heading("The tokenizer that you trained, on another text")
elsewhere.read_another(trained.tokenizer, "trained")

bundle = load(choice.model)
_shell.heading("What the model reads of your text")
st.markdown(
    f"This is the tokenizer of {bundle.name}: {len(bundle.tokenizer.merges):,} merges, learned from its "
    "training texts in the same way. **Click a token** to see the merges that made its word; type another "
    "text in the sidebar."
)
try:
    bundle.read(choice.text)
except ValueError as reason:
    st.info(str(reason))
else:
    left, right = st.columns(2, gap="medium")
    with left:
        word = pieces.text_in_tokens(bundle.tokenizer, choice.text)
    with right:
        pieces.one_word(bundle.tokenizer, word)
    _shell.heading("Fewer merges, more tokens, and a lost model")
    st.markdown(
        "The same parameters, the same text, but a tokenizer that stops early. **Drag the slider to the "
        "left**: the map grows, and the model loses its way."
    )
    fewer_merges.experiment(choice)

elsewhere.download(bundle.tokenizer, "bpe.save_bundled", f"{bundle.name}-tokenizer.json")
_shell.heading("The same sentence in eight languages")
languages.draw_languages(bundle.tokenizer)

_shell.heading("The functions that trained and encoded")
_shell.show_source(bpe.rounds, bpe.Tokenizer.steps, bpe.Tokenizer._merge)
