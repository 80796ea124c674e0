"""Which heads look from a verb at its subject, measured on sentences whose subject is known: between the two
stands another noun, and before them some words or none, so that no fixed place or distance is the answer.
"""

from itertools import permutations

import numpy as np

from model.analysis import wordwise
from model.analysis.heads import Measured, on, uniforms
from model.bundle import Bundle

NOUNS, VERBS = ("dog", "boy", "king", "bird", "girl"), ("ran", "slept", "laughed")
BEGINNINGS = ("The", "One day the", "In the morning the")


def sentences() -> list[tuple[str, str, str]]:
    """The sentences, each with its subject and its verb."""
    pairs = enumerate(permutations(NOUNS, 2))
    return [
        (f"{BEGINNINGS[i % 3]} {noun} with the {other} {VERBS[i // 3 % 3]}", noun, VERBS[i // 3 % 3])
        for i, (noun, other) in pairs
    ]


def measure(bundle: Bundle) -> Measured | None:
    """How much of its weight each head gives from the verb to its subject, (L, H), on average over the
    sentences: the mean over the verb's pieces of the sum over the subject's. None for a model of bytes, which
    knows no words.
    """
    if not bundle.tokenizer.knows_words:
        return None
    heads, flat = [], []
    for text, noun, verb in sentences():
        trace = bundle.explain(text)
        names, groups = wordwise.words(trace)
        words = [name.strip() for name in names]
        pair = np.outer(groups == words.index(verb), groups == words.index(noun))
        weights = [
            [one.attention.weights(head) for head in range(trace.config.heads)] for one in trace.layers
        ]
        heads.append([[on(one, pair) for one in layer] for layer in weights])
        flat.append([[on(one, pair)] for one in uniforms(trace)])
    return Measured(np.mean(heads, axis=0), np.mean(flat, axis=0))
