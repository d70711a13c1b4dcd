"""What happens when the program is told to end, by SIGINT (Ctrl-C) or SIGTERM."""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


class Ended(BaseException):
    """The program was told to end. Raised wherever it is, so that it clears up on its way out."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = signal.Signals(number)


def ended_in_one_line(program: Callable[[], None]) -> None:
    """Run a program that says one line and ends with status 130 or 143 when it is told to end.

    A signal that is ignored stays ignored. After the first one no other disturbs the clearing up,
    and after the program none has an effect: all is done.
    """
    try:  # a signal may arrive at any place in here
        try:
            for number in SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    signal.signal(number, _end)
            program()
        finally:
            _ignore()
    except Ended as ended:
        sys.stderr.write(f"{SIGNALS[ended.number]}\n")
        sys.exit(128 + ended.number)


def _end(number: int, frame: FrameType | None) -> None:
    _ignore()
    raise Ended(number)


def _ignore() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def held() -> Iterator[None]:
    """Signals that arrive within the block take effect at its end, whoever handles them.

    For the moments in which something exists and nobody knows yet that it has to be cleared up.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread handles signals
        return
    arrived: list[int] = []
    before = {
        number: signal.signal(number, lambda number, frame: arrived.append(number))
        for number in SIGNALS
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
        if arrived:
            signal.raise_signal(arrived[0])
