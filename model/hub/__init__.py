"""Any model that Hugging Face's `transformers` can run, through the same interface as our own."""

from model.hub.shelf import open_model

__all__ = ["open_model"]
