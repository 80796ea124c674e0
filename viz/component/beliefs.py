"""Beliefs side by side: for each of several models its most likely next tokens, with their probabilities as
bars.
"""

from viz.component.view import view

mount = view("beliefs")


def beliefs(lists, *, key, label="", revision=""):
    """Draw `lists`, a dict from a model's name to its (tokens, probabilities), the likeliest first, or to a
    sentence why there are none.

    Probabilities, in [0, 1], are on one scale, from 0 to the largest. ValueError if a list has another number
    of tokens than of probabilities.
    """
    drawn = []
    for name, found in lists.items():
        if isinstance(found, str):
            drawn.append({"name": name, "note": found, "tokens": [], "shares": []})
            continue
        tokens, shares = found
        if len(tokens) != len(shares):
            raise ValueError(f"{name!r} has {len(tokens)} tokens and {len(shares)} probabilities")
        drawn.append(
            {"name": name, "note": "", "tokens": list(tokens), "shares": [float(share) for share in shares]}
        )
    mount(key=key, data={"lists": drawn, "label": label, "revision": str(revision)})
