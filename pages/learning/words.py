"""What a training shows, in words and as a table."""

import numpy as np
import streamlit as st

from model.analysis import cost
from model.analysis.learning import BATCH, rules
from pages import _shell
from pages._numbers import number, percent, plural

ROWS = 16  # of the table
CLEAR = 0.1  # of its weight that a head gives more to the answers than another


def names(settings):
    """The heads by their layers and their places there, as the buttons name them."""
    return [f"{layer + 1}.{head + 1}" for layer in range(settings.layers) for head in range(settings.heads)]


def named(history, head):
    """A head by its name."""
    return names(history.settings)[head]


def leading(history):
    """The head that is shown until one is chosen: the one that has formed, or that looks at the answer most;
    while they are near to one another, the one before.
    """
    formed, leader = history.formed(), 0
    if formed:
        return formed.layer * history.settings.heads + formed.head
    for record in history.records:
        if record.answer.max() > record.answer.flat[leader] + CLEAR:
            leader = int(record.answer.argmax())
    return leader


def kind(settings):
    """What a head that looks at the answer is called."""
    return "induction head" if settings.task == "repeat" else "head that looks at the answer"


def answers(one, place):
    """How much is right at a record."""
    record = one.records[place]
    beyond = "" if np.isnan(record.beyond) else f", {percent(record.beyond)} on strings twice as long"
    return f"{percent(record.inside)} of the answers are right{beyond}."


def verdict(one, place, head, silence):
    """What was learned, and when: first of what is shown, then of the whole training."""
    record = one.records[place]
    at = f"At step {record.step:,} **{answers(one, place)[:-1]}**"
    if silence:
        without = percent(float(record.silenced.flat[head]))
        at += f"; with head {named(one.history, head)} silenced **{without}**"
    if one.step == 0:
        return f"{at}: nothing has been learned yet. Press **Train**."
    return f"{at}; {needed(one, record)}. {cheating(one.settings)}{details(one.history)}"


def needed(one, record):
    """Which head the answers of a record need most, and how many are right without it."""
    most = int(record.silenced.argmin())
    return (
        f"of all heads {named(one.history, most)} is needed most: without it "
        f"{percent(float(record.silenced.flat[most]))}"
    )


def cheating(settings):
    """What the full mask makes of a training."""
    if settings.mask != "full":
        return ""
    return (
        "Under the full mask each token sees the one that it is to predict: the model **cheats**, and "
        "what it learns is to copy that one. "
    )


def found(history):
    """When a head formed and where the loss fell, in a sentence for the picture."""
    formed, fall, what = history.formed(), history.cliff(), kind(history.settings)
    if fall is None:
        return "Nothing has been learned yet: the loss is that of a guess, the dotted line, or higher."
    before, after = (history.steps[place] for place in fall)
    cliff_at = f"the loss fell steepest from step {before:,} to {after:,}, the grey band"
    if formed is None:
        return f"So far {cliff_at}; no {what} has formed."
    step = history.steps[formed.record]
    return f"At step {step:,}, the vermillion line, an {what} formed; {cliff_at}.".replace("an h", "a h")


def details(history):
    """What the head gives that formed, how far the loss fell, and which was first."""
    formed, fall, bar = history.formed(), history.cliff(), number(history.bar, 2)
    if formed is None:
        last = history.records[-1].answer
        return (
            f"To have formed, a head would give the tokens that hold the answer {bar} of its weight, half of "
            f"the way from a uniform head; the most is **{number(float(last.max()), 2)}**, by head "
            f"{named(history, int(last.argmax()))}."
        )
    score = float(history.records[formed.record].answer[formed.layer, formed.head])
    head = named(history, formed.layer * history.settings.heads + formed.head)
    told = (
        f"At step {history.steps[formed.record]:,} head {head} had formed: it gave the tokens that hold "
        f"the answer **{number(score, 2)}** of its weight, over the bar of {bar}, half of the way from a "
        "uniform head"
    )
    if fall is None:
        return f"{told}."
    high, low = (history.records[place].loss for place in fall)
    return (
        f"{told}; the loss fell steepest {order(history, formed, fall)}, from {number(high, 2)} to "
        f"{number(low, 2)} nats an answer."
    )


def order(history, formed, fall):
    """Whether the loss fell before the head formed, after it, or meanwhile."""
    before, after = (history.steps[place] for place in fall)
    step = history.steps[formed.record]
    if step > after:
        return f"{plural('step', step - after)} before that"
    return f"{plural('step', before - step)} after that" if step < before else "just then"


def model(settings):
    """What is trained on what."""
    parameters = cost.parameters(settings.config)
    return (
        f"Task: {settings.what.rule}. {plural('parameter', parameters)}; {BATCH} new strings at each of "
        f"{plural('step', settings.what.steps)}, of up to {plural('token', settings.what.length() + 1)}; "
        "measured on strings that it never learned from."
    )


def label(one, place, head):
    """What the picture shows, for those who do not see it."""
    record, history = one.records[place], one.history
    return (
        f"a training up to step {one.step} of {one.total}: loss, right answers and the scores of head "
        f"{named(history, head)} over the steps; at step {record.step} the loss is {number(record.loss, 2)} "
        f"nats, {percent(record.inside)} right"
    )


def table(one):
    """The numbers of some records, and the losses of the first steps."""
    history = one.history
    formed = leading(history)
    places = sorted(set(np.linspace(0, len(one.records) - 1, ROWS).round().astype(int).tolist()))
    lines = [
        f"| step | loss | right | twice as long | without head {named(history, formed)} | its weight on the "
        "answer | on the token before |",
        "|---|---|---|---|---|---|---|",
    ]
    for record in (one.records[place] for place in places):
        shares = record.inside, record.beyond, float(record.silenced.flat[formed])
        scores = float(record.answer.flat[formed]), float(record.previous.flat[formed])
        lines.append(
            f"| {record.step:,} | {number(record.loss)} | "
            + " | ".join([*map(percent, shares), *(number(score, 2) for score in scores)])
            + " |"
        )
    st.markdown("\n".join(lines))
    losses = ", ".join(number(loss, 6) for loss in history.losses[:20].tolist())
    if losses:
        st.markdown(
            "The loss of each of the first 20 steps, in nats a token, as the training itself computed it; "
            f"the same settings give the same numbers on the same machine, bit for bit:\n\n"
            f"```text\n{losses}\n```"
        )


def formula(one):
    """How it is trained and what is measured."""
    settings = one.settings
    learns = "every token, as a language model does" if settings.what.string is None else "the answers alone"
    _shell.say(
        r"a = \frac1{|A|} \sum_{i \in A} \sum_{j \in S_i} w_{ij} \qquad "
        r"\frac{a - u}{1 - u} \ge \frac12",
        f"A step learns from {learns}: Muon for the matrices of the layers, AdamW for all else, the "
        f"learning rate {number(settings.rate)} rising over the first 2 % of the steps and falling over the "
        "second half.",
        "$A$ are the tokens after which the rule settles what comes next, $S_i$ the earlier tokens that hold "
        f"the answer (“{chr(rules.GIVEN)}” ends what is given). A head’s score $a$ is its mean weight on "
        "them; on strings that repeat it is the induction score (Olsson 2022). A head has formed once it has "
        "come half of the way from a uniform head’s score $u$ to 1.",
        "The loss is the mean over the answers; its dotted line is what a guess costs among the symbols that "
        f"an answer may be, {number(one.history.guess, 2)} nats.",
    )
