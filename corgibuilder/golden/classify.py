"""A programmable classifier on the last map of a network: average, then fully connected."""

import numpy as np

from corgibuilder.ir import Ints

FRACTION_BITS = 4  #: of an average
LOGIT_LOWEST, LOGIT_HIGHEST = -(2**31), 2**31 - 1


def average(maps: Ints) -> Ints:
    """Averages of each channel in sixteenths: ``floor((16 * sum + positions / 2) / positions)``.

    That is rounding half up. ``maps`` is ``(frames, channels, height, width)``, the result
    ``(frames, channels)``.
    """
    positions = maps.shape[2] * maps.shape[3]
    sums: Ints = maps.astype(np.int64).sum(axis=(2, 3))
    averages: Ints = (2 * (sums << FRACTION_BITS) + positions) // (2 * positions)
    return averages


def classify(maps: Ints, weights: Ints, bias: Ints) -> Ints:
    """Logits ``(frames, classes)``: ``bias[o] + sum(weights[o, c] * average[c])``, in 32 bits.

    A sum beyond 32 bits becomes the nearest number that is not. ``weights`` is ``(classes,
    channels)`` of 8 bits, ``bias`` ``(classes,)`` of 32 bits, both signed.
    """
    logits: Ints = average(maps) @ weights.astype(np.int64).T + bias.astype(np.int64)
    return logits.clip(LOGIT_LOWEST, LOGIT_HIGHEST)
