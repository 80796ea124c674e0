"""Parts of a score in words: texts in turn with tokens, as a waterfall takes them."""

from model.analysis import why

ASKS, ANSWERS = "query", "key"
CONSTANT = {ASKS: "every token asks so (biases)", ANSWERS: "every token answers so (biases)"}


def named(tokens, place):
    """A token by its text, with its place if another has the same."""
    return f"{tokens[place]} ({place + 1})" if tokens.count(tokens[place]) > 1 else tokens[place]


def carries(part, side, tokens, place, source=None):
    """What a part of the token at `place` is as one that asks or answers; `source` is the token from which a
    head has brought most, None where that is not asked. It begins and ends with a text.
    """
    token = named(tokens, place)
    if part.kind == why.HEAD and source is None:
        return ["", token, f" carries what {part.name} brought"]
    if part.kind == why.HEAD:
        return ["", token, f" carries what {part.name} brought from ", named(tokens, source), ""]
    return {
        why.TOKEN: ["", token, " is ", token, ""],
        why.POSITION: ["", token, f" stands at place {place + 1}"],
        why.START: ["", token, " is ", token, f" at place {place + 1}"],
        why.MLP: ["", token, f" carries what {part.name} made of it"],
        why.BIAS: [CONSTANT[side]],
    }[part.kind]


def because(first, second, value):
    """A pair of parts in words: because the one, and the other; although, where they take off the score."""
    start, *between = first
    *between, end = [f"{'because' if value >= 0 else 'although'} {start}", *between]
    return [*between, f"{end}, and {second[0]}", *second[1:]]
