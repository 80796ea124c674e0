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
from model.train import corpus, language
from model.transformer import initialise

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


def main():
    parser = argparse.ArgumentParser(prog="python -m model.train", description="Train the bundled models. A run that was stopped resumes where it was.")
    kinds = parser.add_subparsers(required=True)
    one = kinds.add_parser("decoder", help="a decoder, by its positional encoding")
    one.set_defaults(run=decoder)
    one.add_argument("--positions", choices=POSITIONS, default="rope")
    one.add_argument("--unmasked", action="store_true", help="train without the causal mask: the model that cheats")
    one.add_argument("--convolution", action="store_true", help="causal convolutions in the place of attention: the twin")
    one.add_argument("--corpus", type=Path, nargs="+", required=True, help=HELP)
    one.add_argument("--steps", type=int, default=2000)
    one.add_argument("--batch", type=int, default=32)
    one.add_argument("--vocabulary", type=int, default=4096)
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--threads", type=int, default=1, help="more than one pays only on an idle machine")
    one.add_argument("--name", help="of the checkpoint; decoder-POSITIONS if not given")
    one.add_argument("--folder", type=Path, default=zoo.FOLDER, help="where checkpoint and card go")
    one.add_argument("--work", type=Path, default=Path(".training"), help="where a broken run leaves its state")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.run(args)


if __name__ == "__main__":
    main()
