"""Where do tokens come from? Byte pair encoding trained in the page, the bundled tokenizer on the reader's
text, and what fewer merges do to a model.
"""

import streamlit as st

from model import load
from model import tokenizer as bpe
from model.loading import is_opened
from pages import _fold, _sidebar
from pages._choices import is_chosen
from pages._control import Control, NothingToShow, pause
from pages.bpe import elsewhere, fewer_merges, languages, opened, pieces, player, training, words

st.markdown(
    "A tokenizer begins with single bytes and glues the two neighbours that stand side by side most often "
    "into one token, again and again. **Press play**, and look for the first whole word."
)
choice = _sidebar.choice(hub=True)
text, asked = player.TEXT.value(), player.COUNT.value()
own = is_chosen("bpe.text") or is_chosen("bpe.merges")
wrong = player.wrong(text)
if wrong:
    st.warning(wrong)
    player.controls(text)
    raise NothingToShow

bundle, read = load(choice.model), []
own_model = not is_opened(choice.model)
tokens = words if own_model else opened
try:
    bundle.read(choice.text)
    read = tokens.read(bundle, choice.text)
except ValueError as reason:
    st.info(str(reason))
if read:
    place = pieces.text_in_tokens(bundle, choice.text, read, tokens.around(bundle, choice.text))
    name, clicked = "How the words of your text became tokens", is_chosen("bpe.token")
    _fold.fold(name, "bpe.word", tokens.show, bundle, choice.text, read[place], opened=clicked)

trained = training.trained(text, asked)
player.player(trained, Control("Merge", "bpe.merge", range(len(trained.pairs) + 1), 0).value())
pause()
player.summary(trained, asked)
_fold.fold("Train it on a text of your own", "bpe.own", player.controls, text, opened=own)
_fold.fold(
    "The tokenizer that you trained, on another text",
    "bpe.another",
    elsewhere.read_another,
    trained.tokenizer,
    "trained",
    opened=is_chosen("bpe.other"),
)
if read:
    name, moved = "Fewer merges, more tokens, and a lost model", is_chosen("bpe.first")
    _fold.fold(name, "bpe.fewer", fewer_merges.experiment, choice, opened=moved)
if bundle.tokenizer:
    tokenizer = bundle.tokenizer, own_model
    _fold.fold("The same sentence in eight languages", "bpe.eight", languages.draw_languages, *tokenizer)
_fold.sources(
    "bpe.code",
    bpe.rounds,
    bpe.Tokenizer.steps,
    bpe.Tokenizer._merge,
    name="The functions that trained and encoded",
)
