"""A game: the page puts in a bug and does not say which; three measurements are to be chosen."""

import random

import streamlit as st

from model.analysis.diagnosis import TELLS
from pages import _sidebar
from pages._choices import forget, put
from pages._control import Menu, Number, pause
from pages.bugs import look, pictures
from pages.bugs.run import LONGEST, Run, bugs

OPENING = (
    "The page has put a bug into the model, and does not say which. **Look at the map and the loss, choose "
    "three measurements, and say what it is.** One of the bugs is harmless."
)
GAMES = range(1, 10_000)
MEASURES = "bugs.first_measure", "bugs.second_measure", "bugs.third_measure"
GAME = Number("Game", "bugs.game", GAMES, 1, dependents=("bugs.answer", *MEASURES), look={"width": 140})
NONE = "none"  # of the measurements, and no answer yet


def hidden(name, game):
    """The name of the bug that a game puts into a model: each comes once, in random order, and then again."""
    known = sorted(bugs(name))
    deck, place = divmod(game - 1, len(known))
    return random.Random(f"deck {deck}, {name}").sample(known, len(known))[place]


def show(view):
    """Show the model with the hidden bug, the measurements chosen, and what the answer is worth."""
    choice, game = view.choice, GAME.value()
    forget_answers_to_another(choice.model)
    with view.row:
        GAME.draw()
        st.button("Next game", key="bugs.another", on_click=another, args=(game,))
    trace = _sidebar.read(choice)
    run = Run(choice.text, choice.model, hidden(choice.model, game))
    right = run._replace(bug=None)  # with its own mask, whatever the bug is about
    pictures.maps(choice, right, run, "bugs.riddle")
    pause()
    text, chart = st.columns(2, gap="medium")
    with text:
        st.markdown(f"{pictures.mean_loss(right, run)} {pictures.next_word(right, run)}")
    with chart:
        pictures.losses(right, run, "bugs.riddle_loss")
    if len(trace.tokens) > LONGEST:
        st.info(
            f"Texts of up to {LONGEST} tokens are measured; this one has {len(trace.tokens):,}. Shorten it."
        )
        return
    measurements(run, trace.tokens)
    answer(run)


def forget_answers_to_another(model):
    """Drop what was answered and measured in the game of another model, which has another bug."""
    if st.session_state.setdefault("bugs.asked", model) != model:
        for key in GAME.dependents:
            forget(key)
    st.session_state["bugs.asked"] = model


def another(game):
    """Begin the next game."""
    put({GAME.key: game % GAMES[-1] + 1}, *GAME.dependents)


def measurements(run, tokens):
    """Three measurements, each chosen from a list, and what they find."""
    known = pictures.measured(run.model)
    title = {NONE: "choose"} | {name: one.title for name, one in known.items()}
    names = ("First measurement", "Second measurement", "Third measurement")
    for column, label, key in zip(st.columns(3, gap="medium"), names, MEASURES, strict=True):
        control = Menu(label, key, list(title), NONE, look={"format_func": title.__getitem__})
        chosen = control.value()
        with column:
            control.draw()
            if chosen != NONE:
                right = run._replace(bug=None).finding(chosen)
                st.markdown(pictures.told(run.finding(chosen), tokens))
                st.caption(f"In the right model: {right.verdict}.")


def answer(run):
    """The answer, and whether it is right."""
    known = bugs(run.model)
    title = {NONE: "choose"} | {name: bug.title for name, bug in known.items()}
    look_of = {"format_func": title.__getitem__, "width": 420}
    control = Menu("Your answer", "bugs.answer", list(title), NONE, look=look_of)
    given = control.value()
    control.draw()
    if given == run.bug:
        st.success(f"Yes: {known[given].title}. {look.found(run)}")
        look.lines(run)
    elif given != NONE:
        st.info(refuted(run, run._replace(bug=given)))


def refuted(run, guessed):
    """Which measurement tells the bug from the one that was guessed."""
    known, title = pictures.measured(run.model), bugs(run.model)[guessed.bug].title
    for name in dict.fromkeys((TELLS[guessed.bug], *known)):
        here, there = (one.finding(name).verdict for one in (run, guessed))
        if here != there:
            return (
                f"No, it is not “{title}”. “{known[name].title}” tells the two apart: with that bug the "
                f"answer is “{there}”, here it is “{here}”."
            )
    return (
        f"No, it is not “{title}”, but on this text no measurement tells the two apart. Type a longer text, "
        "or one with fewer repeated words."
    )
