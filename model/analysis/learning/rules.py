"""The rules of the tasks: each makes a string of ids, which are bytes, with so many symbols given."""

from collections.abc import Mapping, Sequence

import numpy as np

from model.analysis.strings import SYMBOLS

GIVEN, FILL = b"|."  # what ends that which is given, and what fills up a short string
LETTERS = np.arange(ord("a"), ord("z") + 1)
DIGITS = np.arange(ord("0"), ord("9") + 1)
MOST_PAIRS = 26

Partners = Mapping[int, int]
String = tuple[list[int], dict[int, Sequence[int]]]  # ids, and {row: the places that hold its answer}


def repeats(T: int, period: int) -> dict[int, Sequence[int]]:
    """Of a string that repeats with this period: what followed each token's earlier copies."""
    return {row: range((row + 1) % period or period, row + 1, period) for row in range(period, T)}


def copied(chance: np.random.Generator, count: int, partners: Partners) -> String:
    """abc|abc"""
    given = chance.choice(SYMBOLS, count).tolist()
    return [*given, GIVEN, *given], {count + i: [i] for i in range(count)}


def reversed_(chance: np.random.Generator, count: int, partners: Partners) -> String:
    """abc|cba"""
    given = chance.choice(SYMBOLS, count).tolist()
    return [*given, GIVEN, *given[::-1]], {count + i: [count - 1 - i] for i in range(count)}


def looked_up(chance: np.random.Generator, count: int, partners: Partners) -> String:
    """a1b2c3|b2c3a1: keys with their values, then each key again, which its value is to follow."""
    keys = chance.permutation([one for one in SYMBOLS if chr(one).isalpha()])[:count].tolist()
    values = chance.choice(DIGITS, count).tolist()
    order = chance.permutation(count).tolist()
    given = [one for pair in zip(keys, values, strict=True) for one in pair]
    asked = [one for i in order for one in (keys[i], values[i])]
    return [*given, GIVEN, *asked], {2 * count + 1 + 2 * i: [2 * place + 1] for i, place in enumerate(order)}


def counted(chance: np.random.Generator, count: int, partners: Partners) -> String:
    """abaca|a3b1c1: how often each letter stands there, from 1 to 9."""
    some = chance.permutation(LETTERS)[: max(2, -(-count // 3))]
    given = []
    while len(given) < count:
        letter = int(chance.choice(some))
        given += [letter] * (given.count(letter) < len(DIGITS) - 1)
    asked = chance.permutation(sorted(set(given))).tolist()
    string = [*given, GIVEN, *(one for letter in asked for one in (letter, DIGITS[given.count(letter)]))]
    places = [[i for i, one in enumerate(given) if one == letter] for letter in asked]
    return [int(one) for one in string], {count + 1 + 2 * i: where for i, where in enumerate(places)}


def sorted_(chance: np.random.Generator, count: int, partners: Partners) -> String:
    """cab|abc: in the order of the alphabet."""
    given = chance.choice(LETTERS, count).tolist()
    ordered = sorted(given)
    places = [[i for i, one in enumerate(given) if one == letter] for letter in ordered]
    return [*given, GIVEN, *ordered], {count + i: where for i, where in enumerate(places)}


def replaced(chance: np.random.Generator, count: int, partners: Partners) -> String:
    """abc|xyz by the reader's pairs ax, by, cz: each symbol's partner."""
    given = chance.choice(sorted(partners), count).tolist()
    return [*given, GIVEN, *(partners[one] for one in given)], {count + i: [i] for i in range(count)}


def partners(rule: str) -> dict[int, int]:
    """The reader's own rule, such as "ax by cz", as {symbol: its partner}, of ids.

    ValueError, in a sentence for the reader, if it is none.
    """
    pairs, known = rule.replace(",", " ").split(), {chr(symbol) for symbol in SYMBOLS}
    if not pairs:
        raise ValueError("There is no rule yet. Type a few pairs of letters or digits, such as ax by cz.")
    if len(pairs) > MOST_PAIRS:
        raise ValueError(f"There are {len(pairs)} pairs, and {MOST_PAIRS} at most can be learned here.")
    found: dict[int, int] = {}
    for i, pair in enumerate(pairs, 1):
        if len(pair) != 2 or not set(pair) <= known:
            raise ValueError(
                f"Pair {i} is not two of the letters a to z and A to Z, the digits, + and -. A rule reads "
                "like ax by cz: a becomes x, b becomes y, c becomes z."
            )
        one, other = map(ord, pair)
        if found.setdefault(one, other) != other:
            raise ValueError(f"{pair[0]} has two partners, {chr(found[one])} and {pair[1]}. Leave out one.")
    if len(set(found.values())) == 1:
        raise ValueError("All pairs have one partner, which needs no learning. Add a pair with another one.")
    return found
