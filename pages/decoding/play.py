"""The text that grows on the page about decoding: what is the reader's own, what was chosen since, the branch
left behind, and the iterator that plays on.
"""

from itertools import takewhile
from typing import NamedTuple

import streamlit as st

from model import Trace, decoding, load
from pages import _shell
from pages._cache import remembered
from pages._choices import forget, put
from pages._control import Control, NothingToShow, pause
from pages._numbers import number
from viz.component.story import story

# two of them spell a token's id in the address
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
PATH = Control("The text so far", "decoding.path", None, "")
OTHER = Control("The other branch", "decoding.other", None, "")
ENDS = ".!?"  # of a sentence
STEPS = {
    "one": ("One token", 1),
    "ten": ("Ten", 10),
    "sentence": ("To the sentence’s end", None),
    "end": ("To the end", None),
}  # how many at most


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


def unspell(said, prompt, vocabulary):
    """The ids of such a text; ValueError if it is none."""
    start, _, rest = said.rpartition("~")
    own = int(start) if start.isascii() and start.isdigit() else len(prompt)
    digits = [LETTERS.index(letter) for letter in rest]
    if len(digits) % 2 or (start and not (start.isascii() and start.isdigit() and 1 <= own <= len(prompt))):
        raise ValueError("this is no path")
    ids = [64 * high + low for high, low in zip(digits[::2], digits[1::2], strict=True)]
    if any(id >= vocabulary for id in ids):
        raise ValueError("this is no token")
    return (*prompt[:own], *ids)


def path(choice):
    """The Path of this run; where the text cannot be read, the page says why and ends. Another text starts
    anew.
    """
    bundle, state = load(choice.model), st.session_state
    room = decoding.room(bundle.config)
    try:
        prompt = tuple(bundle.read(choice.text))
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
    ids, other = (said(branch, prompt, len(bundle.tokenizer)) for branch in (PATH, OTHER))
    if len(ids) > room:
        st.info(
            f"{choice.model} knows no position after {room}: of this branch of {len(ids)} tokens it reads "
            f"the first {room}."
        )
    return Path(ids[:room], prompt, () if OTHER.value() == "" else other[:room], choice.model)


def said(branch, prompt, vocabulary):
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


# ---- moving along ----


def go(path, ids):
    """Make these ids the text."""
    put({PATH.key: spell(ids, path.prompt)})


def stop():
    st.session_state.pop("decoding.playing", None)


def start_over():
    stop()
    forget(PATH.key)


def play(name):
    st.session_state["decoding.playing"] = name, STEPS[name][1]


def take(path, id):
    """The reader takes a token in place of the one that was drawn."""
    stop()
    go(path, (*path.ids, id))


def rewind(path, place):
    """Back to where the token at a place was chosen; or forward again, if it is one of those ahead. A branch
    that is left is kept as the other one.
    """
    stop()
    if place >= len(path.ids):
        go(path, path.other[: place + 1])
        return
    leave(path)
    go(path, path.ids[: max(1, place)])


def leave(path):
    """Keep the text as the other branch, unless that one begins with it."""
    if common(path.ids, path.other) < len(path.ids):
        put({OTHER.key: spell(path.ids, path.prompt) or f"{len(path.prompt)}~"})


def back(path):
    """To the end of the reader's own text."""
    leave(path)
    start_over()


def swap(path):
    stop()
    leave(path._replace(other=()))
    go(path, path.other)


# ---- the iterator ----


class Live(NamedTuple):
    """The iterator that plays, what it was started with and has taken since, and the step that it has yielded
    last.
    """

    model: str
    ids: tuple[int, ...]
    how: tuple
    iterator: object
    step: decoding.Step | None


def pending(path, how):
    """The Step that chooses the next token: of the iterator that plays, or of a new one with the cache of
    what both have read; None at the end.
    """
    live, bundle = st.session_state.get("decoding.live"), load(path.model)
    if live is None or (live.model, live.ids, live.how) != (path.model, path.ids, how):
        cache = None
        if live and live.step and live.step.cache and live.model == path.model:
            shared = min(common(live.ids, path.ids), len(path.ids) - 1)
            cache = live.step.cache.first(shared) if shared else None
        iterator = decoding.generate(
            bundle.network, path.ids, how.after, how.seed, [bundle.tokenizer.end], cache=cache
        )
        live = Live(path.model, path.ids, how, iterator, None if path.over else next(iterator, None))
        st.session_state["decoding.live"] = live
    return live.step


