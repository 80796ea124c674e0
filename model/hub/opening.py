"""From a folder to a bundle: checked first, then loaded, then studied."""

import os
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from model.hub import files
from model.hub.bundle import HubBundle
from model.hub.library import NAME, library
from model.hub.network import HubNetwork
from model.hub.parts import parts
from model.hub.pictures import PictureBundle, preprocessing
from model.hub.plain import PlainNetwork, plain
from model.hub.sizes import PIXELS
from model.hub.study import Head, studied
from model.hub.tokenizer import HubTokenizer
from model.zoo import Unavailable

BYTES = 4  # of a number: all is computed in float32
DEEPEST = 1_000  # layers
NUMBER = re.compile(r"\d+")


def opened(folder: Path, name: str, make_room: Callable[[int], int]) -> HubBundle:
    """The model of a folder as a bundle of that name; Unavailable, in a sentence for the user, if it cannot
    be opened. `make_room` is asked for bytes before anything is loaded, and gives those that there are.
    """
    for entry in sorted(os.listdir(folder)):
        files.checked(folder, entry)
    stated = files.read_config(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = read_config(folder, stated)
        build = builder(config)
        check_size(name, parameters(config, build, name))
        weights = files.weight_files(folder)
        check_size(name, sum(files.numbers(weights)), make_room)
        tokenizer = None if build.main_input_name == PIXELS else read_tokenizer(folder, name)
        whole, interface = load(folder, config, build, name)
        return bundle(name, whole, interface, tokenizer, folder)


# ---- size ----


def budget() -> int:
    """Bytes that opened models may take: RIVERBANK_HUB_MB, or else half of the machine's memory."""
    stated = os.environ.get("RIVERBANK_HUB_MB")
    if stated is not None:
        return int(float(stated) * 1e6)
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def check_size(name: str, parameters: int, make_room: Callable[[int], int] | None = None) -> None:
    """Unavailable, with the estimate, if a model of so many parameters takes more memory than there is for
    models.
    """
    needed = parameters * BYTES
    room = budget() if make_room is None else make_room(needed)
    if needed > room:
        raise Unavailable(
            f"“{name}” has {parameters / 1e9:,.3g} billion parameters: as numbers of {BYTES} bytes they take "
            f"{needed / 1e9:,.3g} GB, and there are {room / 1e9:,.3g} GB for it here (RIVERBANK_HUB_MB)."
        )


def parameters(config: Any, build: type, name: str) -> int:
    """How many parameters a model of that config has, without making them."""
    layers = getattr(config.get_text_config(), "num_hidden_layers", 0)
    if not isinstance(layers, int) or not 0 <= layers <= DEEPEST:
        raise Unavailable(f"The config.json of “{name}” says that it has {layers} layers.")
    try:
        with torch.device("meta"):
            model = build._from_config(config)
    except Exception as error:  # of the library's code, on a config that anybody may have written
        raise Unavailable(f"The config.json of “{name}” does not describe a model: {short(error)}") from error
    return sum(one.numel() for one in model.parameters())


# ---- parts ----


def read_config(folder: Path, stated: dict[str, Any]) -> Any:
    """The library's config; Unavailable if it knows no such architecture, whose own code is never run."""
    transformers = library()
    kind = stated["model_type"]
    if kind not in transformers.models.auto.configuration_auto.CONFIG_MAPPING:
        raise Unavailable(
            f"“{folder.name}” is of the architecture “{kind[:60]}”, which transformers "
            f"{transformers.__version__} does not know; code that comes with a model is never run."
        )
    try:
        return transformers.AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # of the library's code, on a config that anybody may have written
        raise Unavailable(f"The config.json of “{folder.name}” is damaged: {short(error)}") from error


def builder(config: Any) -> type:
    """The library's class for a config: with the head that predicts the next token where the model had
    one.
    """
    transformers = library()
    stated = (config.architectures or [""])[0]
    for auto in (
        transformers.AutoModelForCausalLM,
        transformers.AutoModelForSeq2SeqLM,
        transformers.AutoModelForTextEncoding,
        transformers.AutoModelForImageClassification,
    ):
        for offered in offers(auto, config):
            if offered.__name__ == stated:
                return offered
    if not (bases := offers(transformers.AutoModel, config)):
        raise Unavailable(f"“{config.model_type}” is the architecture of no model that reads a text.")
    return bases[0]


def offers(auto: type, config: Any) -> tuple[type, ...]:
    """The classes that one of the library's lists has for a config."""
    found = auto._model_mapping.get(type(config), ())
    return found if isinstance(found, tuple) else (found,)


def read_tokenizer(folder: Path, name: str) -> HubTokenizer:
    """The tokenizer of a folder; Unavailable if there is none that the library `tokenizers` can be."""
    try:
        made = library().AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        backend = made.backend_tokenizer
    except Exception as error:  # of the library's code, which has a hundred ways to find no file
        raise Unavailable(
            f"“{name}” has no tokenizer that can be read: tokenizer.json is missing or damaged."
        ) from error
    if not backend.get_vocab_size():
        raise Unavailable(
            f"“{name}” has no tokenizer that can be read: tokenizer.json is missing or damaged."
        )
    return HubTokenizer(backend, made.eos_token_id if made.eos_token_id is not None else made.sep_token_id)


def load(folder: Path, config: Any, build: type, name: str) -> tuple[nn.Module, bool]:
    """The model with its weights, in evaluation mode and without gradients, and whether its attention goes
    through the library's interface. What its file lacks is NaN, which shows if it takes part.
    """
    interface = build._can_set_attn_implementation()
    try:
        whole, told = build.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            attn_implementation=NAME if interface else "eager",
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    except Exception as error:  # of the library's code, on files that anybody may have written
        if "mismatched" in str(error):
            raise Unavailable(
                f"The weights of “{name}” have other shapes than its config.json says."
            ) from error
        raise Unavailable(f"The weights of “{name}” cannot be loaded: {short(error)}") from error
    own = dict(whole.named_parameters())
    kinds = {NUMBER.sub("#", key) for key in own}
    more = next((key for key in sorted(told["unexpected_keys"]) if NUMBER.sub("#", key) in kinds), None)
    if more is not None:
        raise Unavailable(f"“{name}” has weights for more layers than its config.json says, such as {more}.")
    for key in told["missing_keys"] & own.keys():
        own[key].data.fill_(float("nan"))
    return whole.eval().requires_grad_(False), interface


def short(error: Exception) -> str:
    """The first line of what the library says, without places in the file system."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    words = [word for word in line.split() if "/" not in word]
    return " ".join(words)[:200].rstrip(" .:") + "."


# ---- the bundle ----


def bundle(
    name: str, whole: nn.Module, interface: bool, tokenizer: HubTokenizer | None, folder: Path
) -> HubBundle:
    """A loaded model, studied; Unavailable if that fails."""
    try:
        network, decoder = (
            halves(whole) if whole.config.is_encoder_decoder else (single(whole, interface), None)
        )
    except Exception as error:  # of the library's code, on weights that anybody may have written
        raise Unavailable(f"“{name}” does not run as a model of text: {short(error)}") from error
    start = getattr(whole.config, "decoder_start_token_id", None)
    card = {
        "name": name,
        "family": whole.config.model_type,
        "parameters": whole.num_parameters(),
        "parts": parts(whole),
        "bytes": sum(one.stat().st_size for one in files.weight_files(folder)),
        "transformers": library().__version__,
        "torch": torch.__version__,
    }
    if tokenizer is None:
        wanted = preprocessing(folder, network.base)
        return PictureBundle(name, card, None, network, whole=whole, **wanted)
    return HubBundle(name, card, tokenizer, network, decoder, start)


def single(whole: nn.Module, interface: bool) -> HubNetwork | PlainNetwork:
    """The network of an encoder or a decoder."""
    last = None if whole.main_input_name == PIXELS else whole.get_output_embeddings()
    cap = getattr(whole.config.get_text_config(), "final_logit_softcapping", None)
    head = None if last is None else Head(last, lambda ids: whole(input_ids=ids).logits, cap)
    return (studied if interface else plain)(whole.base_model, head)


def halves(whole: nn.Module) -> tuple[HubNetwork, HubNetwork]:
    """The networks of an encoder and of the decoder that looks at it."""
    encoder, last = studied(whole.get_encoder()), whole.get_output_embeddings()
    memory = encoder(torch.arange(2)).final[None]

    def logits(ids: Tensor) -> Tensor:
        return whole(encoder_outputs=(memory,), decoder_input_ids=ids).logits

    return encoder, studied(whole.get_decoder(), None if last is None else Head(last, logits, None), memory)
