"""The terms of the field, each in one plain sentence, shown beside headings and controls."""

TERMS = {
    "token": (
        "a piece of text that a model reads as one: a common word, a part of a rare one, or a sign. · is a "
        "space at its beginning, ⏎ a line break, ⟨E6⟩ one byte of a character that is cut into several "
        "tokens."
    ),
    "layer": "one of several steps of the same build that a text goes through, attention first, then an MLP.",
    "head": (
        "one of several attentions that run side by side in a layer, each with its own queries, keys and "
        "values."
    ),
    "query": "the vector by which a token asks the others.",
    "key": "the vector by which a token answers those that ask.",
    "value": "the vector that a token passes on, as much of it as it was given weight.",
    "score": "how well a query and a key fit: their dot product, scaled, of which a softmax makes weights.",
    "softmax": "makes any numbers into shares that sum to 1: e to the power of each, divided by their sum.",
    "temperature": (
        "what the numbers are divided by before the softmax; below 1 the largest gains, above 1 all come "
        "nearer to one another."
    ),
    "logit": (
        "the number that a model gives a token of its vocabulary, before a softmax makes probabilities of "
        "them all."
    ),
    "entropy": "how much surprise to expect from what comes next, in bits; 0 when one token is certain.",
    "bit": "a unit of surprise: a token of probability 1/2 costs 1 bit, one of 1/4 costs 2 bits.",
    "nat": "a unit of surprise, −ln of the probability; 1 nat is about 1.44 bits.",
    "loss": "the surprise at a token, after those before it, or its mean over a text; lower is better.",
    "perplexity": (
        "among how many equally likely tokens one would be as unsure: 2 to the power of the bits a token."
    ),
    "rank correlation": (
        "how far two lists put the same things in the same order: 1 for the same order, 0 for none in "
        "common, −1 for the reverse (Spearman)."
    ),
    "patch": "a small square of a picture, which a vision transformer reads as one word.",
    "class token": (
        "a token that is no part of the picture: it collects from the patches what the answer is read from."
    ),
    "receptive field": "all of the input that can change one number inside a network.",
    "occlusion": "to hide a part of the input and see by how much the output changes.",
    "rollout": (
        "how much of each token has come to another through all layers, by the weights alone, as if values "
        "and MLPs changed nothing (Abnar and Zuidema 2020)."
    ),
    "learning rate": (
        "how far each step of a training moves the parameters; too small learns slowly, too large not at all."
    ),
    "seed": "a number that settles all that chance would: the same seed gives the same numbers again.",
    "residual stream": "a token’s vector, which runs through all layers: attention and MLP only add to it.",
    "induction head": (
        "a head that looks at what came after the same token before, and so goes on with what has begun to "
        "repeat itself (Olsson 2022)."
    ),
    "causal mask": "lets each token look at itself and at those before it, never at what comes later.",
    "diff": "where two programs differ, line by line: − stands before what goes, + before what comes.",
    "MLP": "the part of a layer in which each token works by itself: two matrices with a curve between.",
}


def explained(*terms: str) -> str:
    """The sentences about these terms, a paragraph each, as Markdown; KeyError for an unknown term."""
    return "\n\n".join(f"**{term[0].upper()}{term[1:]}**: {TERMS[term]}" for term in terms)
