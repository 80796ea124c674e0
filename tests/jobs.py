"""What tests have workers do."""

import os
import time

import numpy as np


def double(value):
    return 2 * value


def process():
    return os.getpid()


def endless():
    while True:
        time.sleep(0.01)


def deaf(seconds):
    """Does not hear that it is to stop."""
    time.sleep(seconds)


def counted(count, seconds=0.0):
    for number in range(count):
        time.sleep(seconds)
        yield number


def fixed():
    array = np.arange(3)
    array.flags.writeable = False
    return array, np.arange(2)


def refused(sentence):
    raise ValueError(sentence)


def broken(text):
    raise KeyError(text)


def greedy(megabytes):
    return float(np.ones(megabytes * 131_072).sum())
