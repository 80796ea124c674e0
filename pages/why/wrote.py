"""What did it write? For a model that predicts, a logit as a sum; for an encoder, the meter of a word."""

from pages.why import logits, meter

OPENING = (
    "Each head and each MLP adds to the stream, and the output is read off the sum. **Click a head** to see "
    "from which tokens it brought its part."
)


def show(view):
    """Show what each part has written into the output of this model."""
    (meter if view.trace.logits is None else logits).show(view)
