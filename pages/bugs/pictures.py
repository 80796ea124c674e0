"""What both views show of a model with a bug beside the right one: weights, losses, next words, findings."""

import numpy as np
import streamlit as st

from model import load
from model.analysis import chance, diagnosis
from pages import _shell, _words
from pages._control import Slider
from pages._findings import extremes
from pages._glossary import explained
from pages._numbers import compared, number, percent, plural
from viz import order, theme
from viz.component.beliefs import beliefs
from viz.component.panels import panels

SHOWN = 128  # tokens of a long text that are drawn at once
BEST = 5  # next tokens listed
LISTED = 16  # tokens whose number is listed
RIGHT, WRONG = "without the bug", "with the bug"
LOOKS = {
    RIGHT: order.Look(theme.PLAIN, "dash", "circle"),
    WRONG: order.Look(theme.OUTPUT, "solid", "square"),
}


def first_control(T):
    """The control of the tokens of a long text that are drawn."""
    return Slider(f"First of {SHOWN} tokens shown", "bugs.first", range(1, max(1, T - SHOWN + 1) + 1), 1)


def maps(choice, right, run, key):
    """The weights of the chosen head in both models, and their difference."""
    trace = run.trace()
    first = first_control(len(trace.tokens))
    part = slice(first.value() - 1, first.value() - 1 + SHOWN)
    labels = _words.labels(trace, part)
    before, after = (one.weights(choice.layer, choice.head)[part, part] for one in (right, run))
    seen = np.isfinite(before) | np.isfinite(after)
    difference = np.where(seen, np.nan_to_num(after) - np.nan_to_num(before), np.nan)
    panels(
        {
            RIGHT: labels.matrix(before),
            WRONG: labels.matrix(after),
            "difference": labels.matrix(difference),
        },
        rows=labels.names,
        columns=labels.names,
        key=key,
        signed=("difference",),
        side=190,
        label=f"weights of layer {choice.layer + 1}, head {choice.head + 1}",
        revision=run.text,
    )
    st.caption(
        "Rows ask, columns answer. Difference: vermillion where the bug gives more weight, blue where it "
        "gives less.",
        help=explained("causal mask"),
    )
    first.draw()
    labels.draw()


def losses(right, run, key):
    """What each token costs both models."""
    tokens = run.trace().tokens
    if len(tokens) == 1:
        return
    found = {RIGHT: right.trace().losses, WRONG: run.trace().losses}
    _shell.show(
        order.losses(found, tokens, looks=LOOKS, height=220),
        key=key,
        finding=extremes({name: nats.mean() for name, nats in found.items()}, "mean loss"),
        shows="loss of each token but the first, in nats, a line for each model",
    )


def mean_loss(right, run):
    """What the bug does to the mean loss, in a sentence."""
    before, after = right.trace().losses, run.trace().losses
    if not len(after):
        return "The text is one token, and none follows that could be predicted: there is no loss."
    change = chance.difference(after, before)
    if number(before.mean()) == number(after.mean()) and abs(change.mean) < 1e-4:
        return f"The mean loss on this text stays **{plural('nat', before.mean())}** per token."
    return (
        f"The mean loss on this text goes from {number(before.mean())} to **{plural('nat', after.mean())}** "
        f"per token, a difference of {compared(change, len(after))}."
    )


def next_word(right, run):
    """What each model expects after the text, in a sentence."""
    best, shares = [], []
    for one in (right, run):
        chances = one.trace().probabilities[-1]
        best.append(_shell.plain(load(run.model).tokenizer.piece(int(chances.argmax()))))
        shares.append(percent(chances.max(), 1))
    if best[0] != best[1]:
        return (
            f"The likeliest next token was {best[0]} with {shares[0]}; now it is {best[1]} with {shares[1]}."
        )
    changed = (
        f", with {shares[1]} in place of {shares[0]}" if shares[0] != shares[1] else f" with {shares[0]}"
    )
    return f"The likeliest next token stays {best[0]}{changed}."


def next_words(right, run, key):
    """The likeliest next tokens of both models."""
    tokenizer, lists = load(run.model).tokenizer, {}
    for name, one in {RIGHT: right, WRONG: run}.items():
        chances = one.trace().probabilities[-1]
        top = np.argsort(-chances, kind="stable")[:BEST]
        lists[name] = [tokenizer.piece(i) for i in top], chances[top]
    beliefs(lists, key=key, label=f"the {BEST} likeliest next tokens", revision=run.text)


def told(finding, tokens):
    """A Finding in a line or two: the verdict, the numbers that it rests on, and a list by token."""
    numbers = "; ".join(f"{name} {number(value)}" for name, value in finding.numbers.items())
    listed = ""
    if finding.by_token:
        places = tokens[len(tokens) - len(finding.by_token) :]
        pairs = list(zip(places, finding.by_token, strict=True))[:LISTED]
        listed = ", ".join(f"{_shell.plain(token)} {number(value, digits=2)}" for token, value in pairs)
        listed = f" Each token’s {finding.each}: {listed}{', …' * (len(finding.by_token) > LISTED)}."
    return f"**{finding.verdict[0].upper()}{finding.verdict[1:]}**{f': {numbers}' * bool(numbers)}.{listed}"


def measured(name):
    """The measurements that can be made on a model, by their names."""
    return diagnosis.useful(load(name).config)


def formula():
    """The formula of a weight, and why a constant in a row does not change it."""
    _shell.say(
        r"w_{ij} = \mathrm{softmax}_j(s_{ij}) \qquad "
        r"s_{ij} = \frac{R_i q_i \cdot R_j k_j}{\sqrt D} + b_{ij} + m_{ij} \qquad "
        r"\frac{e^{s_j + c}}{\sum_k e^{s_k + c}} = \frac{e^c\, e^{s_j}}{e^c \sum_k e^{s_k}} = "
        r"\frac{e^{s_j}}{\sum_k e^{s_k}}",
        "The mask $m_{ij}$ is $-\\infty$ where token $i$ may not look at token $j$, else 0; $R$ turns "
        "queries and keys; $b$ is what the encoding adds for the places of the two. Each bug gets one of "
        "these wrong.",
        "A number $c$ added to all scores of a row is no such bug: it cancels. So does a bias of the keys "
        "where no rotation turns it (with RoPE it counts: $q_i \\cdot R_{j-i}\\, b$ depends on $j$), and so "
        "do places that are all too large by one number, where the encoding knows distances only.",
    )
