"""Any model that Hugging Face's `transformers` can run, through the same interface as our own."""

from model.hub.fetching import Offer, download, may_download, offer
from model.hub.shelf import at_hand, kind, name_of, open_model, sees

__all__ = ["Offer", "at_hand", "download", "kind", "may_download", "name_of", "offer", "open_model", "sees"]
