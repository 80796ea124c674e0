"""Adjacent pairs or halves: the same model under both conventions, and a model read with the wrong one."""

import _shell
import streamlit as st

from model import load, rotation
from viz import rotation as figures

NAMES = "adjacent, as trained", "halves, rows reordered", "halves, rows as they are"


@st.cache_resource(max_entries=4, show_spinner=False)
def readings(name):
    """The model three times: as trained, with its rows reordered for halves, and misread; all but the reordered rows are shared."""
    bundle = load(name)
    return bundle, rotation.to_halves(bundle), rotation.reread(bundle, rope_pairing="halves")


@st.cache_resource(max_entries=24, show_spinner=False)
def outcomes(text, name):
    """For each reading: its losses (T - 1,), and by how much its logits differ from those of the model as trained, at most."""
    trained, *others = (bundle.explain(text) for bundle in readings(name))
    return [(trained.losses, 0.0), *((trace.losses, float(abs(trace.logits - trained.logits).max())) for trace in others)]


def order(pair, chosen):
    """The permutation, as lines and as numbers."""
    width = pair.trace.config.head_width
    rows = rotation.halves(width)
    figure = figures.reordering(rows, chosen=(2 * chosen, 2 * chosen + 1), names=("adjacent", "halves"))
    _shell.show(figure, key="rope.reordering", alt=f"the rows of a head's query and key projections, reordered: {' '.join(map(str, rows))}")
    st.caption(
        f"the {width} rows of W_Q and of W_K in each head, on top as trained, below as a reader of halves wants them: row j is what was row "
        f"{', '.join(map(str, rows[:3]))}, …, {', '.join(map(str, rows[width // 2 : width // 2 + 3]))}, …; W_V and W_O stay"
    )


def compare(pair):
    """Loss and logits under the three readings, in a table and token by token."""
    found = outcomes(pair.choice.text, pair.choice.model)
    tokens = pair.trace.tokens
    several = len(tokens) > 1
    lines = ["| read as | nats per token | logits differ by at most |", "|:--|--:|--:|"]
    lines += [
        f"| {name} | {f'{losses.mean():.4f}' if several else '–'} | {f'{apart:.1e}' if apart else '0'} |"
        for name, (losses, apart) in zip(NAMES, found, strict=True)
    ]
    st.markdown("\n".join(lines))
    (right, _), (same, rounding), (wrong, apart) = found
    told = f"With its rows reordered it is the same model: the logits agree to {rounding:.0e}, the rounding of 32-bit sums. "
    if several:
        worst = int((wrong - right).argmax())
        told += (
            f"Read with halves as it is, nothing fails and no shape is wrong: the model only gets worse, by {wrong.mean() - right.mean():+.3f} nats per token here, "
            f"most at {_shell.plain(tokens[worst + 1])}, from {right[worst]:.2f} to {wrong[worst]:.2f}. Such a mistake is easily taken for a bad model."
        )
    st.markdown(told)
    if several:
        figure = figures.losses(dict(zip(NAMES, (right, same, wrong), strict=True)), tokens=tokens)
        _shell.show(figure, key="rope.losses", alt="loss of each token under the three readings")
        st.caption("each token’s loss given those before it; lower is better. The green line lies on the grey one: it is the same model")
