"""The registers of a system as data: hardware, manifest and documentation are made from it."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from corgibuilder.version import VERSION

from .framing import FRAMING_FAULTS

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
    described = (
        (
            "identification",
            Access.CONSTANT,
            (Field("identification", 32, IDENTIFICATION),),
            "The letters Corg.",
        ),
        (
            "version",
            Access.CONSTANT,
            (Field("patch", 8, patch), Field("minor", 8, minor), Field("major", 8, major)),
            "Version of the generator.",
        ),
        (
            "size",
            Access.READ_WRITE,
            (Field("width", 16, largest[0]), Field("height", 16, largest[1])),
            "Size of a frame, from the start of the next one. Both are in one register, so that no"
            " frame sees half of a new size. A width outside"
            f" {smallest[0]} to {largest[0]} or a height outside {smallest[1]} to {largest[1]} is"
            " an error, illegal_size, and the size stays as it was.",
        ),
        (
            "enable",
            Access.READ_WRITE,
            tuple(Field(name, 1, 1) for name in channels),
            "Channels that go to the link; the frames of the others are dropped. Looked at where a"
            " frame begins in a channel.",
        ),
        ("frames", Access.READ, (Field("frames", 32),), "Frames that have entered the network."),
        (
            "status",
            Access.READ,
            (Field("receiving", 1), Field("classifying", 1)),
            "receiving: a frame has begun and not ended. classifying: logits are being computed.",
        ),
        (
            "errors",
            Access.CLEAR,
            tuple(Field(name, 1) for name in (*FRAMING_FAULTS, "illegal_size")),
            "What went wrong since it was last cleared: lines with too few or too many pixels,"
            " frames with too few or too many lines, pixels that came too fast, an illegal size.",
        ),
        (
            "classifier_address",
            Access.READ_WRITE,
            (Field("classifier_address", (classifier_words - 1).bit_length()),),
            "Word in the classifier's memory that classifier_data is for.",
        ),
        (
            "classifier_data",
            Access.WRITE,
            (Field("classifier_data", 32),),
            "Writes a word of the classifier's memory and adds 1 to classifier_address; a burst"
            " fills one word after another. To be written while nothing is being classified.",
        ),
    )
    return tuple(
        Register(
            name=name,
            address=address,
            access=access,
            fields=fields,
            doc=doc,
            stays=access is Access.WRITE,
        )
        for address, (name, access, fields, doc) in enumerate(described)
    )
