"""The registers of a system as data: hardware, manifest and documentation are made from it."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from corgibuilder.version import VERSION

FRAMING_FAULTS = ("short_line", "long_line", "short_frame", "long_frame", "overflow")
IDENTIFICATION = int.from_bytes(b"Corg", "big")


class Access(enum.Enum):
    CONSTANT = "constant"
    READ = "read"
    WRITE = "write"  #: reads as 0
    READ_WRITE = "read and write"
    CLEAR = "read, write 1 to clear"


@dataclass(frozen=True, slots=True)
class Field:
    """Bits of a register that belong together, and what they hold after a reset."""

    name: str
    bits: int
    reset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Up to 32 bits at an address.

    ``fields`` start with the lowest bits. All words of a burst go to the register in which it
    ``stays``, otherwise each to the next one.
    """

    name: str
    address: int
    access: Access
    fields: tuple[Field, ...]
    doc: str
    stays: bool = False

    @property
    def bits(self) -> int:
        return sum(field.bits for field in self.fields)

    @property
    def reset(self) -> int:
        value = 0
        for field in reversed(self.fields):
            value = value << field.bits | field.reset
        return value


SIZE = (
    "Of a frame, from the start of the next one; one register, so that no frame sees half of a new"
    " size."
)
REFUSED = "sets illegal_size and leaves the size as it was."
ENABLE = (
    "Channels that go to the link; frames of the others are dropped. Looked at where a frame begins"
    " in a channel."
)
STATUS = "A frame has begun and not ended; logits are being computed."
ERRORS = (
    "What went wrong since it was cleared: lines with too few or too many pixels, frames with too"
    " few or too many lines, pixels that came too fast, an illegal size."
)
CLASSIFIER_DATA = (
    "Writes a word of the classifier's memory and adds 1 to classifier_address, a burst one word"
    " after another. To be written while nothing is being classified."
)

Size = tuple[int, int]  # width, height


def register_map(
    *, channels: Sequence[str], smallest: Size, largest: Size, classifier_words: int
) -> tuple[Register, ...]:
    """Registers of a system by ascending address.

    Parameters
    ----------
    channels
        Names of the channels, channel 0 first.
    smallest, largest
        Sizes of a frame that are legal.
    classifier_words
        Words of 32 bits in the classifier's memory.
    """
    major, minor, patch = map(int, VERSION.split("."))
    legal = f"{smallest[0]}x{smallest[1]} to {largest[0]}x{largest[1]}"
    whole = {"identification": IDENTIFICATION, "frames": 0, "classifier_data": 0}
    fields = {name: (Field(name, 32, reset),) for name, reset in whole.items()} | {
        "version": (Field("patch", 8, patch), Field("minor", 8, minor), Field("major", 8, major)),
        "size": (Field("width", 16, largest[0]), Field("height", 16, largest[1])),
        "enable": tuple(Field(name, 1, 1) for name in channels),
        "status": (Field("receiving", 1), Field("classifying", 1)),
        "errors": tuple(Field(name, 1) for name in (*FRAMING_FAULTS, "illegal_size")),
        "classifier_address": (Field("word", (classifier_words - 1).bit_length()),),
    }
    described = (
        ("identification", Access.CONSTANT, "The letters Corg."),
        ("version", Access.CONSTANT, "Version of the generator."),
        ("size", Access.READ_WRITE, f"{SIZE} Legal is {legal}; anything else {REFUSED}"),
        ("enable", Access.READ_WRITE, ENABLE),
        ("frames", Access.READ, "Frames that have entered the network."),
        ("status", Access.READ, STATUS),
        ("errors", Access.CLEAR, ERRORS),
        ("classifier_address", Access.READ_WRITE, "Word that classifier_data is for."),
        ("classifier_data", Access.WRITE, CLASSIFIER_DATA),
    )
    return tuple(
        Register(
            name=name,
            address=address,
            access=access,
            fields=fields[name],
            doc=doc,
            stays=access is Access.WRITE,
        )
        for address, (name, access, doc) in enumerate(described)
    )
