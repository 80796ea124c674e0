"""The library `transformers`, imported when the first such model is opened, and silent."""

import os
import warnings
from functools import cache
from types import ModuleType

QUIET = {
    "TRANSFORMERS_VERBOSITY": "error",  # else the import warns of packages that Riverbank does without
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
NAME = "riverbank"  # of our attention function and our mask function in the library's registers


@cache
def library() -> ModuleType:
    """The package `transformers`, which knows our attention function and our mask function by NAME."""
    for variable, value in QUIET.items():
        os.environ.setdefault(variable, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import transformers
        from transformers import masking_utils

        from model.hub.capture import capture, mask_function
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    transformers.AttentionInterface.register(NAME, capture)
    masking_utils.AttentionMaskInterface.register(NAME, mask_function)
    return transformers
