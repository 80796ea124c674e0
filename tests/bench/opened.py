"""(l) What a trace of an opened model costs, beside the library's own passes on the same weights and text, and
what it keeps.
"""

import os
import tempfile
from pathlib import Path

import torch

from model import open_model
from model.hub.library import library
from pages._cache import size
from tests import checkpoints
from tests.bench import Row, interleaved, milliseconds

KINDS = {
    "Llama": ("LlamaForCausalLM", "LlamaConfig", {"hidden_size": 768, "num_hidden_layers": 12}),
    "GPT-2": ("GPT2LMHeadModel", "GPT2Config", {"n_positions": 4096}),
}
MORE = {"num_attention_heads": 12, "intermediate_size": 2048, "max_position_embeddings": 4096}
LENGTHS, LONG, VOCABULARY, TURNS = (64, 256, 512), 1024, 32_000, 8


def written(kind, folder):
    """A random model of 12 layers and 12 heads, 768 wide, in a folder, whose path is returned."""
    name, config, sizes = KINDS[kind]
    sizes = sizes | (MORE if kind == "Llama" else {}) | {"vocab_size": VOCABULARY}
    torch.manual_seed(1)
    path = Path(folder) / kind
    getattr(library(), name)(getattr(library(), config)(**sizes)).save_pretrained(path)
    checkpoints.save_tokenizer(checkpoints.tokenizer("bytes"), path)
    return path


def explained(bundle, ids):
    """A trace with its logits, as the library's pass has them."""
    return lambda: bundle.reread(ids).logits


def passed(own, ids, **more):
    """The library's pass on the same ids."""
    row = torch.tensor(ids)[None]

    def run():
        with torch.inference_mode():
            return own(input_ids=row, use_cache=False, **more)

    return run


def opening():
    """(l) explain against the library's plain pass, and against the one that gives all weights."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RIVERBANK_MODELS"] = folder
        for kind, (name, *_) in KINDS.items():
            path = written(kind, folder)
            bundle = open_model(path)
            load = getattr(library(), name).from_pretrained
            plain, eager = (load(path, attn_implementation=how).eval() for how in ("sdpa", "eager"))
            for tokens in LENGTHS:
                ids = [5 + i % 200 for i in range(tokens)]
                ours, theirs = interleaved(TURNS, explained(bundle, ids), passed(plain, ids))
                what = f"l  explain {kind}, T = {tokens} / the library's plain pass"
                yield Row(what, milliseconds(ours), milliseconds(theirs), ours / theirs, 1.1)
                weights = passed(eager, ids, output_attentions=True)
                ours, theirs = interleaved(TURNS, explained(bundle, ids), weights)
                what = f"l  explain {kind}, T = {tokens} / the library's with all weights"
                yield Row(what, milliseconds(ours), milliseconds(theirs), ours / theirs)
            yield from beside_lens(bundle, path, kind)
            yield kept(bundle, kind)


def beside_lens(bundle, path, kind):
    """explain against TransformerLens' run_with_cache on the same weights, where that is installed."""
    try:
        from transformer_lens.model_bridge import TransformerBridge
    except ImportError:
        print(f"l  no row beside TransformerLens for {kind}: pip install transformer-lens==4.3.0")
        return
    tokenizer = library().AutoTokenizer.from_pretrained(path)
    bridge = TransformerBridge.boot_transformers(str(path), tokenizer=tokenizer, device="cpu")

    def cached(ids):
        row = torch.tensor(ids)[None]

        def run():
            with torch.inference_mode():
                return bridge.run_with_cache(row)

        return run

    for tokens in LENGTHS:
        ids = [5 + i % 200 for i in range(tokens)]
        ours, theirs = interleaved(TURNS, explained(bundle, ids), cached(ids))
        what = f"l  explain {kind}, T = {tokens} / TransformerLens' run_with_cache"
        yield Row(what, milliseconds(ours), milliseconds(theirs), ours / theirs)


def kept(bundle, kind):
    """What a trace keeps once every layer was looked at, without logits, against 150 MB."""
    trace = bundle.reread([5 + i % 200 for i in range(LONG)])
    for layer in trace.layers:
        layer.attention.weights(0)
    megabytes = size(trace) / 1e6
    what = f"l  memory of a trace of {kind}, T = {LONG} / 150 MB (all weights: 604)"
    return Row(what, f"{megabytes:.0f} MB", "150 MB", megabytes / 150, 1.0)
