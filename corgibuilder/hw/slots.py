"""What a line buffer asks of whoever says where its pixels lie."""

from collections.abc import Callable

from amaranth.hdl import Module, Mux, ShapeLike, Signal, ValueLike, signed
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from corgibuilder.ir import Shape, Window

from .size import SIZE
from .window_addresses import taps_signature


def slots_signature(window: Window, capacity: int, largest: Shape) -> dict[str, ShapeLike]:
    """Members of what gives pixels their slots.

    That is :class:`~.circular_slots.CircularSlots` or :class:`~.shuffled_slots.ShuffledSlots`.

    write_size : :py:`In(StructLayout({"valid", "size"}))`
        Size of the map being written, as far as it is known.
    write_x, write_y, write_last_x, write_last_y : :py:`In`
        Column and row of the pixel being written, and whether they are the last ones.
    write_next : :py:`In(1)`
        The pixel is written; only while ``write_ready``.
    write_behind, write_beyond : :py:`In(1)`
        The word being written is of a group before that of the word being read; it comes after
        the word being read.
    write_ready : :py:`Out(1)`
        There is a slot for the word: ``write_slot``.
    read_size : :py:`In(SIZE)`
        Size of the map being read.
    tap_step, row_done, taps_done, window_done, frame_done, last_x, tap_y, top, left, bottom,
    right, row, column
        What the :class:`~.window_addresses.WindowAddressGenerator` says.
    read_ready : :py:`Out(1)`
        The window's last pixel is there, as far as read; ``read_slot`` is that of the tap.
    frame_taken : :py:`Out(1)`
        The size of the map being read is no longer needed.
    """
    events = ("tap_step", "row_done", "taps_done", "window_done", "frame_done", "last_x")
    return {
        "write_size": In(data.StructLayout({"valid": 1, "size": SIZE})),
        "write_x": In(range(max(largest.width, 2))),
        "write_y": In(range(max(largest.height, 2))),
        **{name: In(1) for name in ("write_last_x", "write_last_y", "write_next")},
        "write_behind": In(1),
        "write_beyond": In(1),
        "write_ready": Out(1),
        "write_slot": Out(range(capacity)),
        "read_size": In(SIZE),
        **{name: In(1) for name in events},
        "tap_y": In(range(max(window.kernel[0], 2))),
        **taps_signature(window, largest, In),
        "read_ready": Out(1),
        "read_slot": Out(range(capacity)),
        "frame_taken": Out(1),
    }


def window_is_there(m: Module, slots) -> Signal:
    """Whether the writer, who is in the map being read, has come to the window's last pixel.

    Of a window that reaches into the padding it is the last one of a row of the map, or in its
    last row.
    """
    row_written, row_begun = Signal(), Signal()
    pixel_written, pixel_begun, there = Signal(), Signal(), Signal(name="window_is_there")
    m.d.comb += [
        row_written.eq(slots.write_y > slots.bottom),
        row_begun.eq((slots.write_y == slots.bottom) | slots.write_last_y),
        pixel_written.eq(slots.write_x > slots.right),
        pixel_begun.eq((slots.write_x == slots.right) | slots.write_last_x),
        there.eq(row_written | row_begun & (pixel_written | pixel_begun & slots.write_beyond)),
    ]
    return there


def moved_on_map(first, by: int, pad: int, amount: Callable[[int], ValueLike] = int):
    """How far a window's first row or column on the map moves, where its first one moves ``by``.

    ``first`` is ``-pad`` and a multiple of ``by``. So there are three distances at most; of the one
    taken the ``amount`` is given.
    """
    if pad == 0:
        return amount(by)
    onto = amount(-pad % by)  # from the padding on to the map
    within = onto if pad <= by else Mux(first >= -by, onto, amount(0))
    return Mux(first < 0, within, amount(by))


def sum_modulo(m: Module, slot, distance, modulus, *, name: str) -> Signal:
    """Named wire holding ``(slot + distance) % modulus``, both less than ``modulus``."""
    result = Signal.like(slot, name=name)
    over = Signal(signed(len(slot) + 1), name=f"{name}_over")
    m.d.comb += [
        over.eq(slot - (modulus - distance)),
        result.eq(Mux(over < 0, slot + distance, over)),
    ]
    return result
