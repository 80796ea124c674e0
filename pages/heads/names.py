"""What is measured of the heads, in words, and how a head earns a name."""

from functools import partial

import numpy as np
import streamlit as st

from model import load
from model.analysis import heads, subject
from pages import _shell, _words
from pages._cache import remembered
from pages._foreign import by_layer
from pages._numbers import leaders, number, percent, plural
from pages.heads.pair import short

NAMED, PAIR = "named first", "chosen pair"
ORDERS = (NAMED, "layer", "entropy", "distance", *heads.PLACES, PAIR)
UNITS = {"entropy": " bits", "distance": " tokens"}
EXAMPLE = "toy-rope"  # a model of strings that repeat, which has what the others lack
SOME = 0.1  # of the way from a uniform head to a place: less is not worth a word


@remembered()
def repeat(model):
    return heads.repeat(load(model))


@remembered()
def of_verbs(model):
    return subject.measure(load(model))


def probes(model):
    """What is measured on texts of our own: {name: Measured}."""
    verbs = of_verbs(model)
    return {"induction": repeat(model)} | ({"subject of the verb": verbs} if verbs else {})


def without(config):
    """The names of the heads where nothing can be measured, (L, H)."""
    return np.full((config.layers, config.heads), heads.NONE)


def pair_sentence(view, value, order):
    """Which head gives most weight to the chosen pair, where the heads are ordered by it."""
    if order != PAIR:
        return ""
    asks, answers = (_shell.plain(view.trace.tokens[i]) for i in (view.query, view.key))
    best = leaders(value.reshape(-1, view.trace.config.heads), partial(number, places=2))
    return (
        f" Ordered by how much {asks} looks at {answers}: most in head {listed(best)}, "
        f"**{number(value.max(), 2)}**. Click another pair in the large picture."
    )


def finding(view, measured, names):
    """What the chosen head does, as the title of its picture."""
    layer, head = view.choice.layer, view.choice.head
    name = str(names[layer, head])
    what = GIVES[name].format(percent(measured[name].heads[layer, head])) if name in GIVES else name
    return f"layer {layer + 1}, head {head + 1}{': ' * bool(what)}{what}"


def does(view, measured, names):
    """What the chosen head does on this text, in words."""
    layer, head, trace = view.choice.layer, view.choice.head, view.trace
    weights = trace.layers[layer].attention.weights(head)[view.query]
    most = int(weights.argmax())
    asked = (
        f"{_shell.plain(trace.tokens[view.query])} looks most at {_words.named(trace.tokens, most)}, "
        f"{percent(weights[most])}."
    )
    if "entropy" not in measured:
        return asked
    shares = {name: share[layer, head] for name, share in heads.way(measured).items()}
    name = str(names[layer, head])
    best = name if name in shares else max(heads.on_text(measured), key=shares.get)
    score = measured[best]
    wide = 2 ** measured["entropy"].heads[layer, head]
    if name in shares or shares[best] >= SOME:
        gives = GIVES[best].format(f"**{percent(score.heads[layer, head])}**") + WHERE.get(best, "")
        what = f"{gives}; a uniform head would give {percent(score.uniform[layer, 0])}"
    else:
        what = f"looks about as widely as at {plural('token', wide)} alike, and at no place in particular"
    return f"Head {short(layer, head)} {what}. {asked}"


def summary(measured, names, order, tokens):
    """What the numbers are, what a uniform head would get, and who has earned a name."""
    shown = {"layer": "entropy"}.get(order, order)
    if "entropy" not in measured:
        return (
            "A single token can look at nothing but itself: there is nothing to measure, and no head earns a "
            "name. Type a few words more."
        )
    earned = [
        f"{name} {several(np.argwhere(names == name))}"
        for name in (*heads.PLACES, "broad")
        if (names == name).any()
    ]
    who = (
        f"Names earned by {int((names != heads.NONE).sum())} of {names.size} heads: {'; '.join(earned)}."
        if earned
        else "No head has earned a name here."
    )
    if tokens < heads.LEAST:
        who = f"On fewer than {heads.LEAST} tokens no head can earn a name."
    if shown in (NAMED, PAIR):
        return who
    if shown not in measured:
        return f"There is nothing to order by: this text has nothing of the kind “{shown}”. {who}"
    unit, score = UNITS.get(shown, ""), measured[shown]
    most = leaders(score.heads, partial(number, places=2))
    ordered = (
        f"Its number is the **{shown}**" if order == "layer" else f"Ordered by **{shown}**, highest first"
    )
    return (
        f"{ordered}, {MEANT[shown]}: most in {listed(most)}, {number(score.heads.max(), 2)}{unit}; a uniform "
        f"head would have {by_layer(score.uniform, lambda value: f'**{number(value, 2)}**', unit)}. {who}"
    )


