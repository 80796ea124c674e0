"""Beyond the training length: the loss by position on a long text, in numbers and in words."""

import math

import streamlit as st

from model.analysis import chance, order
from model.network.encodings import rope
from pages import _fold, _shell
from pages._control import NothingToShow, pause
from pages._numbers import number, plural, signed, tex, uncertain
from pages.positions import encodings
from pages.positions.encodings import NAMES
from pages.positions.long_text import OWN, controls, encoded, others, settings
from pages.positions.long_text_losses import jobs, losses, mean, measured

READING = {"linear interpolation": rope.interpolated, "NTK-aware": rope.ntk_aware, "YaRN": rope.yarn}
OPENING = (
    "All models were trained on 128 tokens at a time. **Move the length** past that, and look what happens "
    "to the right of the dotted line: only **alibi** and **t5** go on as before."
)


def show(view):
    """Show the loss by position on a long text of the page's own."""
    source, text, length, chosen, methods, base = settings()
    controls(source, view.row)
    if not text.strip():
        st.warning(
            "There is no text yet. Paste one of a few hundred words into the box, or choose the fairy tale."
        )
        raise NothingToShow
    # no more of the text than the longest tokens could need: to cut megabytes into tokens takes minutes
    ids = encoded(text[: (length + 2) * encodings.bundle(encodings.usable()[0]).tokenizer.longest])
    if len(ids) < 2:
        st.warning("This text is one token, and there is none after it to be predicted. Paste a longer one.")
        raise NothingToShow
    for name in chosen:
        if reason := encodings.missing(name):
            st.warning(reason)
    chosen = [name for name in chosen if not encodings.missing(name)]
    methods = [] if encodings.missing("rope") else methods
    used = ids[: length + 1]
    context = encodings.bundle(encodings.usable()[0]).config.context
    asked = hash((used, tuple(chosen), tuple(methods), base))
    todo = jobs(used, chosen, methods, base)
    curves = measured(todo, chosen, context, len(used) - 1, asked, view.row)
    pause()
    st.caption(
        "Solid: measured now on this one text, whose hard places all curves share. Dashed: the mean over "
        "192 windows of held-out texts, from its card. Across: how many tokens were read before, on a log "
        "scale, each dot the mean over 16, 32, 64 … tokens; upwards: the loss in nats, lower is better."
    )
    others()
    st.markdown(gaps_in_words([one for one in todo if one[0] in curves], context))
    which_text(ids, used, source, length)
    _fold.fold("The numbers", "positions.numbers", table, curves, len(used) - 1, context)
    _fold.fold("Why do they go on, or not?", "positions.why", why)
    _fold.fold("RoPE, read in other ways", "positions.ways", explain_methods, len(used) - 1, context)
    functions = [READING[method] for method in methods if method in READING]
    _fold.sources("positions.code", *functions, order.losses)


def why():
    """What makes an encoding go on past the training length."""
    st.markdown(
        "Both that go on add a bias to the scores that says nothing new of far words: t5 adds the same "
        "number from 113 tokens on, with alibi they only fade further. To follow the distance is not enough: "
        "rope does, but its slow pairs come to angles that they never met. And without any encoding (none) a "
        "model fails as well."
    )


def which_text(ids, used, source, length):
    """What was measured on."""
    N = len(used) - 1
    if source == OWN and len(ids) <= length:
        st.info(f"This text has {len(ids):,} tokens: it is measured to its end, at {N:,}.")
    elif source == OWN:
        st.caption(f"Of {plural('token', len(ids))} the first {N:,} are used.")
    else:
        st.caption(
            "The text: the beginning of “The Bronze Ring”, from The Blue Fairy Book, edited by Andrew Lang, "
            "1889, public domain. No model was trained on it."
        )


def table(curves, N, context):
    """The numbers of the curves as a table."""
    lines = [
        f"| encoding | after {'1 token' if N == 1 else f'1 to {min(N, context)} tokens'} | "
        f"{f'after {context + 1} to {N:,}' if context < N else 'beyond'} | change |",
        "|---|---|---|---|",
    ]
    for name, rows in curves.items():
        near, far = mean(rows, 0, context), mean(rows, context, N)
        ends = encodings.bundle(name).config.max_tokens if name in NAMES else N
        beyond = "no such position" if far is None and ends < N else "–" if far is None else number(far, 2)
        lines.append(
            f"| {name} | {number(near, 2)} | {beyond} | {'–' if far is None else signed(far - near, 2)} |"
        )
    st.markdown("\n".join(lines))


def gaps_in_words(todo, context):
    """How much more than the lowest of them each curve costs past the training length, token by token, in
    words; of those that go as far as the text does.
    """
    past = {name: losses(*arguments)[context:] for name, arguments in todo}
    longest = max(map(len, past.values()), default=0)
    past = {name: nats for name, nats in past.items() if len(nats) == longest}
    if not longest or len(past) < 2:
        return ""
    best = min(past, key=lambda name: past[name].mean())
    more = {name: chance.difference(nats, past[best]) for name, nats in past.items() if name != best}
    gaps = "; ".join(
        f"{name} {uncertain(gap.mean, gap.error)}{', which may be noise' * gap.noise}"
        for name, gap in sorted(more.items(), key=lambda one: one[1].mean)
    )
    return (
        f"Past {context} tokens **{best}** costs least on this text. Token by token the others cost so many "
        f"nats more, with the standard error over {plural('token', longest)}: {gaps}."
    )


def explain_methods(N, context):
    """What the ways to read RoPE do, with their numbers for this length."""
    config = encodings.bundle("rope").config
    width, own, factor = config.head_width, config.rope_base, max(1.0, N / context)
    _shell.say(
        rf"s = \max\!\left(1, \tfrac{{{N}}}{{{context}}}\right) = {tex(factor)}",
        "The parameters stay as they are; only the angles by which queries and keys turn are changed, for "
        "the length $s$ times that of the training.",
        f"**another base** (as trained it is {number(own, 0)}): all pairs but the first turn more slowly if "
        "it is larger.",
        rf"**linear interpolation** (Chen 2023): position $i$ is read as $i / s$, here "
        rf"$i / {tex(factor)}$, so that no angle is new, but neighbours move closer.",
        rf"**NTK-aware** (bloc97 2023): base $\times\, s^{{D/(D-2)}}$, here "
        rf"{number(own * factor ** (width / (width - 2)), 0)}: fast pairs stay, the "
        rf"slowest is slowed $s$ times.",
        rf"**YaRN** (Peng 2023): pairs that turn less than once in {context} tokens are interpolated, those "
        r"that turn more than 32 times stay, between them "
        rf"it is mixed; and the scores are divided by the temperature $t = (0.1 \ln s + 1)^{{-2}} = "
        rf"{tex(rope.yarn_temperature(factor), 3)}$. With a "
        rf"training context this short the fastest pair turns {number(context / (2 * math.pi), 0)} times, "
        r"so every pair is slowed a little.",
        "At this length $s = 1$: all of them but another base read the text as trained."
        if factor == 1
        else "",
    )
