"""A bug as a switch: its lines, and what they do to the map, the loss and the next word."""

import streamlit as st

from model.analysis.diagnosis import TELLS
from model.network.bugs import WINDOW
from pages import _fold, _sidebar
from pages._control import Menu, pause
from pages._glossary import explained
from pages._numbers import plural, rounding
from pages._shell import plain
from pages.bugs import pictures
from pages.bugs.run import LONGEST, Run, bugs, elsewhere

OPENING = (
    "One function of the model has a few wrong lines; all else, and every parameter, is as it was. **Choose "
    "a bug** and see what it does to where a head looks, to the loss and to the next word."
)


def bug_control(name):
    """The control of the bug, one of those that can be made in this model."""
    known = bugs(name)
    look = {"format_func": lambda one: known[one].title}
    return Menu("Bug", "bugs.bug", list(known), "no_mask" if "no_mask" in known else "axis", look=look)


def show(view):
    """Show one bug: maps, loss and next word, the lines, and how it is found."""
    choice = view.choice
    control = bug_control(choice.model)
    run = Run(choice.text, choice.model, control.value())
    with view.row:
        control.draw(label_visibility="collapsed", width=480)
    trace = _sidebar.read(choice)
    pictures.maps(choice, run.right, run, "bugs.maps")
    pause()
    text, chart = st.columns(2, gap="medium")
    with text:
        st.markdown(effect(run))
    with chart:
        pictures.losses(run.right, run, "bugs.loss")
    code, beliefs = st.columns([3, 2], gap="medium")
    with code:
        lines(run)
    with beliefs:
        pictures.next_words(run.right, run, "bugs.next")
    others(choice.model)
    _fold.fold("Every measurement, of both models", "bugs.all", every, run, trace.tokens)


def others(model):
    """Which bugs need another model, and which."""
    found = elsewhere(model)
    if found:
        listed = "; ".join(f"{title} (decoder-{', -'.join(found[title])})" for title in found)
        st.caption(f"In other models: {listed}.")


def lines(run):
    """The lines of the bug, as a diff, and what they do."""
    bug = bugs(run.model)[run.bug]
    function = bug.patch.function
    st.markdown(f"{bug.what} In {plain(function.__qualname__)}:", help=explained("diff"))
    st.code(bug.patch.diff(), language="diff", wrap_lines=True)
    if bug.window:
        st.caption(f"Both models see {WINDOW} tokens here: no model of ours was trained with a window.")


def effect(run):
    """What the bug does on this text, and what finds it, a paragraph each."""
    both = f"{pictures.mean_loss(run.right, run)} {pictures.next_word(run.right, run)}"
    return f"{both} {leaks(run)}\n\n{found(run)}"


def leaks(run):
    """That the model reads what it should predict, if it does."""
    if "leak" not in pictures.measured(run.model) or len(run.trace().tokens) > LONGEST:
        return ""
    leak = run.finding("leak")
    if not leak.numbers.get("outputs that move"):
        return ""
    moved = int(leak.numbers["outputs that move"])
    return (
        "That loss is not honest, for the model can read ahead: with another last token "
        f"{plural('output', moved)} before it {'moves' if moved == 1 else 'move'}."
    )


def found(run):
    """The measurement that finds the bug, and what it says of both models; or why there is none."""
    if bugs(run.model)[run.bug].harmless:
        return harmless(run)
    if len(run.trace().tokens) > LONGEST:
        return f"Texts of up to {LONGEST} tokens are measured as well, and this one is longer."
    title = pictures.measured(run.model)[TELLS[run.bug]].title
    before, after = (one.finding(TELLS[run.bug]).verdict for one in (run._replace(bug=None), run))
    if before == after:
        return f"The measurement that finds it, “{title}”, finds nothing on this text: {after}."
    return f"**It is found by “{title}”** Without the bug: {before}; with the bug: **{after}**."


def harmless(run):
    """Why nothing changes."""
    largest = abs(run.trace().logits - run.right.trace().logits).max()
    return (
        f"**It is harmless**: the logits differ by {rounding(largest)} at most, which is rounding. What is "
        "added to all scores of a row multiplies all their powers of e by one number, and the softmax "
        "divides by it again."
    )


def every(run, tokens):
    """All measurements of the model with the bug beside the right one."""
    if len(tokens) > LONGEST:
        st.info(f"Texts of up to {LONGEST} tokens are measured; this one has {len(tokens):,}. Shorten it.")
        return
    table = ["| measurement | without the bug | with the bug |", "|---|---|---|"]
    for name, measurement in pictures.measured(run.model).items():
        right, wrong = (one.finding(name).verdict for one in (run._replace(bug=None), run))
        table.append(f"| {measurement.title} | {right} | {wrong if wrong == right else f'**{wrong}**'} |")
    st.markdown("\n".join(table))