def several(places, at_most=8):
    """Heads by their short names, and how many more there are where the list would be long."""
    few = places[:at_most] if len(places) > at_most + 1 else places
    more = f" and {len(places) - len(few)} more" * (len(few) < len(places))
    return ", ".join(short(*place) for place in few) + more


def listed(places, at_most=4):
    """Heads by their short names: those that are alike in a tie."""
    return " and ".join(short(*place) for place in places[:at_most]) + " …" * (len(places) > at_most)


MEANT = {
    "entropy": "how widely it looks",
    "distance": "how far it looks",
    "first token": "the mean weight on the first token",
    "previous token": "the mean weight on the token before",
    "itself": "the mean weight on the token itself",
    "same word before": "the mean weight on the same word before, where there is one",
    "punctuation": "the mean weight of words on the punctuation before them",
    "subject of the verb": "the weight that a verb gives its subject, on sentences of our own",
    "induction": "the mean weight on what came after the same token before",
}
GIVES = {
    "first token": "gives {} of its weight to the first token",
    "previous token": "gives {} of its weight to the token before",
    "itself": "gives {} of its weight to the token itself",
    "same word before": "gives {} of its weight to the same word before",
    "punctuation": "gives {} of its weight to punctuation",
    "subject of the verb": "gives {} from a verb to its subject",
    "induction": "gives {} to what followed the same token",
}
WHERE = {
    "subject of the verb": ", on sentences of our own",
    "induction": ", on strings that repeat",
    "same word before": ", where there is one",
    "punctuation": ", where there is any",
}


def rule(model, measured):
    """How names are earned, and where induction is to be seen."""
    here, other = measured["induction"], ""
    best = leaders(here.heads, partial(number, places=2))
    has = (
        "This model has such a head"
        if share_of_the_way(here) >= heads.HALF
        else "This model has no such head"
    )
    if model != EXAMPLE and EXAMPLE in st.session_state.models:
        there = repeat(EXAMPLE)
        most = leaders(there.heads, partial(number, places=2))
        other = (
            f" In {EXAMPLE}, a small model of strings that repeat, the most is "
            f"**{number(there.heads.max(), 2)}**, by head {listed(most)}."
        )
    st.markdown(
        "A **uniform head** gives all the tokens that it may see the same weight: whatever is no more than "
        "that is no habit. A score is the mean weight on one place. A head that has come at least half of "
        "the way from a uniform head’s score $u$ to 1 is called after that place: **previous token**, "
        "**first token**, **itself**, **same word before** (the mean over the words that have one), "
        "**punctuation** before it (over the words), **subject of the verb** or **induction**; if there are "
        "several, after the one where it has come farthest. If not, it is **broad** when its entropy is at "
        f"least {percent(heads.ALL)} of a uniform head’s, and else it has no name. On fewer than "
        f"{heads.LEAST} tokens, where these places are often the same token, nobody earns a name. A name "
        "says what the weights of this text are like, not what the head is for."
    )
    _shell.say(
        r"\frac{s - u}{1 - u} \ge \frac12 \qquad s_{\text{previous}} = \frac{1}{T-1} \sum_{i>1} w_{i,\,i-1} "
        r"\qquad "
        r"H = -\frac1T \sum_{i,j} w_{ij} \log_2 w_{ij}",
        f"**Induction** (Olsson 2022) is measured on {heads.STRINGS} strings of {heads.PERIOD} random "
        "tokens, each said twice, and not on your text: when the model reads a token again, how much does "
        f"a head look at what came after it the first time? {has}: the most is "
        f"**{number(here.heads.max(), 2)}**, by head {listed(best)}; a uniform head gives "
        f"{by_layer(here.uniform, lambda value: f'**{number(value, 3)}**')}.{other}",
    )
    sentences = subject.sentences()
    st.markdown(
        f"**Subject of the verb** is measured on {len(sentences)} sentences whose subject is known, such as "
        f"“{sentences[1][0]}”, and not on your text, in which nobody has marked it: how much of its weight "
        "does a head give from the verb to the subject, with another noun between the two?"
    )


def share_of_the_way(score):
    """How much of the way from a uniform head's score to 1 the best head has come."""
    return ((score.heads - score.uniform) / (1 - score.uniform)).max()
