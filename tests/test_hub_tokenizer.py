"""Tokenizers of opened models: the library's ids, pieces as text, spans that are true."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.export.tokenizer import letters_of_bytes
from model.hub.tokenizer import HubTokenizer
from tests import checkpoints

KINDS = ["bytes", "wordpiece", "unigram"]
every = pytest.mark.parametrize("kind", KINDS)
HUB = {kind: HubTokenizer(checkpoints.tokenizer(kind), 1) for kind in KINDS}
STRANGE = "I swam  across—the café 🏞 to the bank\n\n"


def test_pieces_are_text_and_the_bytes_of_a_cut_character_are_numbers():
    pieces = {kind: list(map(one.piece, one.encode("the bank é🏞🦉"))) for kind, one in HUB.items()}
    assert pieces["bytes"][:3] == ["t", "he", " bank"] and pieces["bytes"][-1] == "⟨89⟩"
    assert pieces["wordpiece"][:3] == ["[CLS]", "the", "bank"] and pieces["wordpiece"][-1] == "[SEP]"
    assert "".join(pieces["unigram"][:-2]).startswith(" the bank") and pieces["unigram"][-1] == "</s>"


def test_the_inside_of_a_word_is_shown_without_its_sign():
    pieces = list(map(HUB["wordpiece"].piece, HUB["wordpiece"].encode("swims")))
    assert "".join(pieces[1:-1]) == "swims" and len(pieces) > 3


@every
def test_spans_are_the_places_of_the_pieces_in_the_text(kind):
    tokenizer = HUB[kind]
    ids = tokenizer.encode(STRANGE)
    spans = tokenizer.spans(STRANGE, ids)
    assert len(spans) == len(ids)
    for id, (start, end) in zip(ids, spans, strict=True):
        piece, text = tokenizer.piece(id), STRANGE[start:end]
        if start == end:
            assert id in tokenizer.specials or piece == " "
        elif not piece.startswith(("⟨", "[UNK]", "<unk>")):
            assert piece.strip() == text.strip().replace(
                "é", "e" if kind == "wordpiece" else "é"
            ).lower() or (piece.strip() == text.strip())
    covered = {i for start, end in spans for i in range(start, end)}
    assert all(i in covered or STRANGE[i].isspace() for i in range(len(STRANGE)))


@every
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cn"]), max_size=40))
@settings(deadline=None, max_examples=60)
def test_spans_of_any_text_are_in_order_and_within_it(kind, text):
    tokenizer = HUB[kind]
    ids = tokenizer.encode(text)
    spans = tokenizer.spans(text, ids)
    assert len(spans) == len(ids)
    starts = [start for start, _ in spans]
    assert starts == sorted(starts) and all(0 <= start <= end <= len(text) for start, end in spans)


def test_bytes_come_back_as_the_text():
    tokenizer = HUB["bytes"]
    joined = b"".join(tokenizer.bytes_of(id) for id in tokenizer.encode(STRANGE))
    assert joined.decode() == STRANGE == tokenizer.decode(tokenizer.encode(STRANGE))
    assert len(tokenizer.bytes) == len(tokenizer)
    assert set(letters_of_bytes()) <= set(tokenizer.backend.get_vocab())


def test_bytes_that_sentencepiece_falls_back_to_are_numbers():
    class Backend:
        def __init__(self, tokens):
            self.tokens = tokens

        def id_to_token(self, id):
            return self.tokens[id] if id < len(self.tokens) else None

    tokenizer = HubTokenizer.__new__(HubTokenizer)
    tokenizer.backend = Backend(["<0xF0>", "<0x41>", "▁the"])
    replace = {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}
    decoder = {"type": "Sequence", "decoders": [replace, {"type": "ByteFallback"}, {"type": "Fuse"}]}
    tokenizer.description = {"decoder": decoder, "added_tokens": [], "model": {"type": "BPE"}}
    assert [tokenizer.piece(id) for id in range(4)] == ["⟨F0⟩", "A", " the", "⟨3⟩"]


def test_a_text_is_neither_cut_nor_filled_up_whatever_the_file_says():
    made = type(checkpoints.tokenizer("wordpiece")).from_str(checkpoints.tokenizer("wordpiece").to_str())
    made.enable_truncation(4)
    made.enable_padding(length=9)
    assert HubTokenizer(made, 3).encode(STRANGE) == HUB["wordpiece"].encode(STRANGE)


def test_what_tells_how_a_text_is_cut():
    assert [HUB[kind].kind for kind in KINDS] == ["BPE", "WordPiece", "Unigram"]
