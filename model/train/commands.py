"""The commands of the training: each takes what the command line says, and makes what it is named after."""

import datetime
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from model import tokenizer as bpe
from model import zoo
from model.analysis.learning import History, Settings, kept
from model.network.config import ModelConfig
from model.network.convolution import build
from model.network.encodings import ENCODINGS
from model.network.transformer import initialise
from model.train import corpus, distil, evaluate, forms, language, live, means, toys, vision, wordnet
from model.vision import NAMES

SEEDS = 1, 2, 3
VARIANTS = *ENCODINGS, "unmasked", "cnn"


def decoder(args: Namespace) -> None:
    """Train one decoder and write its checkpoint and card."""
    training, held, sample = language.gather(story_files(args.corpus))
    tokenizer = bpe.train(sample, args.vocabulary - bpe.BYTES - 1)
    network = initialise(build(decoder_config(args, len(tokenizer))), args.seed)
    variant = "unmasked" if args.unmasked else "cnn" if args.convolution else args.positions
    name = args.name or f"decoder-{variant}"
    curve = language.train(
        network,
        tokenizer,
        training,
        held,
        seed=args.seed,
        steps=args.steps,
        state=args.work / f"{name}.pt",
        batch=args.batch,
    )
    judged, context = next(iter(held)), network.config.context
    card = {
        "task": "next token",
        "corpus": {file: corpus.LICENCES.get(file, "not stated") for file in training},
        "held_out": f"every twentieth document of each file; judged on {judged} "
        f"in windows of {context} tokens",
        "seed": args.seed,
        "steps": args.steps,
        "tokens_seen": args.steps * args.batch * context,
        **language.held_out_loss(network.eval(), tokenizer, held[judged]),
        "curve": curve,
        "date": datetime.date.today().isoformat(),
    }
    zoo.save(name, network, tokenizer, card, args.folder)
    print(f"{name}: {card['nats_per_token']:.3f} nats per token, {card['bits_per_byte']:.3f} bits per byte")


def decoder_config(args: Namespace, vocabulary: int) -> ModelConfig:
    """The sizes of the decoder that is asked for."""
    config = ModelConfig(vocabulary=vocabulary, positions=args.positions, causal=not args.unmasked)
    if config.encoding.limited:
        config = replace(config, max_tokens=config.context)
    if args.convolution:
        config = replace(config, kind="convolution", positions="none")
    return config


def story_files(given: Sequence[Path]) -> list[Path]:
    """The files that a decoder learns from: those given, and the stories of the folders given."""
    return [
        file
        for path in given
        for file in ([path / name for name in corpus.STORIES] if path.is_dir() else [path])
    ]


def variant(args: Namespace, which: str, **more: Any) -> None:
    """Train the decoder of this variant, one of VARIANTS."""
    choices = {
        "positions": which if which in ENCODINGS else "none" if which == "cnn" else "rope",
        "unmasked": which == "unmasked",
        "convolution": which == "cnn",
        "name": None,
    }
    decoder(Namespace(**vars(args) | choices | more))


def spread(args: Namespace) -> None:
    """Train every encoding with three seeds for a tenth of the steps of a quarter of the windows: how far
    apart chance alone drives them.
    """
    for seed in SEEDS:
        for positions in ENCODINGS:
            if not (evaluate.SHORT / f"{positions}-{seed}.json").exists():
                variant(
                    args,
                    positions,
                    name=f"{positions}-{seed}",
                    seed=seed,
                    steps=args.steps // 10,
                    batch=args.batch // 4,
                    folder=evaluate.SHORT,
                )


def toy(args: Namespace) -> None:
    """Train the toys asked for, a few minutes each."""
    for positions in args.toys:
        card = toys.train(positions, seed=args.seed, work=args.work, folder=args.folder)
        print(f"toy-{positions}: copies {card['copy_accuracy']:.1%}")


def watched(args: Namespace) -> None:
    """Record the training and the race of all encodings that the page about learning shows first."""
    settings, laps = Settings(), []
    kept.save_history(History(settings, [record for record, _ in live.train(settings)]), args.folder)
    for lap in live.race(settings, list(ENCODINGS), SEEDS):
        laps.append(lap)
        if lap.scales:
            print(f"{lap.positions}, seed {lap.seed}: {lap.inside:.1%}", flush=True)
    kept.save_race(settings, laps, args.folder)


def encoder(args: Namespace) -> None:
    """Train the encoder and its convolutional twin, on the same batches, beside the teacher."""
    sizes = {"steps": args.encoder_steps, "tokens": args.encoder_tokens, "workers": args.workers}
    distil.distil(args.corpus[0], args.package, seed=args.seed, work=args.work, folder=args.folder, **sizes)


def judge(args: Namespace) -> None:
    """Measure the quality of the models, and write it into their cards."""
    torch.set_num_threads(1)
    evaluate.run(
        args.names or zoo.names(folder=args.folder), story_files(args.corpus), args.package, args.folder
    )


def words(args: Namespace) -> None:
    """Make the table of common words that pages compare an encoder's words with."""
    card = means.write(zoo.load("encoder", args.folder), args.corpus[0], args.seed)
    print(f"means: {card['words']}")


def inventory(args: Namespace) -> None:
    """Make the list of senses and examples out of Open English WordNet."""
    print(f"wordnet: {wordnet.write(args.corpus[0])} lines")


def spellings(args: Namespace) -> None:
    """Make the list of words in their other forms; --package: see model/train/forms.py."""
    print(f"forms: {forms.write(args.package)} words")


def pictures(args: Namespace) -> None:
    """Train the models of pictures asked for, some minutes each, or measure their learning curves."""
    folder = args.folder / "vision"
    if args.curves:
        return vision.curves(args.digits, work=args.work, folder=folder)
    for name in args.pictured or NAMES:
        sizes = {"seed": args.seed, "steps": args.steps or vision.STEPS[name], "work": args.work}
        card = vision.train(name, args.digits, **sizes, folder=folder)
        print(f"{name}: reads {card['test_accuracy']:.1%} of the test digits")


def everything(args: Namespace) -> None:
    """Train all bundled models, one after the other, and judge them."""
    for name in VARIANTS:
        variant(args, name)
    spread(args)
    toy(args)
    encoder(args)
    judge(args)
    pictures(Namespace(**vars(args) | {"steps": None, "curves": False}))
