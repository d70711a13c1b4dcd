"""What happens when the program is told to end, by SIGINT (Ctrl-C) or SIGTERM."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

SIGNALS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}
AGAIN_SECONDS = 0.01  #: until a signal comes again that a library has swallowed


class Ended(BaseException):
    """The program was told to end. Raised wherever it is, so that it clears up on its way out."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = signal.Signals(number)


def run_program(program: Callable[[], None]) -> None:
    """Run a program that says one line and ends with status 130 or 143 when it is told to end.

    A signal that is ignored stays ignored. The first other one counts: none disturbs the clearing
    up. What was complete then is complete. Both signals are ignored when this returns, or raises:
    all is done.
    """
    numbers = [n for n in SIGNALS if signal.getsignal(n) is not signal.SIG_IGN]
    before = sys.unraisablehook

    def told(number: int, frame: FrameType | None) -> None:
        _set(numbers, _deaf)
        raise Ended(number)

    def swallowed(unraisable: "sys.UnraisableHookArgs") -> None:
        """Python drops what is raised in a destructor, or in a callback of a C library."""
        if isinstance(unraisable.exc_value, Ended):
            _set(numbers, told)
            again = os.getpid(), unraisable.exc_value.number
            threading.Timer(AGAIN_SECONDS, os.kill, again).start()
        else:
            before(unraisable)

    sys.unraisablehook = swallowed
    try:  # a signal may arrive at any place in here
        try:
            _set(numbers, told)
            program()
        finally:
            _set(numbers, _deaf)
    except Ended as ended:
        _set(numbers, signal.SIG_DFL)  # whoever reads the line may never do so
        with suppress(OSError, AttributeError):  # nobody does, or there is no such file
            sys.stderr.write(f"{SIGNALS[ended.number]}\n")
        sys.exit(128 + ended.number)
    finally:
        sys.unraisablehook = before
        _set(numbers, signal.SIG_IGN)


def _set(numbers: list[signal.Signals], handler: Callable[..., None] | signal.Handlers) -> None:
    for number in numbers:
        signal.signal(number, handler)


def _deaf(number: int, frame: FrameType | None) -> None:
    """Do nothing. Python complains where signals that have come are ignored in another way."""


@contextmanager
def held() -> Iterator[None]:
    """Signals that arrive within the block take effect at its end, whoever handles them.

    For the moments in which something exists and nobody knows yet that it has to be cleared up.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread handles signals
        return
    arrived: list[int] = []
    heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {
        number: signal.signal(number, lambda number, frame: arrived.append(number))
        for number in heard
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
        if arrived:
            signal.raise_signal(arrived[0])
