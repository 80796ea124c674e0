"""Learned positions: a trained row for each place, added to the embedding (Gehring 2017; GPT-2)."""

from torch import Tensor

from model.network.encodings import Encoding


def learned(table: Tensor, tokens: int) -> Tensor:
    """The first `tokens` rows of a trained table (context, C) -> (T, C) (Gehring 2017; GPT-2). Past its last
    row there is no such position: ValueError.
    """
    if tokens > len(table):
        raise ValueError(
            f"there is no position {len(table) + 1}: the learned table ends at {len(table)}, "
            f"the text has {tokens} tokens"
        )
    return table[:tokens]


ENCODING = Encoding(
    "learned",
    "learned",
    r"x_i = \sqrt C\, e_i + P_{i}",
    parameters=lambda config: {"position_table": (config.context, config.width)},
    table=lambda config, parameters, T, first: learned(parameters["position_table"], first + T)[first:],
    limited=True,
)
