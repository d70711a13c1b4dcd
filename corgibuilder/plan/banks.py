"""How the words of a line buffer lie in memory.

Word ``p`` of every pixel forms plane ``p``, of as many words as the buffer holds pixels. Planes lie
one after the other in banks, each a memory with its own address. Where an engine reads some words
of a pixel while others are written, the even planes form one bank and the odd ones another, and
every bank needs a single port: a read of one parity leaves the other to the write. A last word that
is not full forms a bank of its own, no wider than its channels.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bank:
    """A memory of ``planes`` planes of words of ``lanes`` channels."""

    planes: int
    lanes: int


def banks(channels: int, lanes: int, *, alternate: bool) -> tuple[Bank, ...]:
    """Banks for pixels of ``channels`` in words of ``lanes``: even planes, odd planes, the rest.

    With ``alternate`` off, even and odd planes share the first bank.
    """
    full, rest = divmod(channels, lanes)
    odd = full // 2 if alternate else 0
    found = [Bank(full - odd, lanes), Bank(odd, lanes), Bank(1 if rest else 0, rest)]
    return tuple(bank for bank in found if bank.planes)
