"""Attention rollout over a picture: where what a token has become came from, by the weights alone."""

import numpy as np

from model.analysis import flow
from model.vision.trace import PictureTrace


def rollout(trace: PictureTrace, token: int = 0) -> np.ndarray:
    """Shares of each patch in a token, the class token unless given, after every layer: (L, rows, columns)
    (Abnar and Zuidema 2020, arXiv:2005.00928). They sum to 1 less the shares of the marks.
    """
    return trace.over(flow.rollout(flow.means(trace))[:, token])
