"""The meter of a word as a sum: how far each part of an encoder, and each token through heads, moved it."""

import numpy as np
import streamlit as st

from model import load
from model.analysis import senses, why
from model.trace import frozen
from pages import _examples, _fold, _senses, _shell
from pages._cache import remembered
from pages._control import Menu, picture_first
from pages._glossary import explained
from pages._numbers import largest, signed
from pages.why import parts


@remembered(heavy=20)
def pushes(words, name, examples, _axis):
    """why.pushes of a tuple of Words at every stage, on the axis of these examples."""
    return tuple((names, frozen(rows)) for names, rows in why.pushes(load(name), words, _axis))


@remembered(heavy=300)
def carried(word, stage, name, examples, _axis):
    return frozen(why.carried(load(name), word, _axis, stage))


def show(view):
    """Show what moved a word of two senses along its meter."""
    choice, trace = view.choice, view.trace
    able = [word for word in senses.words(choice.text) if _examples.has_examples(str(word))]
    if not able:
        known = _shell.listing([_shell.plain(word) for word in senses.bundled()])
        st.warning(f"This model gives words vectors. Type a text with a word of two known senses: {known}.")
        return
    names = _senses.stage_names(choice.model)
    look = {"width": 180, "format_func": lambda i: f"{i + 1}: {able[i]}"}
    which = Menu("Word", "why.word", range(len(able)), len(able) - 1, lambda i: str(i + 1), look=look)
    word = able[which.value()]
    known, wrong = _examples.senses_of(str(word), choice.model)
    default = len(names) - 1 if known is None else _senses.best_stage(choice.model, known)
    look = {"width": 150, "format_func": names.__getitem__}
    stage = Menu("Stage", "why.stage", range(len(names)), default, lambda i: names[i], look=look)
    with picture_first(which, stage, row=view.row):
        for reason in wrong:
            (st.info if known else st.warning)(reason)
        if known is not None:
            moved(choice, trace, word, known, stage.value(), names)
    choices = {"text": choice.text, "model": choice.model, "word_sense.stage": stage.value()}
    choices["word_sense.word"] = str(word).lower()
    _shell.lead_to("word_sense", "See it on its meter: Which bank?", choices, key="why.meter")
    _fold.fold("How the meter becomes a sum", "why.sense", formula)
    _fold.sources("why.code", why.pushes, why.moves)


def moved(choice, trace, word, known, stage, names):
    """The parts of the meter, and where they came from."""
    about = choice.model, known.examples, known.axis
    try:
        parts_of, rows = pushes((word,), *about)[stage]
        left, right = (pushes(group, *about)[stage][1] for group in known.examples)
    except why.NotPlain as reason:
        st.warning(_shell.escaped(str(reason)))
        return
    moves, sources = why.moves(rows[0], left, right), carried(word, stage, *about)
    value = float(known.axis.project(_senses.vectors((word,), choice.model))[0, stage])
    parts.strongest(choice, trace, parts_of, moves, sources, word.tokens(trace.spans)[-1], "the meter")
    tell(word, known, names[stage], value, moves)
    heads = [move for part, move in zip(parts_of, moves, strict=True) if part.kind == why.HEAD]
    if not heads:
        st.caption("At the embedding no head has written anything yet.")
        return
    moved_by = np.array(heads).reshape(-1, trace.config.heads)  # of the layers up to this stage
    label = "how far each head moved the word"
    parts.by_head(moved_by, choice, key="why.direct", label=label, revision=trace.text)
    parts.by_token(trace, choice, sources, "how far along the axis through heads")
    through = sources.sum()
    st.caption(
        f"Through all heads together the tokens brought the word {signed(through)} along the axis, counted "
        f"from zero; the rest of the {signed(value, 2)}, {signed(value - through)}, is its own embedding and "
        "the MLPs, less the middle of the examples."
    )


def tell(word, known, stage, value, moves):
    """Where the word stands, and how far the sum is from that."""
    left, right = map(_shell.plain, known.ends)
    st.markdown(
        f"At “{stage}” {_shell.plain(str(word))} stands at **{signed(value, 2)}** between {left} (−1) and "
        f"{right} (+1). The {len(moves)} parts add up to it, "
        f"{largest(abs(moves.sum() - value), 'difference')}; each is counted from the middle of what that "
        "part is in the examples of the two senses.",
        help=explained("head", "MLP", "residual stream"),
    )


def formula():
    """The sum, and what each part is compared with."""
    _shell.say(
        r"\text{meter}(x) = \frac{(x - m) \cdot h}{h \cdot h} = \sum_a \frac{(x_a - m_a) \cdot h}{h \cdot h}",
        "$x_a$ is what part $a$ has written into the word’s stream, $m_a$ the middle of what it writes for "
        "the examples of the one sense and of the other, $h$ half the way between the two senses. At the end "
        "of the model each $x_a$ goes through the last norm, its spread held.",
    )
