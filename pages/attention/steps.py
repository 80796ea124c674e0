"""The steps of attention as the attention page shows them, for one head and one pair of tokens.

Each draws its picture and beside it the formula with its numbers, and returns the places below the one and
below the other.
"""

from pages.attention.inputs import projections, tokens
from pages.attention.outputs import joined, mixture, softmax
from pages.attention.scores import dots, masked, scaled

STEPS = {
    "1 Tokens": tokens,
    "2 q, k, v": projections,
    "3 Dot products": dots,
    "4 Divide by √D": scaled,
    "5 Mask": masked,
    "6 Softmax": softmax,
    "7 Weighted sum": mixture,
    "8 Join heads": joined,
}
