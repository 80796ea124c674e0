"""The mask that the reader has chosen or painted: its controls, its place in the address, and what the model
makes of the text with it.
"""

import base64
import binascii
from typing import NamedTuple

import numpy as np
import streamlit as st

from model import load, masks
from model.analysis import leak
from model.loading import is_opened
from pages import _shell
from pages._cache import remembered
from pages._choices import put
from pages._control import Control, Menu, Slider

OWN, PAINTED = "the model’s own", "painted"  # of an opened model the own one may be none of the others
KINDS = "causal", "full", "window", "prefix", PAINTED
LONGEST = 48  # tokens of a text whose mask can be painted: its bits fit into an address
SIZES = range(1, 65)
STEPS = 50  # strokes that can be undone
KIND, PAST = "masks.mask", "masks.past"
SIZE = {
    kind: Slider(f"Tokens in the {kind}", f"masks.{kind}", SIZES, 4, look={"width": 200})
    for kind in ("window", "prefix")
}
PAINT = Control("Painted cells", "masks.paint", None, "")


class Mask(NamedTuple):
    """A mask by what makes it: a kind, the size of a window or a prefix, the painted cells as `packed` writes
    them.
    """

    kind: str
    size: int = 0
    paint: str = ""

    def allowed(self, own):
        """The array (T, T) of all layers and heads, or the model's `own`, which may be (L, H, T, T). Where
        painted cells are missing, as in a text that has grown, it is what any layer of the model may see.
        """
        N = own.shape[-1]
        if self.kind == OWN:
            return own
        if self.kind in ("window", "prefix"):
            return getattr(masks, self.kind)(N, self.size).numpy()
        if self.kind != PAINTED:
            return getattr(masks, self.kind)(N).numpy()
        cells, painted = unpacked(self.paint), own.reshape(-1, N, N).any(0)
        if cells is not None:
            T = min(len(cells), N)
            painted[:T, :T] = cells[:T, :T]
        return painted

    def __str__(self):
        return f"{self.kind} of {self.size}" if self.size else self.kind


def packed(allowed):
    """A mask (T, T) as a short text for an address: T, a point, and its bits in base64."""
    bits = np.packbits(np.asarray(allowed, bool))
    return f"{len(allowed)}." + base64.urlsafe_b64encode(bits).decode().rstrip("=")


def unpacked(text):
    """The mask (T, T) that `packed` wrote; None for any other text."""
    tokens, point, bits = text.partition(".")
    if not (
        point and tokens.isascii() and tokens.isdecimal() and len(tokens) < 3 and 0 < int(tokens) <= LONGEST
    ):
        return None
    T = int(tokens)
    try:
        data = np.frombuffer(
            base64.b64decode(bits + "=" * (-len(bits) % 4), altchars=b"-_", validate=True), np.uint8
        )
    except (binascii.Error, ValueError):
        return None
    return np.unpackbits(data)[: T * T].reshape(T, T).astype(bool) if len(data) == -(-T * T // 8) else None


def own(name, T):
    """The model's own mask, (T, T), or (L, H, T, T) where its layers or heads differ."""
    allowed = load(name).network.mask(T)
    return (allowed.expand(load(name).config.layers, -1, -1, -1) if allowed.ndim == 3 else allowed).numpy()


def allowed_under(mask, name, T):
    """Who may look at whom in a model of that name under the Mask, (T, T) or (L, H, T, T)."""
    return mask.allowed(own(name, T))


def of_head(allowed, layer, head):
    """The part (T, T) of a mask that one head has."""
    return allowed if allowed.ndim == 2 else allowed[layer, head]


def same(one, other):
    """Whether two masks are the same in every layer and head."""
    pairs = zip(*np.broadcast_arrays(one, other), strict=True)
    return one is other or all(np.array_equal(*pair) for pair in pairs)


def trained(config, own):
    """The mask with which a model was trained, in words."""
    kind = "causal" if config.causal else "full"
    if same(own, getattr(masks, kind)(own.shape[-1]).numpy()):
        return f"the {kind} mask"
    return "a mask of its own" + ", which differs from layer to layer" * (own.ndim == 4)


def chosen(name, T):
    """The Mask that the controls say; at first the model's own. A text too long to be painted has no painted
    mask.
    """
    kind, paint = kind_of(name).value(), PAINT.value()
    sizes = {kind: size.value() for kind, size in SIZE.items()}
    if kind == PAINTED and T > LONGEST:
        st.info(
            f"A mask can be painted for up to {LONGEST} tokens, and this text has {T:,}: it is read with the "
            "model’s own mask. Your painting is kept."
        )
        return Mask(kind_of(name).default)
    return Mask(kind, sizes.get(kind, 0), paint if kind == PAINTED else "")


def kind_of(name):
    """The control of the mask's kind for a model of that name; until somebody chooses, its own."""
    look = {"label_visibility": "collapsed", "width": 190, "format_func": "mask: {}".format}
    if is_opened(name):
        return Menu("Mask", KIND, (OWN, *KINDS), OWN, lambda kind: "own" if kind == OWN else kind, look=look)
    return Menu("Mask", KIND, KINDS, "causal" if load(name).config.causal else "full", look=look)


def controls(name, mask):
    """Draw the controls of the mask in a row, and the way back from a stroke."""
    kind_of(name).draw()
    if mask.kind in SIZE:
        SIZE[mask.kind].draw()
    if mask.kind == PAINTED:
        st.button("Undo", key="masks.undo", on_click=undo, disabled=not st.session_state.get(PAST))


def take_paint(allowed):
    """Somebody has painted: the mask as it stands is the painted one now."""
    state = st.session_state
    state[PAST] = [*state.get(PAST, []), (state[KIND], state[PAINT.key])][-STEPS:]
    put({KIND: PAINTED, PAINT.key: packed(allowed)})


def undo():
    kind, paint = st.session_state[PAST].pop()
    put({KIND: kind, PAINT.key: paint})


@remembered()
def explain(text, name, mask):
    """The Trace of `text` in model `name` with a Mask. ValueError if it leaves a row nothing to look at."""
    bundle = load(name)
    T = len(bundle.read(text))
    allowed = allowed_under(mask, name, T)
    return _shell.explain(text, name) if same(allowed, own(name, T)) else bundle.explain(text, allowed)


@remembered()
def moved(text, name, mask):
    """How far each output is from what the model's own mask gives: bits of divergence for a model that
    predicts, else relative change, (T,).
    """
    after, bundle = explain(text, name, mask), load(name)
    before = _shell.explain(text, name)
    if after is not before and is_opened(name):  # whose own code rounds otherwise than a mask of ours
        before = bundle.explain(text, own(name, len(after.tokens)))
    change = leak.change(before, after)
    bits = change if after.logits is None else leak.divergence(before, after)
    return np.where(change <= bundle.config.rounding, 0.0, bits)


def empty_rows(allowed):
    """The rows of a mask (..., T, T) that may look at nothing."""
    return np.flatnonzero((~allowed.any(-1)).reshape(-1, allowed.shape[-1]).any(0)).tolist()


def refuse(rows, tokens, say=st.error):
    """Say which rows have nothing to look at."""
    named = ", ".join(f"row {i + 1} ({_shell.plain(tokens[i])})" for i in rows[:6]) + (
        f" and {len(rows) - 6} more" if len(rows) > 6 else ""
    )
    many = len(rows) > 1
    say(
        f"{named[0].upper()}{named[1:]} may look at nothing, and a softmax over nothing has no value: the "
        f"model is not run. Allow at least one cell in {'each of these rows' if many else 'that row'}. Your "
        "painting is kept."
    )
