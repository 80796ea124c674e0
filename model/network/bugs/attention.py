"""Bugs of the mask, the softmax, the scale, the heads and the norm."""

from model.network import masks
from model.network.attention import MultiHeadAttention, attend
from model.network.bugs.bug import Bug, causal, every, patch
from model.network.transformer import Block, Transformer

BUGS = (
    Bug(
        "no_mask",
        "no causal mask",
        "Every token sees all tokens, those to come included, which the model never saw in training.",
        patch(Transformer.mask, ("masks.causal(first + T)[first:]", "masks.full(T, first + T)")),
        causal,
    ),
    Bug(
        "late_mask",
        "mask added after the softmax",
        "What is not allowed gets no weight, but it has had its share in the sum that divides the others.",
        patch(
            attend,
            (
                "    if allowed is not None:\n"
                "        allowed = masks.checked(allowed)\n"
                "        scores = scores.masked_fill(~allowed, -math.inf)  "
                "# e^-inf = 0: what is not allowed gets no weight\n",
                "",
            ),
            (
                "    return weights @ v",
                "    if allowed is not None:\n"
                "        weights = weights * masks.checked(allowed)  # too late: the softmax has divided\n"
                "    return weights @ v",
            ),
        ),
        causal,
    ),
    Bug(
        "axis",
        "softmax over the wrong axis",
        "The columns sum to 1 in place of the rows: keys share themselves out among the queries.",
        patch(attend, ("scores.softmax(dim=-1)", "scores.softmax(dim=-2)")),
        every,
    ),
    Bug(
        "undivided",
        "no division",
        "The scores are √D times too large, and the softmax gives nearly all to the largest.",
        patch(MultiHeadAttention.forward, ("1 / math.sqrt(q.shape[-1])", "1.0")),
        every,
    ),
    Bug(
        "model_width",
        "division by √C in place of √D",
        "The width of the model divides in place of a head’s: the weights come out too even.",
        patch(MultiHeadAttention.forward, ("math.sqrt(q.shape[-1])", "math.sqrt(x.shape[-1])")),
        every,
    ),
    Bug(
        "swapped",
        "q and k swapped",
        "Each token asks with its key and answers with its query: who looked at whom is turned round.",
        patch(
            MultiHeadAttention.forward,
            ("q = self.split(self.query(x))", "q = self.split(self.key(x))"),
            ("k = self.split(self.key(x))  # (..., G", "k = self.split(self.query(x))  # (..., G"),
        ),
        every,
    ),
    Bug(
        "reshape",
        "heads split by a wrong reshape",
        "Without the transposition a head gets all numbers of a few tokens in place of its own of all.",
        patch(
            MultiHeadAttention.split,
            (
                "x.unflatten(-1, (-1, self.config.head_width)).transpose(-2, -3)",
                "x.reshape(*x.shape[:-2], -1, x.shape[-2], self.config.head_width)",
            ),
        ),
        every,
    ),
    Bug(
        "wrong_half",
        "the window on the wrong half",
        "The window opens onto the tokens that follow in place of those before.",
        patch(
            masks.window,
            (
                "causal(tokens) & full(tokens).triu(1 - size)",
                "full(tokens).triu() & full(tokens).tril(size - 1)",
            ),
        ),
        causal,
        window=True,
    ),
    Bug(
        "last_head",
        "the last head’s output dropped",
        "The loop that joins the heads stops one too early, and the last one’s place stays 0.",
        patch(
            MultiHeadAttention.forward,
            (
                "    joined = heads.transpose(-2, -3).flatten(-2)",
                "    joined = torch.zeros_like(heads).transpose(-2, -3)\n"
                "    for head in range(self.config.heads - 1):\n"
                "        joined[..., head, :] = heads[..., head, :, :]\n"
                "    joined = joined.flatten(-2)",
            ),
        ),
        every,
    ),
    Bug(
        "no_norm",
        "a norm forgotten",
        "Attention gets the stream as it is, many times longer than any vector that it was trained on.",
        patch(Block.forward, ("self.attention(self.attention_norm(resid_in), ", "self.attention(resid_in, ")),
        every,
    ),
    Bug(
        "constant",
        "a constant added to each row of scores",
        "All scores of a row grow by the same number, as they do by a bias of the keys where none is turned.",
        patch(attend, ("q @ k.mT * scale", "q @ k.mT * scale + q.mean(dim=-1, keepdim=True)")),
        every,
        harmless=True,
    ),
)
