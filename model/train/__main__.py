"""Command line of the training: `python -m model.train --help`."""

import argparse
import datetime
from dataclasses import replace
from pathlib import Path

import torch

from model import tokenizer as bpe
from model import zoo
from model.config import POSITIONS, ModelConfig
from model.convolution import build
from model.train import corpus, language, toys
from model.transformer import initialise

STEPS, SEEDS = 2000, (1, 2, 3)
HELP = "folder with the story files, or the files themselves: the first is the one that the model is judged on"


def decoder(args):
    """Train one decoder and write its checkpoint and card."""
    paths = [file for given in args.corpus for file in ([given / name for name in corpus.STORIES] if given.is_dir() else [given])]
    training, held, sample = language.gather(paths)
    tokenizer = bpe.train(sample, args.vocabulary - bpe.BYTES - 1)
    config = ModelConfig(vocabulary=len(tokenizer), positions=args.positions, causal=not args.unmasked)
    if args.positions == "learned":
        config = replace(config, max_tokens=config.context)
    if args.convolution:
        config = replace(config, kind="convolution", positions="none")
    variant = "unmasked" if args.unmasked else "cnn" if args.convolution else args.positions
    name = args.name or f"decoder-{variant}"
    network = initialise(build(config), args.seed)
    curve = language.train(network, tokenizer, training, held, seed=args.seed, steps=args.steps, state=args.work / f"{name}.pt", batch=args.batch)
    judged = next(iter(held))
    card = {
        "task": "next token",
        "corpus": {file: corpus.LICENCES.get(file, "not stated") for file in training},
        "held_out": f"every twentieth document of each file; judged on {judged} in windows of {config.context} tokens",
        "seed": args.seed,
        "steps": args.steps,
        "tokens_seen": args.steps * args.batch * config.context,
        **language.held_out_loss(network.eval(), tokenizer, held[judged]),
        "curve": curve,
        "date": datetime.date.today().isoformat(),
    }
    zoo.save(name, network, tokenizer, card, args.folder)
    print(f"{name}: {card['nats_per_token']:.3f} nats per token, {card['bits_per_byte']:.3f} bits per byte")


def spread(args):
    """Train every positional encoding with three seeds for a tenth of the steps, into a folder of their own: how far apart chance alone drives them."""
    for seed in SEEDS:
        for positions in POSITIONS:
            if not (args.folder / f"{positions}-{seed}.json").exists():
                decoder(argparse.Namespace(**vars(args) | {"positions": positions, "seed": seed, "name": f"{positions}-{seed}"}))


def toy(args):
    """Train the toys asked for, a minute each."""
    for positions in args.positions:
        card = toys.train(positions, seed=args.seed, work=args.work, folder=args.folder)
        print(f"toy-{positions}: copies {card['copy_accuracy']:.1%}")


def main():
    parser = argparse.ArgumentParser(prog="python -m model.train", description="Train the bundled models. A run that was stopped resumes where it was.")
    kinds = parser.add_subparsers(required=True)
    one = kinds.add_parser("decoder", help="a decoder, by its positional encoding")
    one.set_defaults(run=decoder)
    one.add_argument("--positions", choices=POSITIONS, default="rope")
    one.add_argument("--unmasked", action="store_true", help="train without the causal mask: the model that cheats")
    one.add_argument("--convolution", action="store_true", help="causal convolutions in the place of attention: the twin")
    one.add_argument("--name", help="of the checkpoint; decoder-POSITIONS if not given")
    several = kinds.add_parser("spread", help="six encodings with three seeds each, a tenth of the steps: the noise that differences stand next to")
    several.set_defaults(run=spread, unmasked=False, convolution=False)
    small = kinds.add_parser("toy", help="toys that grow induction heads")
    small.set_defaults(run=toy)
    small.add_argument("--positions", choices=POSITIONS, nargs="+", default=POSITIONS)
    for command, steps, folder in ((one, STEPS, zoo.FOLDER), (several, STEPS // 10, Path(".training/spread")), (small, None, zoo.FOLDER)):
        command.add_argument("--seed", type=int, default=1)
        command.add_argument("--threads", type=int, default=1, help="more than one pays only on an idle machine")
        command.add_argument("--folder", type=Path, default=folder, help="where checkpoints and cards go")
        command.add_argument("--work", type=Path, default=Path(".training"), help="where a broken run leaves its state")
        if steps:
            command.add_argument("--corpus", type=Path, nargs="+", required=True, help=HELP)
            command.add_argument("--steps", type=int, default=steps)
            command.add_argument("--batch", type=int, default=32)
            command.add_argument("--vocabulary", type=int, default=4096)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.run(args)


if __name__ == "__main__":
    main()
