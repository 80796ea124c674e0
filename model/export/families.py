"""A model of ours in the form of a family of Hugging Face's `transformers` that computes the same.

RoPE is GPT-NeoX (Black 2022) with attention before the MLP, an encoder with RoPE is ESM (Lin 2023); positions
that are added to the embedding, or none, are GPT-2 (Radford 2019).
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from model.bundle import Bundle
from model.export.tokenizer import END, exported
from model.network.config import ModelConfig
from model.network.transformer import Transformer

EPSILON = 1e-5  # of our layer norms
Written = tuple[dict[str, Any], dict[str, Tensor]]  # what config.json says, and the weights by their names


def write(bundle: Bundle, folder: Path) -> str:
    """Write config.json, model.safetensors, tokenizer.json and tokenizer_config.json to a folder; the name of
    the family is returned. ValueError, in a sentence for the user, if no family computes the same.
    """
    convert = counterpart(bundle.name, bundle.config)
    with torch.no_grad():
        config, weights = convert(bundle.network)
    end = bundle.tokenizer.end
    config |= {"bos_token_id": end, "eos_token_id": end, "tie_word_embeddings": False, "dtype": "float32"}
    tokenizer = exported(bundle.tokenizer)
    stated = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": END}
    folder.mkdir(parents=True, exist_ok=True)
    save_file(
        {name: tensor.contiguous() for name, tensor in weights.items()},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    (folder / "tokenizer.json").write_text(tokenizer, encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(stated) + "\n", encoding="utf-8")
    return config["architectures"][0]


def counterpart(name: str, config: ModelConfig) -> Callable[[Transformer], Written]:
    """The function that converts such a model; ValueError, in a sentence, if no family computes the same."""
    reason = None
    if config.kind == "convolution":
        reason = "there is no attention in it"
    elif config.key_heads != config.heads or config.heads * config.head_width != config.width:
        reason = "its heads share keys, or are not as wide as their share of the width"
    elif config.positions == "alibi":
        reason = (
            "BLOOM normalises its embedding, MPT has an MLP without biases, and Falcon divides ALiBi's "
            "distances by the root of the head's width"
        )
    elif config.positions == "t5":
        reason = "T5 normalises without a mean, and does not divide its scores"
    elif not config.causal and config.predicts:
        reason = "no family predicts the next token without the causal mask"
    elif not config.causal and config.positions != "rope":
        reason = "the encoders that normalise before attention turn queries and keys"
    if reason is not None:
        raise ValueError(f"{name} has no exact counterpart in transformers: {reason}.")
    if config.positions == "rope":
        return gpt_neox if config.causal else esm
    return gpt2


# ---- parts ----


def tables(network: Transformer) -> tuple[Tensor, Tensor]:
    """The embedding with its √C and its widening folded in, and the matrix that makes logits, (V, C) each."""
    rows = network.embedding.weight
    if network.config.factor:
        rows = network.widen(rows)
    return rows * math.sqrt(network.config.width), rows


def halved(weight: Tensor, config: ModelConfig) -> Tensor:
    """The rows of a projection (H D, C), so that the dimensions that turn together, (0, 1), (2, 3) and so on,
    come to stand half a head apart, as these families pair them.
    """
    if config.positions != "rope" or config.rope_pairing == "halves":
        return weight
    heads = weight.unflatten(0, (config.heads, config.head_width // 2, 2))  # (H, D/2, 2, C)
    return heads.transpose(1, 2).flatten(0, 2)


def affine(module: nn.Module, name: str) -> dict[str, Tensor]:
    """The weight and the bias of a norm or a map, under that name."""
    return {f"{name}.weight": module.weight, f"{name}.bias": module.bias}


def sizes(config: ModelConfig) -> dict[str, Any]:
    """What config.json says of a model with RoPE, in the words that its families share."""
    return {
        "vocab_size": config.vocabulary,
        "hidden_size": config.width,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "intermediate_size": config.hidden,
        "max_position_embeddings": config.max_tokens,
        "layer_norm_eps": EPSILON,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": config.rope_base,
            "partial_rotary_factor": 1.0,
        },
    }


# ---- families ----


def gpt_neox(network: Transformer) -> Written:
    """Causal, with RoPE."""
    config = network.config
    table, output = tables(network)
    stated = {
        "architectures": ["GPTNeoXForCausalLM"],
        "model_type": "gpt_neox",
        **sizes(config),
        "hidden_act": "gelu",
        "use_parallel_residual": False,
        "attention_bias": False,
        "rotary_pct": 1.0,
        "rotary_emb_base": config.rope_base,
    }
    weights = {"gpt_neox.embed_in.weight": table, "embed_out.weight": output}
    weights |= affine(network.norm, "gpt_neox.final_layer_norm")
    for i, block in enumerate(network.blocks):
        name, own = f"gpt_neox.layers.{i}", block.attention
        parts = [halved(own.query.weight, config), halved(own.key.weight, config), own.value.weight]
        joined = torch.stack([part.unflatten(0, (config.heads, -1)) for part in parts], dim=1)  # (H, 3, D, C)
        weights |= {
            f"{name}.attention.query_key_value.weight": joined.flatten(0, 2),
            f"{name}.attention.dense.weight": own.output.weight,
        }
        weights |= affine(block.attention_norm, f"{name}.input_layernorm")
        weights |= affine(block.mlp_norm, f"{name}.post_attention_layernorm")
        weights |= affine(block.mlp[0], f"{name}.mlp.dense_h_to_4h")
        weights |= affine(block.mlp[2], f"{name}.mlp.dense_4h_to_h")
    return stated, weights


def esm(network: Transformer) -> Written:
    """An encoder with RoPE."""
    config = network.config
    zero = torch.zeros(config.width)
    stated = {
        "architectures": ["EsmModel"],
        "model_type": "esm",
        **sizes(config),
        "position_embedding_type": "rotary",
        "emb_layer_norm_before": False,
        "token_dropout": False,
        "pad_token_id": config.vocabulary - 1,  # in no text
        "mask_token_id": config.vocabulary - 1,
    }
    weights = {"embeddings.word_embeddings.weight": tables(network)[0]}
    weights |= affine(network.norm, "encoder.emb_layer_norm_after")
    for i, block in enumerate(network.blocks):
        name, own = f"encoder.layer.{i}", block.attention
        parts = {
            "attention.self.query": halved(own.query.weight, config),
            "attention.self.key": halved(own.key.weight, config),
            "attention.self.value": own.value.weight,
            "attention.output.dense": own.output.weight,
        }
        weights |= {f"{name}.{part}.weight": weight for part, weight in parts.items()}
        weights |= {f"{name}.{part}.bias": zero.clone() for part in parts}
        weights |= affine(block.attention_norm, f"{name}.attention.LayerNorm")
        weights |= affine(block.mlp_norm, f"{name}.LayerNorm")
        weights |= affine(block.mlp[0], f"{name}.intermediate.dense")
        weights |= affine(block.mlp[2], f"{name}.output.dense")
    return stated, weights


def gpt2(network: Transformer) -> Written:
    """Causal, with positions that are added to the embedding, or none."""
    config = network.config
    table, output = tables(network)
    rows = config.context if config.encoding.limited else config.max_tokens
    added = config.encoding.table
    positions = torch.zeros(rows, config.width)
    if added is not None:
        positions = added(config, network.position_parameters(), rows, 0).clone()
    stated = {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "vocab_size": config.vocabulary,
        "n_embd": config.width,
        "n_layer": config.layers,
        "n_head": config.heads,
        "n_inner": config.hidden,
        "n_positions": rows,
        "activation_function": "gelu",
        "layer_norm_epsilon": EPSILON,
    }
    weights = {"transformer.wte.weight": table, "transformer.wpe.weight": positions, "lm_head.weight": output}
    weights |= affine(network.norm, "transformer.ln_f")
    for i, block in enumerate(network.blocks):
        name, own = f"transformer.h.{i}", block.attention
        joined = torch.cat([own.query.weight, own.key.weight, own.value.weight])  # (3 C, C)
        weights |= {  # these maps are kept the other way round
            f"{name}.attn.c_attn.weight": joined.T,
            f"{name}.attn.c_attn.bias": torch.zeros(3 * config.width),
            f"{name}.attn.c_proj.weight": own.output.weight.T,
            f"{name}.attn.c_proj.bias": torch.zeros(config.width),
        }
        weights |= affine(block.attention_norm, f"{name}.ln_1") | affine(block.mlp_norm, f"{name}.ln_2")
        for part, linear in (("c_fc", block.mlp[0]), ("c_proj", block.mlp[2])):
            weights |= {f"{name}.mlp.{part}.weight": linear.weight.T, f"{name}.mlp.{part}.bias": linear.bias}
    return stated, weights
