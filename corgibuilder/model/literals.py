"""Objects and constants as C++ source: compact, so that millions of weights compile in seconds."""

from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase, digits

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Ints

LINE = 120  #: characters of base 64 in a line
INT64_MIN = -(2**63)


@dataclass(frozen=True, slots=True)
class CppObject:
    """An object: its class, and the arguments of its constructor in their order."""

    type: str
    arguments: "tuple[int | str | CppObject, ...]" = ()

    @property
    def initialiser(self) -> str:
        """The arguments in braces."""
        return f"{{{', '.join(_literal(argument) for argument in self.arguments)}}}"


def _literal(value: int | str | CppObject) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value) if value > INT64_MIN else "INT64_MIN"  # which has no literal
        case str():
            return f'R"({value})"'
        case CppObject():
            return value.type + value.initialiser


def pack(values: Ints) -> CppObject:
    """``values`` in their order, flattened.

    In base 64: a little-endian stream of fields of ``bits`` bits that count from ``lowest``.
    """
    flat = np.ascontiguousarray(values, np.int64).reshape(-1)
    lowest, highest = int(flat.min(initial=0)), int(flat.max(initial=0))
    bits = max(1, (highest - lowest).bit_length())
    above = (flat.astype(np.uint64) - np.uint64(lowest % 2**64)).astype("<u8")  # modulo 2**64
    fields = np.unpackbits(above.view(np.uint8).reshape(-1, 8), axis=1, bitorder="little")
    return CppObject("Packed", (_base64(fields[:, :bits].reshape(-1)), bits, lowest, len(flat)))


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
