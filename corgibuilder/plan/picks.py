"""Which values each step of an engine takes, where several steps' values are in registers."""

from .folded import Folded
from .folding import taps
from .widen import values_of_output


def window_picks(folded: Folded) -> tuple[tuple[int | None, ...], ...]:
    """For each step the values of the window, in the order of the window's layout.

    A window's values come column by column, in it row by row, in it channel by channel. A shared
    step takes the next ``inputs`` of them; a depthwise step takes ``inputs`` taps of ``outputs``
    channels.
    """
    stage, folding = folded.stage, folded.folding
    channels, count = stage.x.shape.channels, taps(stage)
    if folded.by_output:
        groups = folded.groups // stage.leaving
        values = [values_of_output(stage, u) for u in range(stage.leaving)]
        short: list[int | None] = [None] * (folded.passes * folding.inputs - folded.operands)
        return tuple(
            tuple((v + short)[s * folding.inputs : (s + 1) * folding.inputs])
            for v in values
            for _ in range(groups)
            for s in range(folded.passes)
        )
    if not folded.depthwise:
        size = count * channels
        return tuple(
            tuple(
                k if k < size else None for k in range(s * folding.inputs, (s + 1) * folding.inputs)
            )
            for s in range(folded.passes)
        )
    return tuple(
        tuple(
            tap * channels + c if tap < count and c < channels else None
            for c in range(g * folding.outputs, (g + 1) * folding.outputs)
            for tap in range(s * folding.inputs, (s + 1) * folding.inputs)
        )
        for g in range(folded.groups)
        for s in range(folded.passes)
    )


def gathered_picks(folded: Folded) -> tuple[tuple[int | None, ...], ...]:
    """For each step the values among a word of every tap: all taps of a group, then of the next."""
    lanes, group = folded.input_lanes, folded.folding.outputs
    return tuple(
        tuple(tap * lanes + lane if lane < lanes else None for lane in range(first, first + group))
        for first in range(0, folded.gathered * group, group)
        for tap in range(taps(folded.stage))
    )
