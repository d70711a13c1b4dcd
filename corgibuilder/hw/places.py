"""What a line buffer asks of whoever says where its pixels lie."""

from amaranth.hdl import ShapeLike
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from corgibuilder.ir import Window

from .size import OFFSET, SIZE


def places_signature(window: Window, capacity: int) -> dict[str, ShapeLike]:
    """Members of :class:`~.ring.Ring` and :class:`~.paired_rows.PairedRows`.

    write_size : :py:`In(StructLayout({"valid", "size"}))`
        Size of the map being written, as far as it is known.
    write_first, write_last : :py:`In(1)`
        At the first pixel of a frame, at the last one.
    write_next : :py:`In(1)`
        The pixel is written; only while ``write_ready``.
    write_behind, write_beyond : :py:`In(1)`
        The word being written is of a group before that of the word being read; it comes after
        the word being read.
    write_ready : :py:`Out(1)`
        There is a place for the word: ``write_place``.
    read_size : :py:`In(SIZE)`
        Size of the map being read.
    tap_step, row_done, taps_done, window_done, frame_done, last_x, tap_y, top, left, column
        What the :class:`~.window_walk.WindowWalk` says.
    read_ready : :py:`Out(1)`
        The window's last pixel is there, as far as read; ``read_place`` is that of the tap.
    frame_taken : :py:`Out(1)`
        The size of the map being read is no longer needed.
    """
    events = ("tap_step", "row_done", "taps_done", "window_done", "frame_done", "last_x")
    return {
        "write_size": In(data.StructLayout({"valid": 1, "size": SIZE})),
        **{name: In(1) for name in ("write_first", "write_last", "write_next")},
        "write_behind": In(1),
        "write_beyond": In(1),
        "write_ready": Out(1),
        "write_place": Out(range(capacity)),
        "read_size": In(SIZE),
        **{name: In(1) for name in events},
        "tap_y": In(range(max(window.kernel[0], 2))),
        **{name: In(OFFSET) for name in ("top", "left", "column")},
        "read_ready": Out(1),
        "read_place": Out(range(capacity)),
        "frame_taken": Out(1),
    }
