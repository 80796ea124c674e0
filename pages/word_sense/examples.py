"""The examples of a word's two senses: all of them on one plane, the boxes in which they are written, and
those of Open English WordNet for a reader who has written none.
"""

import streamlit as st

from model import load
from model.analysis import senses
from pages import _examples, _shell
from pages._cache import remembered
from pages._choices import put
from pages._control import Menu
from pages._fold import fold
from pages._numbers import number, percent
from viz import scatter, theme

BOXES = "word_sense.examples"  # whether they are open


@remembered()
def likely(targets, word, model):
    return senses.likely(load(model), targets, word, senses.wordnet()[word])


def edit(name, targets, known, model):
    """The boxes; for a word without examples above them two menus of its senses, and a button."""
    if known:
        fold("The examples", BOXES, _examples.draw_example_boxes, name, opened=name not in senses.bundled())
        return
    _shell.heading("Where does it fall between two senses?")
    word, wordnet = senses.listed(name)
    if wordnet:
        choose_two(name, targets, word, wordnet, model)
    else:
        st.markdown(
            f"Write two sentences or more with {_shell.plain(name)} in one sense into the one box, and as "
            "many in another sense into the other: then a meter shows where your two sentences fall."
        )
    fold("Write your own examples", BOXES, _examples.draw_example_boxes, name)


def plane(word, known, now, stage, names):
    """All examples and the two sentences, now (2, S, C), on the plane in which they differ most."""
    points, share = senses.plane(known.left, known.right, now)
    n, m = len(known.left), len(known.right)
    x = points[:, stage, 0] / (abs(points[:, stage]).max() or 1)  # as it is drawn
    left, right = ([one.text for one in group] for group in known.examples)
    groups = [
        (known.ends[0], slice(0, n), theme.QUERY, "circle", 8, left),
        (known.ends[1], slice(n, n + m), theme.KEY, "square", 8, right),
        ("your two", slice(n + m, n + m + 2), theme.VALUE, "circle", 24, ("1", "2")),
    ]
    _shell.show(
        scatter.planes(points, groups, frames=names, chosen=stage),
        key="word_sense.map",
        finding=f"at {names[stage]}, along the first direction, the first sentence is at "
        f"{number(x[-2], 2)}, the second at {number(x[-1], 2)}; on average {known.ends[0]} is at "
        f"{number(x[:n].mean(), 2)}, {known.ends[1]} at {number(x[n : n + m].mean(), 2)}",
        shows="the word in all sentences, two principal components",
    )
    st.caption(
        f"Each sign is {_shell.plain(word)} in one sentence; the two directions in which all these vectors "
        f"differ most (principal components) hold {percent(share[stage].sum())} of their variance at "
        f"“{names[stage]}”. Move the slider through the layers; each has its own scale."
    )


def choose_two(name, targets, word, wordnet, model):
    """The menus and the button, in one row."""
    names = [sense.name for sense in wordnet]
    st.markdown(
        "With examples of two senses a meter shows where your two sentences fall between them. Open English "
        f"WordNet lists {len(wordnet)} senses of {_shell.plain(word)}; chosen are two that are common and "
        "near to your sentences, by the model’s own vectors."
    )
    try:
        first, second = likely(targets, word, model)
    except ValueError as reason:  # WordNet's sentences are longer than the model reads
        st.info(str(reason))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        picked = []
        for side, default in ((1, first), (2, second)):
            control = Menu(f"Sense {side}", f"word_sense.sense{side}", names, names[default])
            picked.append(wordnet[names.index(control.value())])
            control.draw(width=320)
        same = picked[0] == picked[1]
        st.button(
            "Use these examples",
            type="primary",
            key="word_sense.fill",
            on_click=put,
            args=(filling(name, picked),),
            disabled=same,
            help="Choose two different senses." if same else None,
        )


def filling(name, picked):
    """What the boxes hold after the click."""
    choices = {}
    for (title, box), sense in zip(_examples.keys_of(name), picked, strict=True):
        choices |= {title: sense.name, box: "\n".join(sense.lines)}
    return choices
