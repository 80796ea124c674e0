"""What an answer may cost: the tokens that networks read until a page has answered a new text."""

import pytest

from model import load
from model.network.transformer import Transformer
from tests.session import move, opened
from tests.test_pages import PAGES, WITHOUT_TEXT

SENTENCE = "My little sister walked along the green river to the old bank"
READ = {  # page: how many times as many tokens as the sentence has its networks read at most; the others once
    "averaging": 3,  # in three mixtures
    "bugs": 4,  # by the model as it is, and with bugs
    "decoding": 2,  # for the text as it is, and for the choice
    "masks": 3,  # by two models, and by one of them with a mask
    "positions": 6,  # by the models of six encodings, of which one is the first here
    "receptive_field": 2,  # by the encoder for its tokens, and by a random network for their gradients
    "word_sense": 14,  # the sentence, and without each of its other words
}


@pytest.fixture
def tokens_read(monkeypatch):
    """The number of tokens of each forward pass from now on."""
    passes, forward = [], Transformer.forward

    def counted(network, ids, *others, **arguments):
        passes.append(ids.numel())
        return forward(network, ids, *others, **arguments)

    monkeypatch.setattr(Transformer, "forward", counted)
    return passes


@pytest.mark.parametrize("page", sorted({*PAGES} - WITHOUT_TEXT))
def test_a_new_text_is_read_no_more_often_than_what_is_seen_takes(page, tokens_read):
    at = opened(page)
    tokens_read.clear()
    move(at, {"text": SENTENCE})
    name = "encoder" if page in ("word_sense", "averaging", "receptive_field") else "decoder-rope"
    assert sum(tokens_read) <= READ.get(page, 1) * len(load(name).read(SENTENCE)), tokens_read
