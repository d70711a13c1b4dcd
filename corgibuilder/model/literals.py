"""Constants as C++ source: compact, so that millions of weights compile in seconds."""

from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase, digits

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Ints

LINE = 120  #: characters of base 64 in a line


@dataclass(frozen=True, slots=True)
class Packed:
    """Integers as base 64 of a little-endian stream of ``bits``-bit fields, from ``lowest`` up."""

    text: str
    bits: int
    lowest: int
    count: int


def pack(values: Ints) -> Packed:
    """``values`` in their order, flattened."""
    flat = np.ascontiguousarray(values, np.int64).reshape(-1)
    lowest, highest = int(flat.min(initial=0)), int(flat.max(initial=0))
    bits = max(1, (highest - lowest).bit_length())
    above = (flat.astype(np.uint64) - np.uint64(lowest % 2**64)).astype("<u8")  # modulo 2**64
    fields = np.unpackbits(above.view(np.uint8).reshape(-1, 8), axis=1, bitorder="little")
    return Packed(_base64(fields[:, :bits].reshape(-1)), bits, lowest, len(flat))


def _base64(stream: NDArray[np.uint8]) -> str:
    """Six bits in a character, the first bit the lowest."""
    padded = np.zeros(-(-len(stream) // 6) * 6, np.uint8)
    padded[: len(stream)] = stream
    sixes = np.packbits(padded.reshape(-1, 6), axis=1, bitorder="little").reshape(-1)
    text = _ALPHABET[sixes].tobytes().decode()
    return "\n".join(text[i : i + LINE] for i in range(0, len(text), LINE))


_ALPHABET = np.frombuffer(
    f"{ascii_uppercase}{ascii_lowercase}{digits}-_".encode(), np.uint8
)  # of RFC 4648, safe in names
