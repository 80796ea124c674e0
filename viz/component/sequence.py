"""A sequence of words in an order that the reader can change: drag a word, or move it with the keys."""

from viz.component.message import heard
from viz.component.view import view

mount = view("sequence")


def sequence(words, order, *, key, label="", revision="", on_order=None):
    """Draw the words (N texts) in an order, word order[0] first, each with its place in the text under it.

    A word put elsewhere calls `on_order` with the new order.
    ValueError if the order is no order of the words.
    """
    if sorted(order) != list(range(len(words))):
        raise ValueError(f"the order {list(order)[:8]} is no order of {len(words)} words")
    data = {"words": list(words), "order": [int(i) for i in order], "label": label, "revision": str(revision)}

    def an_order(values: list) -> bool:
        (new,) = values if len(values) == 1 else (None,)
        whole = isinstance(new, list) and all(type(place) is int for place in new)
        return whole and sorted(new) == list(range(len(words)))

    mount(key=key, data=data, on_order_change=heard(key, "order", an_order, on_order))
