"""What is seen of the text that grows: its tokens, why it ends, what it costs."""

import codecs
from typing import NamedTuple

from model import Trace, decoding, load
from pages import _shell, _sidebar
from pages._cache import remembered
from pages._control import switch
from pages._numbers import number
from pages.decoding.filters import Sampling
from pages.decoding.growth import Path, rewind, spell
from viz.component.story import story

TOKENS = switch("Show its tokens", "decoding.tokens", help="Click one to go back to where it was chosen")


@remembered()
def read(model, ids):
    """The Trace of these token ids."""
    return load(model).reread(ids)


def draw_text(path, bits):
    """Draw the text that grows: the reader's own, what was chosen since, the branch left behind. It is prose,
    or on demand chips, of which a click goes there.
    """
    piece, chips = load(path.model).tokenizer.piece, TOKENS.value()

    story(
        [piece(id) for id in (*path.ids, *path.ahead)],
        own=path.own,
        read=len(path.ids),
        bits=bits,
        key="decoding.story",
        prose=None if chips else prose(path),
        label="the text so far",
        revision=spell(path.ids, path.prompt),
        on_select=lambda place: rewind(path, place),
    )


def prose(path):
    """The three parts of the text as people read them; a character that two parts share is in the later."""
    held, read = load(path.model).tokenizer.bytes, codecs.getincrementaldecoder("utf-8")("replace")
    parts = path.ids[: path.own], path.ids[path.own :], path.ahead
    texts = [read.decode(b"".join(held[id] for id in ids)) for ids in parts]
    return [*texts[:2], texts[2] + read.decode(b"", final=True)]


def ending(path):
    """Why no token follows."""
    room = decoding.room(load(path.model).config)
    if path.over:
        return (
            "The model has chosen its end token: the text is over. Start over, or show its tokens and click "
            "one to go back to where it was chosen."
        )
    why = (
        "its table of positions ends there"
        if load(path.model).config.encoding.limited
        else "this is as long as texts may be here"
    )
    return (
        f"The text has {len(path.ids):,} tokens, and {path.model} reads at most {room:,}: {why}. Start "
        "over, or show its tokens and click one to go back."
    )


def surprise_formula(causal):
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


def times_as_likely(bits):
    """How many times as likely a text is that costs so many bits less, with three digits; a power where that
    is no number for people.
    """
    return f"{number(2**bits)} times" if bits < 40 else f"$2^{{{number(bits, 0)}}}$ times"


class DecodingView(NamedTuple):
    """What the sections of the page look at: the sidebar's choice, the text, how tokens are chosen, the
    pending Step (None at the end), the text's Trace.
    """

    choice: _sidebar.Choice
    path: Path
    sampling: Sampling
    step: decoding.Step | None
    trace: Trace

    def piece(self, id):
        return load(self.path.model).tokenizer.piece(id)

    def word(self, id):
        """A token, safe inside a sentence."""
        return _shell.plain(self.piece(id))
