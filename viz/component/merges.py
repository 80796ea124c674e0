"""The player of byte pair encoding: a text falls into letters and grows together, merge by merge, in the
browser.
"""

from viz.component.message import heard, places
from viz.component.view import view

BORDER = -1  # between two words, which no merge joins

mount = view("merges")


def merges(
    pieces,
    leaders,
    tokens,
    whole,
    excerpt,
    joined,
    *,
    words,
    at_once,
    merge,
    key,
    label="",
    revision="",
    on_choose=None,
):
    """Draw a training of N merges as it stands after the first `merge` of them; it plays, steps and jumps
    without asking the server.

    pieces: the texts of the tokens, those of the N merges last. leaders: N + 1 lists of left, right, count,
    the most frequent pairs one after the other, before each merge. tokens, whole: N + 1 numbers, tokens of
    the text and occurrences of the word that the merge made one token. excerpt: B bytes of the text; joined:
    B - 1, which merge (from 1) joins a byte with the next, 0 for none, BORDER between two words. words: how
    many the text has, at_once of them one token from the start. Where the reader rests, `on_choose` is
    called with the merge. ValueError if the sizes do not fit.
    """
    N = len(tokens) - 1
    if not 0 <= merge <= N:
        raise ValueError(f"merge {merge} lies outside 0 to {N}")
    if len(leaders) != N + 1 or len(whole) != N + 1 or len(pieces) < N:
        raise ValueError(
            f"for {N} merges there are {len(leaders)} rankings, {len(whole)} counts of whole words and "
            f"{len(pieces)} pieces"
        )
    if len(joined) != max(0, len(excerpt) - 1):
        raise ValueError(
            f"{len(excerpt)} bytes have {max(0, len(excerpt) - 1)} borders, but {len(joined)} are given"
        )
    data = {
        "pieces": list(pieces),
        "leaders": list(leaders),
        "tokens": list(tokens),
        "whole": list(whole),
        "excerpt": list(excerpt),
        "joined": list(joined),
        "words": int(words),
        "atOnce": int(at_once),
        "merge": int(merge),
        "label": label,
        "revision": str(revision),
    }
    mount(key=key, data=data, on_merge_change=heard(key, "merge", places(N + 1), on_choose))