def on(path, how):
    """The Path and its pending Step, one token further if the page is playing."""
    step = pending(path, how)
    if "decoding.playing" not in st.session_state:
        return path, step
    if step is None:
        stop()
        return path, step
    name, left = st.session_state["decoding.playing"]
    live, ids = st.session_state["decoding.live"], (*path.ids, step.id)
    try:
        after = live.iterator.send(step.id)
    except StopIteration:
        after = None
    st.session_state["decoding.live"] = live._replace(ids=ids, step=after)
    go(path, ids)
    ended = name == "sentence" and any(sign in load(path.model).tokenizer.piece(step.id) for sign in ENDS)
    if after is None or ended or left == 1:
        stop()
    else:
        st.session_state["decoding.playing"] = name, left and left - 1
    PATH.value()  # so that the address says it as well
    return path._replace(ids=ids), after


def go_on():
    """After the page: the next frame, if it plays."""
    if "decoding.playing" in st.session_state:
        pause()
        st.rerun()


# ---- what is seen of it ----


@remembered()
def read(model, ids):
    """The Trace of these token ids."""
    return load(model).reread(ids)


def tell(path, bits):
    """Draw the text as chips: the reader's own, those chosen since, those of the branch left behind; a click
    goes there.
    """
    piece = load(path.model).tokenizer.piece

    story(
        [piece(id) for id in (*path.ids, *path.ahead)],
        own=path.own,
        read=len(path.ids),
        bits=bits,
        key="decoding.story",
        label="the text so far",
        revision=spell(path.ids, path.prompt),
        on_select=lambda place: rewind(path, place),
    )


def buttons(path, step):
    """Draw the buttons that let the text grow."""
    playing = "decoding.playing" in st.session_state
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, (label, _) in STEPS.items():
            kind = "primary" if name == "one" else "secondary"
            st.button(
                label,
                key=f"decoding.{name}",
                type=kind,
                disabled=playing or step is None,
                on_click=play,
                args=(name,),
            )
        st.button("Stop", key="decoding.stop", disabled=not playing, on_click=stop)
        st.button(
            "Start over", key="decoding.over", disabled=path.ids == path.prompt, on_click=back, args=(path,)
        )


def ending(path):
    """Why no token follows."""
    room = decoding.room(load(path.model).config)
    if path.over:
        return (
            "The model has chosen its end token: the text is over. Click a token to go back to where it was "
            "chosen."
        )
    why = (
        "its table of positions ends there"
        if load(path.model).config.encoding.limited
        else "this is as long as texts may be here"
    )
    return (
        f"The text has {len(path.ids):,} tokens, and {path.model} reads at most {room:,}: {why}. Click a "
        "token "
        "to go back."
    )


def surprise(causal):
    """The formula of a token's bits: of what the model has read when it gives the token its probability."""
    if causal:
        _shell.say(
            r"s_i = -\log_2 p(x_i \mid x_1 \dots x_{i-1})",
            "The first token has nothing before it, so nothing predicts it.",
        )
        return
    _shell.say(
        r"s_i = -\log_2 p(x_i \mid x_1 \dots x_T)",
        "This model was trained without the causal mask: where it gives a token its probability it has read "
        "the whole text, that token and all after it included. So these bits say how well it copies, not how "
        "well it predicts.",
    )


def times(bits):
    """How many times as likely a text is that costs so many bits less, with three digits; a power where that
    is no number for people.
    """
    return f"{number(2**bits)} times" if bits < 40 else f"$2^{{{number(bits, 0)}}}$ times"


class View(NamedTuple):
    """What the sections of the page look at: the sidebar's choice, the text, how tokens are chosen, the
    pending Step (None at the end), the text's Trace.
    """

    choice: _shell.Choice
    path: Path
    how: tuple
    step: decoding.Step | None
    trace: Trace

    def piece(self, id):
        return load(self.path.model).tokenizer.piece(id)

    def word(self, id):
        """A token, safe inside a sentence."""
        return _shell.plain(self.piece(id))
