"""Small random checkpoints of the library's families, each with a tokenizer made here, saved to a folder."""

import json
from functools import cache
from pathlib import Path

import tokenizers
import torch
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

from model.hub.library import library

TEXT = "I swam across the river to get to the other bank"
CORPUS = [TEXT, "I walked across the road to get cash from the other bank", "a café 🏞"]
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
}
GROUPED = SIZES | {"num_key_value_heads": 2}
NEAR = {"sliding_window": 5, "layer_types": ["sliding_attention", "full_attention"]}
GPT2 = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64}
# family: class, config, sizes, tokenizer
FAMILIES = {
    "gpt2": ("GPT2LMHeadModel", "GPT2Config", GPT2, "bytes"),
    "gpt_neox": ("GPTNeoXForCausalLM", "GPTNeoXConfig", SIZES, "bytes"),
    "gpt_neox serial": (
        "GPTNeoXForCausalLM",
        "GPTNeoXConfig",
        SIZES | {"use_parallel_residual": False},
        "bytes",
    ),
    "opt": (
        "OPTForCausalLM",
        "OPTConfig",
        {key: SIZES[key] for key in list(SIZES)[:3]}
        | {"ffn_dim": 48, "word_embed_proj_dim": 32, "max_position_embeddings": 64},
        "bytes",
    ),
    "llama": ("LlamaForCausalLM", "LlamaConfig", GROUPED, "unigram"),
    "llama yarn": (
        "LlamaForCausalLM",
        "LlamaConfig",
        GROUPED
        | {
            "rope_parameters": {
                "rope_type": "yarn",
                "factor": 4.0,
                "rope_theta": 10000.0,
                "original_max_position_embeddings": 16,
            }
        },
        "unigram",
    ),
    "mistral": ("MistralForCausalLM", "MistralConfig", GROUPED | {"sliding_window": 5}, "unigram"),
    "qwen2": ("Qwen2ForCausalLM", "Qwen2Config", GROUPED, "bytes"),
    "qwen3": ("Qwen3ForCausalLM", "Qwen3Config", GROUPED | {"head_dim": 12}, "bytes"),
    "gemma2": (
        "Gemma2ForCausalLM",
        "Gemma2Config",
        GROUPED | {"head_dim": 12, "sliding_window": 5, "query_pre_attn_scalar": 7},
        "unigram",
    ),
    "gemma3": ("Gemma3ForCausalLM", "Gemma3TextConfig", GROUPED | {"head_dim": 12} | NEAR, "unigram"),
    "phi": ("PhiForCausalLM", "PhiConfig", GROUPED | {"partial_rotary_factor": 0.5}, "bytes"),
    "smollm3": ("SmolLM3ForCausalLM", "SmolLM3Config", GROUPED | {"no_rope_layers": [1, 0]}, "bytes"),
    "gpt_oss": (
        "GptOssForCausalLM",
        "GptOssConfig",
        GROUPED | {"head_dim": 8, "num_local_experts": 4, "num_experts_per_tok": 2} | NEAR,
        "bytes",
    ),
    "bert": ("BertModel", "BertConfig", SIZES, "wordpiece"),
    "roberta": ("RobertaModel", "RobertaConfig", SIZES, "bytes"),
    "distilbert": (
        "DistilBertModel",
        "DistilBertConfig",
        {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48, "max_position_embeddings": 64},
        "wordpiece",
    ),
    "albert": ("AlbertModel", "AlbertConfig", SIZES | {"embedding_size": 12}, "unigram"),
    "modernbert": (
        "ModernBertModel",
        "ModernBertConfig",
        SIZES | {"num_hidden_layers": 3, "local_attention": 10, "global_attn_every_n_layers": 3},
        "bytes",
    ),
    "electra": ("ElectraModel", "ElectraConfig", SIZES | {"embedding_size": 12}, "wordpiece"),
}
HALVES = {
    "t5": (
        "T5ForConditionalGeneration",
        "T5Config",
        {"d_model": 32, "d_kv": 6, "d_ff": 48, "num_layers": 2, "num_heads": 4, "decoder_start_token_id": 0},
        "unigram",
    ),
    "bart": (
        "BartForConditionalGeneration",
        "BartConfig",
        {"d_model": 32, "max_position_embeddings": 64, "decoder_start_token_id": 2}
        | {
            f"{half}_{part}": size
            for half in ("encoder", "decoder")
            for part, size in {"layers": 2, "attention_heads": 4, "ffn_dim": 48}.items()
        },
        "bytes",
    ),
}
PLAIN = {
    "bloom": ("BloomForCausalLM", "BloomConfig", {"hidden_size": 32, "n_layer": 2, "n_head": 4}, "bytes"),
    "mpt": ("MptForCausalLM", "MptConfig", {"d_model": 32, "n_layers": 2, "n_heads": 4}, "bytes"),
    "falcon": ("FalconForCausalLM", "FalconConfig", SIZES, "bytes"),
    "deberta": ("DebertaModel", "DebertaConfig", SIZES, "bytes"),
    "xlnet": (
        "XLNetModel",
        "XLNetConfig",
        {"d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 48},
        "unigram",
    ),
}
GATED = {
    "qwen3_next": (
        "Qwen3NextForCausalLM",
        "Qwen3NextConfig",
        GROUPED
        | {"head_dim": 8, "layer_types": ["full_attention", "full_attention"], "num_experts": 4}
        | {"num_experts_per_tok": 2, "moe_intermediate_size": 16, "shared_expert_intermediate_size": 16},
        "bytes",
    )
}
ODD = {
    "gptj": ("GPTJForCausalLM", "GPTJConfig", GPT2 | {"rotary_dim": 4}, "bytes"),
    "lfm2": ("Lfm2ForCausalLM", "Lfm2Config", GROUPED | {"layer_types": ["conv", "full_attention"]}, "bytes"),
}
EVERY = GATED | ODD | FAMILIES | HALVES | PLAIN


@cache
def tokenizer(kind: str) -> tokenizers.Tokenizer:
    """A small tokenizer: "bytes" (byte-level BPE), "wordpiece" with [CLS] and [SEP], "unigram" with </s>."""
    if kind == "bytes":
        made = tokenizers.Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
        letters = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=300, initial_alphabet=letters, special_tokens=["<pad>", "</s>"], show_progress=False
        )
    elif kind == "wordpiece":
        made = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
        made.normalizer = normalizers.BertNormalizer()
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        made.decoder = decoders.WordPiece()
        marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
        trainer = trainers.WordPieceTrainer(vocab_size=70, special_tokens=marks, show_progress=False)
    else:
        made = tokenizers.Tokenizer(models.Unigram())
        made.pre_tokenizer = pre_tokenizers.Metaspace()
        made.decoder = decoders.Metaspace()
        trainer = trainers.UnigramTrainer(
            vocab_size=60, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False
        )
    made.train_from_iterator(CORPUS, trainer)
    if kind == "wordpiece":
        made.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
    elif kind == "unigram":
        made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return made


def save(name: str, folder: Path, **sizes: object) -> Path:
    """Write a random checkpoint of that family to a folder, whose path is returned."""
    transformers = library()
    kind, config, usual, cut = EVERY[name]
    made = tokenizer(cut)
    torch.manual_seed(1)
    known = {"vocab_size": made.get_vocab_size(), "eos_token_id": 1, "bos_token_id": 1}
    model = getattr(transformers, kind)(getattr(transformers, config)(**known | usual | sizes))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1 and name != "t5":  # whose own start is far from 0
                parameter.mul_(8)  # scores of about 1
    model.save_pretrained(folder)
    save_tokenizer(made, folder)
    return folder


def save_tokenizer(made: tokenizers.Tokenizer, folder: Path) -> None:
    """Write a tokenizer as the library reads it."""
    made.save(str(folder / "tokenizer.json"))
    stated = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": made.id_to_token(1)}
    (folder / "tokenizer_config.json").write_text(json.dumps(stated))
