"""The block: the loaded network as a diagram, and all of its boxes together."""

import streamlit as st

from model import load
from model.analysis import anatomy, cost
from model.loading import is_opened
from pages import _fold, _shell
from pages._cache import remembered
from pages._choices import put
from pages._control import Control, pause
from pages._numbers import percent, plural
from pages.architecture import checks, owned
from pages.architecture.activation import draw_activation
from pages.architecture.layout import BLOCK, parts
from viz import cost as figures
from viz.component.diagram import diagram

OPENING = (
    "Attention is one part of a transformer. **Click a box** of the loaded model: beside it stands "
    "what really went through it on your text."
)
OPENED = (
    "Attention is one part of a transformer. What the parts of an opened model are for is not known, so "
    "none is drawn as a box; **see whether what the pages show of it is what it did** on your text, and open "
    "the list of its parts."
)

BOX = "architecture.box"
GROUPS = {  # what the boxes are summed up as
    "embedding, output": ("tokens", "embedding", "widen", "narrow", "logits"),
    "projections": ("query", "key", "value", "output"),
    "pairs of tokens": ("scores", "weights", "mix"),
    "MLP": ("mlp_in", "gelu", "mlp_out"),
}
REST = "norms, positions"


@remembered("Counting while the network runs once more")
def counted(name, ids):
    return cost.counted(load(name).network, ids)


def show(view):
    """Show the network's boxes, what went through the chosen one, and all of them summed up."""
    if is_opened(view.choice.model):  # what its parts are for is not known
        checks.show(view)
        return _fold.fold(owned.NAME, "architecture.owned", owned.show, view)
    T, layer = len(view.trace.tokens), view.choice.layer
    boxes = anatomy.boxes(view.network, T)
    named = {one.name: one for one in boxes}
    box = named[Control("Box", BOX, named, "weights").value()]
    left, right = st.columns([7, 5], gap="medium")
    with left:
        diagram(
            parts(boxes),
            selected=box.name,
            frame=BLOCK,
            caption=f"layer {layer + 1}, one of {view.trace.config.layers} alike",
            key="architecture.diagram",
            label=f"the parts of {view.choice.model} on {plural('token', T)}",
            revision=f"{view.choice.model} {T}",
            on_select=take_box,
        )
    with right:
        draw_activation(view, box)
    pause()
    _fold.fold("All boxes together", "architecture.totals", totals, view, boxes)


def take_box(name):
    put({BOX: name})


def totals(view, boxes):
    """Parameters and multiply-adds of all boxes, beside those counted in the network and while it ran."""
    choice, T = view.choice, len(view.trace.tokens)
    own, takes = anatomy.parameters(boxes), anatomy.multiply_adds(boxes)
    held = sum(parameter.numel() for parameter in view.network.parameters())
    ran = counted(choice.model, tuple(map(int, view.trace.ids)))
    if (own, takes) != (held, ran):
        st.error(
            f"The boxes have {own:,} parameters and take {takes:,} multiply-adds, but counted are {held:,} "
            f"and {ran:,}."
        )
        return
    wholes = grouped(boxes)
    most = {whole: max(shares, key=shares.get) for whole, shares in wholes.items()}
    _shell.show(
        figures.shares(wholes),
        key="architecture.shares",
        finding="; ".join(
            f"most {whole}, {percent(shares[most[whole]] / sum(shares.values()))}, are of {most[whole]}"
            for whole, shares in wholes.items()
        ),
        shows="shares of the parts in parameters and multiply-adds",
    )
    table = next(box.parameters for box in boxes if box.name == "embedding") / own
    tied = next((box for box in boxes if box.name == "logits"), None)
    st.markdown(
        f"All boxes together, those of the block {view.trace.config.layers} times, own **{own:,} "
        f"parameters**, as many as the loaded network holds when each is counted once ({held:,}), and take "
        f"**{takes:,} multiply-adds** for your {plural('token', T)}, as many as torch counted while the "
        f"same pass ran ({ran:,}). "
        + (
            "The output matrix is the embedding table once more: no parameter of its own, but "
            f"{tied.multiply_adds:,} multiply-adds."
            if tied
            else "This encoder ends in vectors: its table is looked up once and multiplied by nothing, "
            f"{percent(table)} of the parameters and none of the work."
        )
    )
    _shell.say(
        r"x \leftarrow x + \mathrm{Attention}(\mathrm{norm}(x)) \qquad x \leftarrow x + "
        r"\mathrm{MLP}(\mathrm{norm}(x))",
        "Both halves read the stream through a norm and add to it (pre-norm, Xiong 2020). Only the products "
        "of matrices are counted as multiply-adds, masked pairs included; norms, softmax, GELU and additions "
        "take a few steps for each number they touch.",
    )


def grouped(boxes):
    """{whole: {group of boxes: how much}} of parameters and multiply-adds."""
    wholes = {"parameters": {}, "multiply-adds": {}}
    for group in (*GROUPS, REST):
        some = [
            box
            for box in boxes
            if next((name for name, names in GROUPS.items() if box.name in names), REST) == group
        ]
        wholes["parameters"][group], wholes["multiply-adds"][group] = (
            anatomy.parameters(some),
            anatomy.multiply_adds(some),
        )
    return wholes
