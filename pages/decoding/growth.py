"""The path of the text that grows: what is the reader's own, what was chosen since, the other branch."""

from itertools import takewhile
from typing import NamedTuple

import streamlit as st

from model import decoding, load
from pages._choices import forget, put
from pages._control import Control, NothingToShow

# two of them spell a token's id in the address
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
PATH = Control("The text so far", "decoding.path", None, "")
OTHER = Control("The other branch", "decoding.other", None, "")


class Path(NamedTuple):
    """Token ids: what is read now, the reader's own text, and the branch that was left last, empty if none
    was.
    """

    ids: tuple[int, ...]
    prompt: tuple[int, ...]
    other: tuple[int, ...]
    model: str

    @property
    def own(self):
        """How many of the ids are the reader's own tokens."""
        return common(self.ids, self.prompt)

    @property
    def ahead(self):
        """What the other branch says after the text that both share, if the text has not left it yet."""
        return self.other[len(self.ids) :] if common(self.ids, self.other) == len(self.ids) else ()

    @property
    def over(self):
        """Whether the text has come to its end token."""
        return self.ids[-1] == load(self.model).tokenizer.end


def common(one, other):
    """How many tokens two texts share from the start."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def spell(ids, prompt):
    """A path as a short text: how much of the reader's text it keeps, where not all of it, and the ids after
    that.
    """
    own = common(ids, prompt)
    start = "" if own == len(prompt) else f"{own}~"
    return start + "".join(LETTERS[id // 64] + LETTERS[id % 64] for id in ids[own:])


def unspell(spelled, prompt, vocabulary):
    """The ids of such a text; ValueError if it is none."""
    start, _, rest = spelled.rpartition("~")
    own = int(start) if start.isascii() and start.isdigit() else len(prompt)
    digits = [LETTERS.index(letter) for letter in rest]
    if len(digits) % 2 or (start and not (start.isascii() and start.isdigit() and 1 <= own <= len(prompt))):
        raise ValueError("this is no path")
    ids = [64 * high + low for high, low in zip(digits[::2], digits[1::2], strict=True)]
    if any(id >= vocabulary for id in ids):
        raise ValueError("this is no token")
    return (*prompt[:own], *ids)


def read_path(choice):
    """The Path of this run; where the text cannot be read, the page says why and ends. Another text starts
    anew.
    """
    bundle, state = load(choice.model), st.session_state
    room = decoding.room(bundle.config)
    try:
        prompt = tuple(bundle.prompt(choice.text))
        if len(prompt) > room:
            raise ValueError(
                f"This text has {len(prompt)} tokens, and {choice.model} knows no position after {room}. "
                "Shorten it."
            )
    except ValueError as reason:
        stop()
        st.warning(str(reason))
        raise NothingToShow from reason
    if state.setdefault("decoding.text", choice.text) != choice.text:
        start_over()
        forget(OTHER.key)
        state["decoding.text"] = choice.text
    ids, other = (branch_ids(branch, prompt, len(bundle.tokenizer)) for branch in (PATH, OTHER))
    if len(ids) > room:
        st.info(
            f"{choice.model} knows no position after {room}: of this branch of {len(ids)} tokens it reads "
            f"the first {room}."
        )
    return Path(ids[:room], prompt, () if OTHER.value() == "" else other[:room], choice.model)


def branch_ids(branch, prompt, vocabulary):
    """The ids that the session or the link says; the prompt alone if that is no path, which the page then
    says.
    """
    try:
        return unspell(branch.value(), prompt, vocabulary)
    except ValueError:
        forget(branch.key)
        branch.value()
        st.info(
            "The branch in this link does not fit your text or this model, so you are at the end of your "
            "text."
        )
        return prompt


def set_ids(path, ids):
    """Make these ids the text."""
    put({PATH.key: spell(ids, path.prompt)})


def stop():
    st.session_state.pop("decoding.playing", None)


def start_over():
    stop()
    forget(PATH.key)


def take_token(path, id):
    """The reader takes a token in place of the one that was drawn."""
    stop()
    set_ids(path, (*path.ids, id))


def rewind(path, place):
    """Back to where the token at a place was chosen; or forward again, if it is one of those ahead. A branch
    that is left is kept as the other one.
    """
    stop()
    if place >= len(path.ids):
        set_ids(path, path.other[: place + 1])
        return
    leave(path)
    set_ids(path, path.ids[: max(1, place)])


def leave(path):
    """Keep the text as the other branch, unless that one begins with it."""
    if common(path.ids, path.other) < len(path.ids):
        put({OTHER.key: spell(path.ids, path.prompt) or f"{len(path.prompt)}~"})


def back_to_prompt(path):
    """To the end of the reader's own text."""
    leave(path)
    start_over()


def swap(path):
    stop()
    leave(path._replace(other=()))
    set_ids(path, path.other)
