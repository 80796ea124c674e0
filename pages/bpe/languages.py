"""Characters per token of the same sentence in eight languages."""

from functools import partial

import streamlit as st

from pages import _shell
from pages._findings import extremes
from pages._numbers import number
from viz import vocabulary

LINES = {  # one sentence
    "English": "The children swam across the river to the other bank.",
    "German": "Die Kinder schwammen durch den Fluss ans andere Ufer.",
    "Spanish": "Los niños cruzaron el río a nado hasta la otra orilla.",
    "Russian": "Дети переплыли реку на другой берег.",
    "Arabic": "سبح الأطفال عبر النهر إلى الضفة الأخرى.",
    "Hindi": "बच्चे तैरकर नदी के दूसरे किनारे पहुँचे।",
    "Chinese": "孩子们游过河，到了对岸。",
    "Japanese": "子どもたちは川を泳いで向こう岸へ渡った。",
}


def draw_languages(tokenizer, ours):
    """Characters per token of the same sentence in eight languages; `ours`: whether the tokenizer is one of
    Riverbank's own, which were trained on English and read any text.
    """
    encode = tokenizer.encode if ours else partial(tokenizer.encode, marks=False)
    unknown = None if ours else tokenizer.cutter.vocabulary.get(tokenizer.cutter.unknown)
    ids = {language: encode(line) for language, line in LINES.items()}
    tokens = {language: len(some) for language, some in ids.items()}
    each = {language: len(line) / tokens[language] for language, line in LINES.items()}
    best, worst = (pick(each, key=each.get) for pick in (max, min))
    _shell.show(
        vocabulary.languages(LINES, tokens),
        key="bpe.languages",
        finding=extremes(each, "number of characters a token", 2),
        shows="characters per token of the same sentence in eight languages",
    )
    st.caption(
        "The same sentence in eight languages. Each bar is characters per token: longer is cheaper. Hover "
        "to read the sentence."
    )
    blind = [language for language, some in ids.items() if unknown in some]
    st.markdown(
        "This tokenizer was trained on English. "
        * ours
        + f"It reads {number(each[best], 2)} characters of {best} at a time, and "
        f"{number(each[worst], 2)} of {worst}: "
        "below 1, a character is more than one token. A text in such a language fills the model’s context "
        f"sooner, and each token carries less: {tokens[worst]} tokens in {worst} against "
        f"{tokens['English']} in English."
        + f" Its sign for what it cannot read stands in {_shell.listing(blind)}: there, text is lost."
        * bool(blind)
    )
