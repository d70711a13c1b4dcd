"""Words of a stream as the text of a ``$readmemh`` image."""

import numpy as np
from numpy.typing import NDArray

from corgibuilder.build_directory import Stream


def travel_order(maps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Values of one frame ``(channels, height, width)`` in the order they travel, flat."""
    return maps.transpose(1, 2, 0).reshape(-1)


def pack(frame: NDArray[np.int64], stream: Stream, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Bits of the words of one frame: ``(words, lanes * bits)``, lowest bit first.

    ``frame`` is ``(channels, height, width)``, of values that have a code. Unused lanes get random
    bits: nobody may look.
    """
    codes = (frame - stream.offset) // stream.step
    units = codes.transpose(1, 2, 0).reshape(-1, stream.unit)
    lanes = stream.words_per_unit * stream.lanes
    bits = rng.integers(0, 2, (len(units), lanes, stream.bits), np.uint8)
    bits[:, : stream.unit] = units[:, :, None] >> np.arange(stream.bits) & 1
    return bits.reshape(-1, stream.word_bits)


def memory_image(bits: NDArray[np.uint8]) -> bytes:
    """Text of a ``$readmemh`` file; ``bits`` is ``(words, width)``, lowest bit first."""
    words, width = bits.shape
    padded = np.zeros((words, -(-width // 4) * 4), np.uint8)
    padded[:, :width] = bits
    nibbles = padded.reshape(words, -1, 4) @ np.array([1, 2, 4, 8], np.uint8)
    text = np.full((words, nibbles.shape[1] + 1), ord("\n"), np.uint8)
    text[:, :-1] = np.frombuffer(b"0123456789abcdef", np.uint8)[nibbles[:, ::-1]]
    return text.tobytes()
