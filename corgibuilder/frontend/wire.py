"""Counts the parts of a protobuf message before it is parsed: a few bytes can stand for a lot.

An empty node takes 2 bytes in a file and more than a hundred in memory.
"""

from typing import Any

MAX_PARTS = 2**19  #: fields of a message and of all messages in it
MAX_PACKED = 2**26  #: bytes of numbers that are stored with as many bytes as each needs

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_FIXED_BYTES = {_FIXED64: 8, _FIXED32: 4}


class NotAMessageError(ValueError):
    """The bytes are no such message."""


class TooManyPartsError(ValueError):
    """The message has more parts than any sensible one."""


def check(content: bytes, descriptor: Any) -> None:
    """Raise one of the above if parsing ``content`` as ``descriptor`` says would take much memory.

    Messages that pass may be damaged still; the parser finds that.
    """
    parts = packed = 0
    waiting = [(0, len(content), descriptor)]
    while waiting:
        place, end, kind = waiting.pop()
        while place < end:
            parts += 1
            tag, place = content[place], place + 1
            if tag > 127:
                tag, place = _number(content, place - 1, end)
            wire, field = tag & 7, kind.fields_by_number.get(tag >> 3)
            if wire == _VARINT:
                _, place = _number(content, place, end)
            elif wire in _FIXED_BYTES:
                place += _FIXED_BYTES[wire]
            elif wire == _LENGTH:
                length, place = _number(content, place, end)
                if field is not None and field.message_type is not None:
                    waiting.append((place, place + length, field.message_type))
                elif field is not None and field.type in _NUMBERS:
                    packed += length
                place += length
            else:
                raise NotAMessageError
            if place > end or not tag >> 3:
                raise NotAMessageError
            if parts > MAX_PARTS or packed > MAX_PACKED:
                raise TooManyPartsError


_NUMBERS = range(3, 6)  #: int64, uint64 and int32, as descriptors call them


def _number(content: bytes, place: int, end: int) -> tuple[int, int]:
    """The number at ``place``, seven bits to a byte, and the place behind it."""
    value = shift = 0
    while place < end and shift < 70:
        byte = content[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
    raise NotAMessageError
