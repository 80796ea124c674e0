"""The tokenizer just trained, on another text, and taken along as a file."""

from functools import partial

import streamlit as st

from model import export
from model.tokenizer import Tokenizer
from pages import _shell
from pages._control import Line
from pages._numbers import plural
from pages.bpe.pieces import listed
from viz.component.chips import chips

OTHER = Line(
    "Read another text with this tokenizer",
    "bpe.other",
    None,
    "The lowest river bank, and the widest",
    look={"placeholder": "Words that the training text may not have"},
)
LONGEST, SHOWN = 20_000, 200  # letters read, tokens drawn


def read_another(tokenizer: Tokenizer, name: str) -> None:
    """A box for another text, its tokens, and a button that saves the tokenizer."""
    text = OTHER.value()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        OTHER.draw(width=420)
        download(tokenizer, "bpe.save", f"riverbank-{name}-tokenizer.json")
    if len(text) > LONGEST:
        st.info(
            f"This text has {plural('letter', len(text))}; at most {LONGEST:,} are read here. Shorten it."
        )
        return
    ids = tokenizer.encode(text)
    if not ids:
        st.info("Type a word that the training text does not have: see which pieces it is made of.")
        return
    chips(
        [tokenizer.piece(id) for id in ids[:SHOWN]],
        key="bpe.elsewhere",
        notes=[str(id) for id in ids[:SHOWN]],
        label="tokens of the other text, with their ids",
        revision=f"{name}\n{text}",
    )
    most = max(tokenizer.words(text), key=lambda word: len(tokenizer.encode_word(word)))
    pieces = tokenizer.encode_word(most)
    st.markdown(
        f"**{plural('token', len(ids))}** for {plural('character', len(text))}"
        + f", the first {SHOWN} of them drawn" * (len(ids) > SHOWN)
        + f". {_shell.plain(most)} is {listed(tokenizer, pieces)}: a word that was never seen falls into the "
        "pieces of those that were."
    )


def download(tokenizer: Tokenizer, key: str, file: str) -> None:
    """A button that saves the tokenizer as tokenizer.json; where the file cannot say it, the reason."""
    try:
        export.check(tokenizer)
    except ValueError as reason:
        st.caption(str(reason))
        return
    st.download_button(
        "Save as tokenizer.json",
        partial(export.exported, tokenizer),
        file,
        "application/json",
        key=key,
        on_click="ignore",
        help="Hugging Face’s tokenizers reads it to the same ids: Tokenizer.from_file",
    )
