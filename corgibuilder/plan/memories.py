"""Every memory of a stage, as the hardware instantiates it."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from corgibuilder.ir import Conv, Pool

from .banks import banks
from .folded import Folded
from .folding import Feed, pointwise
from .pipeline import Link
from .requantisers import Form


class Purpose(enum.Enum):
    LINES = "line buffer"
    POSITIONS = "position buffer"  #: of a layer whose windows are single pixels
    QUEUE = "queue"
    POOL = "pool results"
    WEIGHTS = "weights"
    PARAMETERS = "requantiser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One memory: ``depth`` words of ``width`` bits.

    ``ports`` is 1 for one access in a cycle, 2 for a read and a write in the same cycle.
    """

    name: str
    purpose: Purpose
    depth: int
    width: int
    ports: int

    @property
    def bits(self) -> int:
        return self.depth * self.width

    @property
    def constant(self) -> bool:
        """Whether the contents never change: a ROM."""
        return self.purpose in (Purpose.WEIGHTS, Purpose.PARAMETERS)


def memories(link: Link) -> tuple[Memory, ...]:
    """The memories of one stage."""
    return tuple(_memories(link))


def rom_bits(link: Link, purpose: Purpose) -> int:
    """Bits of the ROMs of one stage that serve one purpose."""
    return sum(memory.bits for memory in memories(link) if memory.purpose is purpose)


def _memories(link: Link) -> Iterator[Memory]:
    folded = link.folded
    yield from _queue(link)
    if folded.folding.feed is Feed.TILES:
        yield _pool_results(folded)
    elif folded.folding.feed is not Feed.STREAM:
        yield from line_memories(folded)
    if isinstance(link.stage.engine, Conv):
        yield from _weights(folded)
    if link.form is not None:
        yield from _parameters(link, link.form)


def _queue(link: Link) -> Iterator[Memory]:
    """A queue's last word waits in a register."""
    depth = link.folded.folding.fifo - 1
    if depth > 0:
        width = link.queue_lanes * link.stage.x.range.width
        yield Memory(name="queue", purpose=Purpose.QUEUE, depth=depth, width=width, ports=2)


def line_memories(folded: Folded) -> Iterator[Memory]:
    """The memories of a line buffer."""
    stage, folding = folded.stage, folded.folding
    assert isinstance(stage.engine, Conv | Pool)
    window = stage.engine.window
    purpose = Purpose.POSITIONS if pointwise(window) else Purpose.LINES
    bits = stage.x.range.width
    if folding.feed is Feed.BANKS:
        depth, width = max(stage.x.shape.width, 2), folded.input_lanes * bits
        for row in range(window.kernel[0]):
            yield Memory(name=f"row bank {row}", purpose=purpose, depth=depth, width=width, ports=2)
        return
    parts = banks(stage.x.shape.channels, folded.input_lanes, alternate=folded.single_port)
    for number, bank in enumerate(parts):
        yield Memory(
            name=f"bank {number}",
            purpose=purpose,
            depth=max(bank.planes * folding.capacity, 2),
            width=bank.lanes * bits,
            ports=1 if folded.single_port else 2,
        )


def _pool_results(folded: Folded) -> Memory:
    stage = folded.stage
    return Memory(
        name="pool results",
        purpose=Purpose.POOL,
        depth=max(stage.acc.shape.width * folded.words, 2),
        width=folded.folding.outputs * stage.acc.range.width,
        ports=2,
    )


def _weights(folded: Folded) -> Iterator[Memory]:
    if folded.weight_bits:
        width = folded.weight_bits // folded.weight_rows
        yield _rom("weights", Purpose.WEIGHTS, folded.weight_rows, width)


def _parameters(link: Link, form: Form) -> Iterator[Memory]:
    """The constants of a requantiser."""
    acc = link.stage.acc
    for rom in form.memories(acc.range.plain, acc.shape.channels, link.folded.folding.lanes):
        yield _rom(rom.name, Purpose.PARAMETERS, rom.depth, rom.width)


def _rom(name: str, purpose: Purpose, depth: int, width: int) -> Memory:
    return Memory(name=name, purpose=purpose, depth=depth, width=width, ports=1)
