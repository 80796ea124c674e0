"""A sequence of words in an order that the reader can change: drag a word, or move it with the keys."""

from viz.component.view import view

mount = view("sequence")


def sequence(words, order, *, key, label="", revision="", on_order=None):
    """Draw the words (N texts) in an order, word order[0] first, each with its place in the text under it.

    A word put elsewhere calls `on_order`; `st.session_state[key]["order"]` is [the new order, time].
    ValueError if the order is no order of the words.
    """
    if sorted(order) != list(range(len(words))):
        raise ValueError(f"the order {list(order)[:8]} is no order of {len(words)} words")
    data = {"words": list(words), "order": [int(i) for i in order], "label": label, "revision": str(revision)}
    mount(key=key, data=data, on_order_change=on_order or (lambda: None))
