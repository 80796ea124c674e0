"""A text that grows: the reader's own, what was chosen since, what a branch left behind has after it. It is
prose to be read, or token chips, of which a click goes back or forward to one.
"""

from viz.component.message import heard, places
from viz.component.view import view

mount = view("story")


def story(tokens, *, own, read, bits, key, prose=None, label="", revision="", on_select=None):
    """Draw the tokens: the first `own` as the reader's text, those up to `read` as chosen since, the others
    as left behind.

    bits: what each of the first `read` tokens after the first cost the model, read - 1 numbers, shown under
    them. A click calls `on_select` with its place. With `prose`, the texts of these three parts, they are
    shown as running text instead. ValueError if the counts do not fit.
    """
    if not 1 <= own <= read <= len(tokens) or len(bits) != read - 1:
        raise ValueError(
            f"there are {len(tokens)} tokens, {read} read, {own} of them the reader's own, and {len(bits)} "
            "numbers of bits"
        )
    data = {
        "tokens": list(tokens),
        "own": own,
        "read": read,
        "prose": None if prose is None else list(prose),
        "bits": [None, *(float(one) for one in bits)],
        "label": label,
        "revision": str(revision),
    }
    mount(key=key, data=data, on_token_change=heard(key, "token", places(len(tokens)), on_select))
