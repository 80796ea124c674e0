"""Beliefs about the next token: tokens with their probabilities as bars."""

from viz.component.view import view
from viz.theme import number

mount = view("ranking")


def ranking(series, tokens, *, key, shares=True, sentences=False, label=""):
    """Draw N tokens, the first on top, with a bar per series: `series` maps a name to (values (N,), colour).

    Shares, in [0, 1], are on one scale, from 0 to the largest, and read in percent. Otherwise each series has
    its own scale; a bar is as long as the value without its sign. `sentences`: the texts are long, and get
    room to be read. ValueError if a series has another number of values than there are tokens.
    """
    for name, (values, _) in series.items():
        if len(values) != len(tokens):
            raise ValueError(f"{name!r} has {len(values)} values for {len(tokens)} tokens")
    drawn = [
        {
            "name": name,
            "values": [float(value) for value in values],
            "texts": [f"{number(100 * value, 1)} %" if shares else number(value) for value in values],
            "colour": colour,
        }
        for name, (values, colour) in series.items()
    ]
    mount(
        key=key,
        data={
            "tokens": list(tokens),
            "series": drawn,
            "shares": bool(shares),
            "sentences": bool(sentences),
            "label": label,
        },
    )
