"""Bugs of the positional encodings."""

from model.network.bugs.bug import Bug, encodes, enters, patch, reads_on
from model.network.encodings import alibi, learned, rope, t5
from model.network.transformer import Transformer

OFF = "off_by_one", "positions off by one from the second token on"
OFF_WHAT = "The second token gets the place of the first, and each later one the place before its own."
ANEW = "anew", "positions counted anew in a cache"
ANEW_WHAT = (
    "After the tokens that are kept in the cache, the places begin at 0 again. Nothing is wrong until a text "
    "is read in two pieces, as every program that writes does: here its first half, then the rest."
)


BUGS = (
    Bug(
        "halves",
        "RoPE with halves where the model was trained on adjacent pairs",
        "Dimension 0 turns together with D/2 in place of 1: no pair is one that the model knows.",
        patch(
            rope.rotate,
            ("a, b = x[..., 0::2], x[..., 1::2]", "a, b = x.chunk(2, dim=-1)"),
            (
                'torch.stack(turned, dim=-1).flatten(-2) if pairing == "adjacent" else '
                "torch.cat(turned, dim=-1)",
                "torch.cat(turned, dim=-1)",
            ),
        ),
        lambda config: config.positions == "rope" and config.rope_pairing == "adjacent",
    ),
    Bug(
        "backwards",
        "rotation the wrong way",
        "Queries and keys turn clockwise: a token three places back looks like one three places ahead.",
        patch(
            rope.rotate,
            ("(a * cos - b * sin, a * sin + b * cos)", "(a * cos + b * sin, b * cos - a * sin)"),
        ),
        encodes("rope"),
    ),
    Bug(
        *OFF,
        OFF_WHAT,
        patch(
            Transformer.angle,
            ("torch.arange(first, first + T)", "(torch.arange(first, first + T) - 1).clamp(min=0)"),
        ),
        enters("queries and keys"),
    ),
    Bug(
        *OFF,
        OFF_WHAT,
        patch(
            Transformer.embed,
            (
                "    return embedded + table",
                "    places = (torch.arange(ids.shape[-1]) - 1).clamp(min=0)\n    return embedded + table",
            ),
            (".to(embedded)", ".to(embedded)[places]"),
        ),
        enters("embedding"),
    ),
    Bug(
        *OFF,
        OFF_WHAT,
        patch(
            Transformer.bias,
            (
                "    return bias(self.config, self.position_parameters(), T, first)",
                "    places = (torch.arange(first + T) - 1).clamp(min=0)\n"
                "    right = bias(self.config, self.position_parameters(), first + T, 0)\n"
                "    return right[:, places[first:]][..., places]",
            ),
        ),
        enters("scores"),
    ),
    Bug(
        *ANEW,
        ANEW_WHAT,
        patch(Transformer.angle, ("torch.arange(first, first + T)", "torch.arange(T)")),
        reads_on("rope"),
        cached=True,
    ),
    Bug(
        *ANEW,
        ANEW_WHAT,
        patch(Transformer.embed, ("ids.shape[-1], first)", "ids.shape[-1], 0)")),
        reads_on("learned", "sinusoidal"),
        cached=True,
    ),
    Bug(
        *ANEW,
        ANEW_WHAT,
        patch(alibi.alibi, ("distances(queries, keys, first)", "distances(queries, keys)")),
        reads_on("alibi"),
        cached=True,
    ),
    Bug(
        *ANEW,
        ANEW_WHAT,
        patch(t5.t5_buckets, ("distances(queries, keys, first)", "distances(queries, keys)")),
        reads_on("t5"),
        cached=True,
    ),
    Bug(
        "slopes",
        "ALiBi slopes in the wrong order",
        "They are sorted, as if the order that the paper’s code gives six heads were a slip: each head has "
        "the slope of another.",
        patch(
            alibi.alibi_slopes,
            (
                "torch.tensor((slopes + between)[:heads])",
                "torch.tensor(sorted((slopes + between)[:heads], reverse=True))",
            ),
        ),
        lambda config: config.positions == "alibi" and config.heads & (config.heads - 1) > 0,
    ),
    Bug(
        "both_ways",
        "T5 buckets for both directions",
        "Half of the buckets are set aside for tokens to come, so that a distance from 9 on gets the number "
        "of another.",
        patch(t5.t5_buckets, ("if both_ways:", "if not both_ways:")),
        encodes("t5"),
    ),
    Bug(
        "wrong_row",
        "learned positions of the wrong row",
        "The rows are taken from the end of the table, so that the last token always has the last place.",
        patch(learned.learned, ("table[:tokens]", "table[-tokens:]")),
        encodes("learned"),
    ),
)
