"""The tokenizer of an opened model, of whatever kind, as our own is asked: ids, pieces, spans."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from model.export import letters_of_bytes
from model.hub.cutting import KINDS, Cutter
from model.hub.words import Word, words

BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")  # how SentencePiece spells a byte


class HubTokenizer:
    """One of the library's tokenizers; marks such as [CLS] are put around a text as the model expects
    them.
    """

    longest = float("inf")  # characters of one token: a word that is unknown, or spaces, may have any number

    def __init__(self, backend: Any, end: int | None) -> None:
        """backend: a tokenizers.Tokenizer, which must neither cut nor fill a text up; end: the id of the
        token that ends a text, if there is one.
        """
        backend.no_truncation()
        backend.no_padding()
        self.backend, self.end = backend, end

    def __len__(self) -> int:
        """Size of the vocabulary, added tokens included."""
        return self.backend.get_vocab_size()

    @cached_property
    def description(self) -> dict:
        """What tokenizer.json says."""
        return json.loads(self.backend.to_str())

    @cached_property
    def kind(self) -> str:
        """How it cuts a text: "BPE", "WordPiece", "Unigram" or "WordLevel"."""
        return self.description["model"]["type"]

    @cached_property
    def specials(self) -> frozenset[int]:
        """Ids of the marks that stand for no text, such as [CLS]."""
        return frozenset(one["id"] for one in self.description["added_tokens"] if one["special"])

    @property
    def knows_words(self) -> bool:
        """Whether any token is longer than a byte: false only of byte pairs without a merge."""
        return self.description["model"].get("merges") != []

    def encode(self, text: str, marks: bool = True) -> list[int]:
        """Token ids of `text`, with the marks that the model expects around it unless marks=False."""
        return self.backend.encode(text, add_special_tokens=marks).ids

    def decode(self, ids: Iterable[int]) -> str:
        """Text of the token ids, without marks."""
        return self.backend.decode(list(map(int, ids)))

    def spans(self, text: str, ids: Sequence[int], marks: bool = True) -> list[tuple[int, int]]:
        """Character offsets (start, end) into `text` of each of its tokens; a mark, or a space that the
        tokenizer has put in front, has none, where it stands: start is end. `ids` are those
        of the text, with its marks unless marks=False.
        """
        encoding = self.backend.encode(text, add_special_tokens=marks)
        spans, place = [], 0
        for id, (start, end), mark in zip(
            encoding.ids, encoding.offsets, encoding.special_tokens_mask, strict=True
        ):
            invented = self.bytes_of(id) == b" " and not text[start:end].isspace()
            spans.append((place, place) if mark else (start, start) if invented else (start, end))
            place = max(place, spans[-1][1])
        return spans

    def piece(self, id: int) -> str:
        """The token as a person may read it: its text, or its bytes in hexadecimal, such as ⟨F0 9F⟩, where
        they are part of a character.
        """
        return legible(self.bytes_of(int(id)))

    @cached_property
    def bytes(self) -> list[bytes]:
        """The bytes of every token."""
        return [self.bytes_of(id) for id in range(len(self))]

    def bytes_of(self, id: int) -> bytes:
        """The bytes that a token stands for, without the signs by which its vocabulary spells them; of a mark
        its name.
        """
        token = self.backend.id_to_token(id)
        if token is None:  # more rows in the embedding than tokens
            return f"⟨{id}⟩".encode()
        return token.encode() if id in self.specials else self.unspelled(token)

    def unspelled(self, token: str) -> bytes:
        """The bytes that a token, spelled as in the vocabulary, stands for."""
        if (byte := BYTE.fullmatch(token)) and self.kind != "WordPiece":
            return bytes([int(byte[1], 16)])
        if "ByteLevel" in self.spelling and all(letter in LETTERS for letter in token):
            return bytes(LETTERS[letter] for letter in token)
        for before, after in self.spelling.get("Replace", ()):
            token = token.replace(before, after)
        return token.removeprefix(self.spelling.get("WordPiece") or "\0").encode("utf-8", "surrogatepass")

    @cached_property
    def spelling(self) -> dict[str, Any]:
        """How the vocabulary spells bytes, spaces and the inside of words, read from the decoder."""
        spelling: dict[str, Any] = {"Replace": []}
        for part in leaves(self.description["decoder"] or {}, "decoders"):
            if part["type"] == "ByteLevel":
                spelling["ByteLevel"] = True
            elif part["type"] == "WordPiece":
                spelling["WordPiece"] = part["prefix"]
            elif part["type"] == "Metaspace":
                spelling["Replace"].append((part["replacement"], " "))
            elif part["type"] == "Replace" and "String" in part["pattern"]:
                spelling["Replace"].append((part["pattern"]["String"], part["content"]))
            elif part["type"] == "BPEDecoder":
                spelling["Replace"].append((part["suffix"], " "))
        return spelling

    def text_of(self, token: str) -> str:
        """As `piece`, of a token spelled as in the vocabulary, or of a part of one."""
        return legible(self.unspelled(token))

    @property
    def reads_bytes(self) -> bool:
        """Whether the letters of its vocabulary are bytes."""
        return "ByteLevel" in self.spelling

    @cached_property
    def cutter(self) -> Cutter:
        """What cuts a word into tokens."""
        return KINDS[self.kind](self.description["model"])

    def words(self, text: str) -> list[Word] | None:
        """The words of a text, cut by our own reading of the tables; None where that does not give the ids
        of the library.
        """
        every = words(self, text)
        ours = [id for word in every for id in word.ids]
        return every if ours == self.encode(text, marks=False) else None


def legible(data: bytes) -> str:
    """Bytes as a person may read them: as text, or in hexadecimal where they are a part of a character."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return f"⟨{data.hex(' ').upper()}⟩"


LETTERS = {letter: byte for byte, letter in enumerate(letters_of_bytes())}


def leaves(part: dict, inner: str) -> Iterator[dict]:
    """The parts of which a sequence of such consists, or the one that there is."""
    for one in part[inner] if part.get("type") == "Sequence" else [part] if part else ():
        yield from leaves(one, inner) if one.get("type") == "Sequence" else [one]
