"""Each logit as a sum: which heads and MLPs, and which tokens through heads, made a token likelier than
another; beside it what knocking the same heads out does.
"""

import numpy as np
import streamlit as st

from model import load
from model.analysis import ranks, why
from model.trace import frozen
from pages import _fold, _shell, _words
from pages._cache import remembered
from pages._control import Menu, picture_first, token
from pages._glossary import explained
from pages._numbers import largest, number, signed
from pages.why import parts
from pages.why.view import head_name, narrow

LIKELIEST = 10  # tokens offered
ALONE = -1  # in the place of a second token: the logit of the first by itself


@remembered(heavy=1000)
def written(text, name, place, ids):
    return why.written(load(name), _shell.explain(text, name), place, ids)


@remembered(heavy=300)
def by_source(text, name, place, ids):
    return frozen(why.by_source(load(name), _shell.explain(text, name), place, ids))


@remembered("Knocking out one head after the other", heavy=150)
def knocked_out(text, name, place, ids):
    return frozen(why.knocked_out(load(name), _shell.explain(text, name), place, ids))


def controls(trace, name):
    """The token after which it is, and the two next tokens that are compared."""
    after = token("After", "why.after", trace.tokens, trace.last, "why.first", "why.second")
    after = narrow(after, 150)
    best = np.argsort(-trace.logits[after.value()], kind="stable")[:LIKELIEST].tolist()
    piece = load(name).tokenizer.piece
    look = {"width": 110, "format_func": lambda id: piece(id) or str(id)}
    first = Menu("Why rather", "why.first", best, best[0], look=look)
    others = [*(id for id in best if id != first.value()), ALONE]
    look = look | {"format_func": lambda id: "nothing: its logit" if id == ALONE else piece(id) or str(id)}
    return after, first, Menu("than", "why.second", others, others[0], look=look)


def show(view):
    """Show what made one next token likelier than another."""
    choice, trace = view.choice, view.trace
    after, first, second = controls(trace, choice.model)
    place, ids = after.value(), (first.value(), second.value())
    alone = second.value() == ALONE
    ids, signs = (ids[:1], [1]) if alone else (ids, [1, -1])
    asked, total = (choice.text, choice.model, place, ids), "its logit" if alone else "the lead, in logits"
    with picture_first(after, first, second, row=view.row):
        try:
            whole = written(*asked)
        except why.NotPlain as reason:
            st.warning(_shell.escaped(str(reason)))
            return
        values, sources = whole.table @ signs, by_source(*asked) @ signs
        parts.strongest(choice, trace, whole.names, values, sources, place, total)
    tell(choice, trace, place, ids, whole)
    beside(choice, trace, why.by_head(trace, whole) @ signs, knocked_out(*asked) @ signs, total)
    parts.by_token(trace, choice, sources, f"{total}, through heads")
    _fold.fold("How a logit becomes a sum", "why.logit", formula)
    _fold.sources("why.code", why.written, why.knocked_out)


def tell(choice, trace, place, ids, whole):
    """The two logits, and how far the sums are from them."""
    piece = load(choice.model).tokenizer.piece
    names = [_shell.plain(piece(id)) for id in ids]
    at = _words.named(trace.tokens, place)
    said = f"After {at}, {names[0]} has the logit **{number(whole.logits[0])}**"
    if len(ids) == 2:
        a, b = whole.logits
        said += (
            f", {names[1]} **{number(b)}**: a lead of **{signed(a - b)}**, which makes it "
            f"{number(np.exp(a - b))} times as likely"
        )
    st.markdown(
        f"{said}. Each logit is the sum of {len(whole.names)} parts, {largest(whole.error, 'difference')} to "
        "what the model computed.",
        help=explained("logit", "head", "MLP", "residual stream"),
    )


def beside(choice, trace, heads, falls, total):
    """What each head wrote beside what knocking it out does, and whether the two agree."""
    agree = ranks.correlation(heads.ravel(), falls.ravel())
    L, H = heads.shape
    apart = int(np.argmax(np.abs(heads - falls)))
    pictures = (
        (heads, "why.direct", f"{total}: what each head wrote into it"),
        (falls, "why.knocked", f"{total}: how much is lost without each head"),
    )
    for column, (values, key, label) in zip(st.columns(2, gap="medium"), pictures, strict=True):
        with column:
            parts.by_head(values, choice, key=key, label=label, revision=trace.text)
    st.markdown(
        "What a head wrote itself and what is lost once it is knocked out need not agree, since later layers "
        f"answer to what it wrote: over all {L * H} heads the rank correlation is **{signed(agree, 2)}**. "
        f"They are furthest apart in {head_name(*divmod(apart, H))}: {signed(heads.ravel()[apart])} "
        f"written, {signed(falls.ravel()[apart])} lost.",
        help=explained("rank correlation"),
    )


def formula():
    """The sum, and what is held."""
    _shell.say(
        r"\ell_t = u_t \cdot \mathrm{norm}(x) = "
        r"\sum_a u_t \cdot \frac{x_a - \bar x_a}{\sigma} \odot g + u_t \cdot b",
        "$u_t$ is the row of the output matrix of token $t$, $x_a$ what part $a$ has written into the "
        "stream, σ the spread of the whole stream, held at what it was. This is direct logit attribution "
        "(Elhage 2021; Wang 2022): what a part said itself, and not what others made of it. A knock-out lets "
        "the head put out 0 and runs the model anew, so that all that follows may answer.",
    )
