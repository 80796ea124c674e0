"""Where do tokens come from? Byte pair encoding trained in the page, the bundled tokenizer on the reader's text, and what fewer merges do to a model."""

import _first
import _lesson
import _pieces
import _shell
import streamlit as st
from _link import kept

from model import load
from model import tokenizer as bpe

choice = _shell.choice()
text = kept("bpe.text", None, _lesson.STORY)
asked = kept("bpe.merges", range(1, _lesson.MOST + 1), _lesson.MERGES)
st.markdown(
    "A tokenizer begins with single bytes. It finds the two neighbours that stand side by side most often, glues them into one token, and does so again, "
    "and again. **Press play**, and look for the first whole word."
)
wrong = _lesson.wrong(text)
if wrong:
    st.warning(wrong)
    _lesson.controls(text)
    raise _shell.NothingToShow
lesson = _lesson.trained(text, asked)
_lesson.player(lesson, kept("bpe.merge", range(len(lesson.pairs) + 1), 0))
_shell.pause()
_lesson.controls(text)
_lesson.summary(lesson, asked)

bundle = load(choice.model)
_shell.heading("What the model reads of your text")
st.markdown(
    f"This is the tokenizer of {bundle.name}: {len(bundle.tokenizer.merges):,} merges, learned from its training texts in the same way. "
    "**Click a token** to see the merges that made its word; type another text in the sidebar."
)
try:
    bundle.read(choice.text)
except ValueError as reason:
    st.info(str(reason))
else:
    left, right = st.columns(2, gap="medium")
    with left:
        word = _pieces.text_in_tokens(bundle.tokenizer, choice.text)
    with right:
        _pieces.one_word(bundle.tokenizer, word)
    _shell.heading("Fewer merges, more tokens, and a lost model")
    st.markdown(
        "The same parameters, the same text, but a tokenizer that stops early. **Drag the slider to the left**: the map grows, and the model loses its way."
    )
    _first.experiment(choice)

_shell.heading("The same sentence in eight languages")
_pieces.languages(bundle.tokenizer)

_shell.heading("The functions that trained and encoded")
_shell.show_source(bpe.rounds, bpe.Tokenizer.steps, bpe.Tokenizer._merge)
