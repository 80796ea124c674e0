"""What four kinds of attention cost at one length, as a table."""

import streamlit as st

from model.analysis import cost
from pages._numbers import number


def table(kinds, length):
    """All quantities of all kinds at the chosen length."""
    lines = [
        f"| at {length:,} tokens | parameters | multiply-adds | cache | weights, if stored |",
        "|---|---|---|---|---|",
    ]
    for name, (config, window) in kinds.items():
        row = cost.parameters(config, length), cost.multiply_adds(length, config, window)
        size = cost.cache_bytes(length, config, window), cost.weights_bytes(length, config, window)
        lines.append(f"| {name} | {row[0]:,} | {short(row[1])} | {short(size[0])}B | {short(size[1])}B |")
    st.markdown("\n".join(lines))


def short(count):
    """A large number in few letters, such as 28.3 M; the unit's thousands are 1000, not 1024."""
    for sign, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= size:
            return f"{number(count / size)} {sign}"
    return f"{count} "
