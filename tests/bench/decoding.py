"""(i) Generating 128 tokens with a cache, against the same without one and against the `generate` of
transformers on a model of the same shape.
"""

from itertools import islice

import torch

from model import decoding
from model.network.transformer import Transformer, initialise
from tests.bench import Row, bundle, interleaved, milliseconds

TOKENS, PROMPT = 128, 16
MISSING = "Row i's second half needs transformers: .venv/bin/pip install transformers"


def ours(network, ids, cached=True):
    return lambda: [step.id for step in islice(decoding.generate(network, ids, cached=cached), TOKENS)]


def theirs(config, ids):
    """A random Llama of the same sizes: RoPE, as many layers, heads and numbers; greedy, with its own cache.
    None without the library.
    """
    try:
        from transformers import LlamaConfig, LlamaForCausalLM
    except ImportError:
        return None
    shape = LlamaConfig(
        vocab_size=config.vocabulary,
        hidden_size=config.width,
        intermediate_size=config.hidden,
        num_hidden_layers=config.layers,
        num_attention_heads=config.heads,
        num_key_value_heads=config.key_heads,
        max_position_embeddings=config.max_tokens,
        tie_word_embeddings=True,
    )
    torch.manual_seed(0)
    row, network = torch.tensor([ids]), LlamaForCausalLM(shape).eval()
    how = {
        "max_new_tokens": TOKENS,
        "min_new_tokens": TOKENS,
        "do_sample": False,
        "use_cache": True,
        "pad_token_id": 0,
    }

    def run():
        with torch.inference_mode():
            return network.generate(row, attention_mask=torch.ones_like(row), **how)

    return run


def generating(turns=5):
    """(i) Greedy, random parameters of the shape of the decoders, so that no text ends early."""
    config = bundle().config
    network = initialise(Transformer(config), seed=1).eval()
    ids = list(range(300, 300 + PROMPT))
    cached, whole = interleaved(turns, ours(network, ids), ours(network, ids, cached=False))
    yield Row(
        f"i  generate {TOKENS} tokens with a cache / without",
        milliseconds(cached),
        milliseconds(whole),
        cached / whole,
        0.33,
    )
    other = theirs(config, ids)
    if other is None:
        print(MISSING)
        return
    cached, other = interleaved(turns, ours(network, ids), other)
    yield Row(
        f"i  generate {TOKENS} tokens / transformers' generate",
        milliseconds(cached),
        milliseconds(other),
        cached / other,
        1.0,
    )
