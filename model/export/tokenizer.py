"""A tokenizer as `tokenizer.json`, the file that Hugging Face's `tokenizers` reads: to the same ids.

Where capitals are read as small letters, only letters that came into Unicode after this Python may differ.
"""

import json
import re
from functools import lru_cache

from model.tokenizer import BYTES, Tokenizer

LAST = 0x10FFFF  # of Unicode
ESCAPE = "\U0010fffd"  # of no meaning in Unicode
END = "⟨end⟩"  # no bytes are written so, so that no text is read as this token


def letters_of_bytes() -> list[str]:
    """A visible letter for each byte, as byte-level BPE writes them (GPT-2, Radford 2019): those that are
    visible in Latin-1 stand for themselves, the others for letters from U+0100 on.
    """
    visible = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return [chr(i if i in visible else next(others)) for i in range(BYTES)]


@lru_cache
def ranges(kind: str) -> str:
    """The letters that Python's `re` counts as `kind`, such as \\s, as the inside of a character class that
    means the same to every program, whatever its Unicode tables.
    """
    unicode = "".join(map(chr, [*range(0xD800), *range(0xE000, LAST + 1)]))
    runs = [match[0] for match in re.finditer(f"{kind}+", unicode)]
    return "".join(rf"\x{{{ord(run[0]):X}}}-\x{{{ord(run[-1]):X}}}" for run in runs)


def spelled_out(pattern: str) -> str:
    """One of the patterns of model.tokenizer with its classes written out."""
    letters, digits, spaces, words = (ranges(kind) for kind in (r"[^\W\d_]", r"\d", r"\s", r"\w"))
    for kind, meaning in {
        r"[^\W\d_]": f"[{letters}]",
        r"[^\w\s]": f"[^{words}{spaces}]",
        r"(?!\S)": f"(?![^{spaces}])",
        r"\d": f"[{digits}]",
        r"\s": f"[{spaces}]",
        r"\b": f"(?![{words}])",  # after a letter
    }.items():
        pattern = pattern.replace(kind, meaning)
    return pattern


def small_letters() -> dict:
    """The normalizer that does what `uncased` does. The one capital that has no small letter of its own, İ,
    stays as it is: it waits behind an escape while all others become small.
    """
    kept = [(ESCAPE, ESCAPE + "a"), ("İ", ESCAPE + "b")]
    away = [replaced({"String": before}, after) for before, after in kept]
    back = [replaced({"String": after}, before) for before, after in reversed(kept)]
    front = {"type": "Prepend", "prepend": " "}, replaced({"Regex": spelled_out(r"\A (?=\s)")}, "")
    return {"type": "Sequence", "normalizers": [*away, {"type": "Lowercase"}, *back, *front]}


def replaced(pattern: dict, content: str) -> dict:
    """The normalizer that puts `content` in the place of what the pattern matches."""
    return {"type": "Replace", "pattern": pattern, "content": content}


def check(tokenizer: Tokenizer) -> None:
    """ValueError, with a sentence for the user, if two of the tokens are the same letters, which the file
    cannot tell apart.
    """
    if len(set(tokenizer.bytes)) < len(tokenizer):
        raise ValueError(
            "Two tokens of this tokenizer are the same letters; tokenizer.json has room for one of them."
        )


def exported(tokenizer: Tokenizer) -> str:
    """The text of tokenizer.json, or the ValueError of `check`. The token that ends a text is in the
    vocabulary, and no text has it.
    """
    check(tokenizer)
    letters = letters_of_bytes()
    names = ["".join(letters[byte] for byte in token) for token in tokenizer.bytes[:-1]] + [END]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    pattern = {"Regex": spelled_out(tokenizer.pattern.pattern)}
    split = {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False}
    model = {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": False,
        "vocab": {name: id for id, name in enumerate(names)},
        "merges": [[names[left], names[right]] for left, right in tokenizer.merges],
    }
    whole = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None if tokenizer.cased else small_letters(),
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, byte_level]},
        "post_processor": None,
        "decoder": byte_level,
        "model": model,
    }
    return json.dumps(whole, ensure_ascii=False)
