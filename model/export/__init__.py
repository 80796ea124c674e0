"""Our models and their tokenizers as the files that Hugging Face's programs read."""

from model.export.families import write
from model.export.tokenizer import check, exported, letters_of_bytes

__all__ = ["check", "exported", "letters_of_bytes", "write"]
