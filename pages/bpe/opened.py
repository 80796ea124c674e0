"""How the tokenizer of an opened model cuts the reader's text: merges, the longest match, or the likeliest
pieces with their scores.
"""

import streamlit as st

from pages import _shell
from pages._numbers import number, plural, signed
from pages.bpe import pieces
from pages.bpe.pieces import Word, listed
from viz.component.ladder import Rung, ladder


def read(bundle, text):
    """The Words of a text; one that is not shown step by step, if the text cannot be cut so here. ValueError
    if it has no token.
    """
    tokenizer = bundle.tokenizer
    ids = tokenizer.encode(text, marks=False)
    if not ids:
        raise ValueError(f"{_shell.escaped(bundle.name)} makes no token of this text.")
    spans = tokenizer.spans(text, ids, marks=False)
    try:
        every = tokenizer.words(text)
    except ValueError as reason:
        return [Word(text, ids, why=str(reason))]
    if every is None:
        why = "This tokenizer does more than its tables say, so that its steps are not shown."
        return [Word(text, ids, why=why)]
    found, place = [], 0
    for one in every:
        places = spans[place : place + len(one.ids)]
        place += len(one.ids)
        span = (min(start for start, _ in places), max(end for _, end in places)) if places else (0, 0)
        why = "It is a token by name: the text is searched for it before anything is cut." * one.added
        found.append(Word(tokenizer.text_of(one.spelled), one.ids, one.spelled, span, why))
    return [word for word in found if word.ids]


def around(bundle, text):
    """What the model puts around the tokens of a text, in a sentence; empty where it puts nothing."""
    before, _, after = bundle.parted(text)
    sides = {"before": before, "after": after}
    marks = [f"{listed(bundle.tokenizer, ids)} {side} them" for side, ids in sides.items() if ids]
    return f" The model reads {_shell.listing(marks)}." if marks else ""


def show(bundle, text, word):
    """How the text fares, and how the chosen word came to its tokens."""
    tokenizer = bundle.tokenizer
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"This is the tokenizer of {_shell.escaped(bundle.name)}. {KINDS[tokenizer.kind][0]}")
        st.markdown(fare(tokenizer, text))
    with right:
        if word.why:
            st.info(word.why)
            return
        steps = tokenizer.cutter.steps(word.spelled)
        st.markdown(f"{_shell.plain(word.text)}: {KINDS[tokenizer.kind][1](tokenizer, word, steps)}")
        rows = rungs(tokenizer, word, steps)
        ladder(rows, key="bpe.ladder", label="the steps in which the word was cut", revision=word.text)
        st.caption(
            f"Characters {word.span[0] + 1:,} to {word.span[1]:,} of your text. {CAPTIONS[tokenizer.kind]}"
        )


def fare(tokenizer, text):
    """How many tokens the text has, how many of its words are one, and the word in most pieces."""
    ids = tokenizer.encode(text, marks=False)
    every = [word for word in pieces.spoken(ids, tokenizer.spans(text, ids, marks=False), text) if word.ids]
    sentence = pieces.count(ids, text)
    if not every:
        return sentence
    rare = max(every, key=lambda word: len(word.ids))
    return (
        f"{sentence}{pieces.alone(every)}. The word in most pieces is {_shell.plain(rare.text)}: "
        f"{plural('token', len(rare.ids))}, {listed(tokenizer, rare.ids)}."
    )


# ---- the steps of a word ----


def rungs(tokenizer, word, steps):
    """The steps as Rungs, with scores or, under the last one, ids."""
    rows = []
    for n, step in enumerate(steps):
        notes = [score(tokenizer, piece) for piece in step.tokens] if step.score is not None else []
        notes = notes or (list(map(str, word.ids)) if n == len(steps) - 1 else [])
        shown = [tokenizer.text_of(token) for token in step.tokens]
        rows.append(Rung(name(tokenizer, step, n), shown, list(step.made), notes))
    return rows


def name(tokenizer, step, n):
    """What stands before the row of a step."""
    if step.score is not None:
        return number(step.score)
    if step.rank is not None:
        return f"merge {step.rank + 1:,}"
    if step.made:
        return f"match {n}"
    if step.tokens == (tokenizer.cutter.unknown,):
        return "unknown"
    return "word" if tokenizer.kind != "BPE" else "bytes" if tokenizer.reads_bytes else "letters"


def score(tokenizer, piece):
    """log p of a piece, or of a character that is none."""
    return number(tokenizer.cutter.scores.get(piece, tokenizer.cutter.penalty))


def merged(tokenizer, word, steps):
    """What byte pair encoding did to the word."""
    tokens = plural("token", len(word.ids))
    letters = plural("byte" if tokenizer.reads_bytes else "letter", len(steps[0].tokens))
    if len(steps) > 1:
        return (
            f"{letters}, {plural('merge', len(steps) - 1)}, **{tokens}**. Of the merges learned, always the "
            "earliest that fits is made:"
        )
    if len(word.ids) == 1:
        return f"**{tokens}**. It is in the vocabulary as it stands, and nothing is merged."
    return f"{letters}, **{tokens}**: no merge fits."


def matched(tokenizer, word, steps):
    """What the longest match did to the word."""
    if steps[-1].tokens != (tokenizer.cutter.unknown,):
        return (
            f"**{plural('token', len(word.ids))}**. From the left, always the longest piece that the "
            "vocabulary has is cut off:"
        )
    if len(steps) == 1:
        return "**unknown**. It is too long, and becomes one token that stands for any such word."
    rest = _shell.plain(tokenizer.text_of(steps[-2].tokens[-1]))
    return (
        f"**unknown**. No piece of the vocabulary is a beginning of {rest}: then the whole word becomes one "
        "token that stands for any such word."
    )


def weighed(tokenizer, word, steps):
    """Why the likeliest pieces are those."""
    best, cutter = steps[-1], tokenizer.cutter
    ahead = f", {signed(best.score - steps[-2].score)} above the next" if len(steps) > 1 else ""
    sentence = (
        f"**{plural('token', len(word.ids))}**. Every piece has a score, the logarithm of its probability. "
        f"Of all ways to cut the word the one with the largest sum is taken: {number(best.score)}{ahead}."
    )
    strange = next((piece for piece in best.tokens if piece not in cutter.vocabulary), None)
    if strange is None:
        return sentence
    tokens = " ".join(map(_shell.plain, cutter.spelled_bytes(strange) or [cutter.unknown]))
    return (
        f"{sentence} {_shell.plain(strange)} is no piece: it counts {number(cutter.penalty)}, and becomes "
        f"{tokens}."
    )


def looked_up(tokenizer, word, steps):
    """Whether the word is one that the vocabulary has."""
    known = steps[-1].tokens != (tokenizer.cutter.unknown,)
    return "a word of the vocabulary." if known else "no word of the vocabulary, and so unknown."


KINDS = {  # what it does, and what is said of a word
    "BPE": ("It is byte pair encoding, as the one below learns it.", merged),
    "WordPiece": ("It is WordPiece: words are cut into the longest pieces that the vocabulary has.", matched),
    "Unigram": ("It is a unigram model: every piece has a probability, and the likeliest cut wins.", weighed),
    "WordLevel": ("It knows whole words only.", looked_up),
}
CAPTIONS = {
    "BPE": "Each row is the word after one merge; the new token is shaded, the last row has the ids.",
    "WordPiece": "Each row is the word after one match, which is shaded; the last row has the ids.",
    "Unigram": "Each row is a way to cut the word, with the score of each piece and their sum in front; the "
    "last one is taken.",
    "WordLevel": "The last row has the id.",
}
