"""A pipeline run with tokens in place of values: when frames come out, and how they follow."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from corgibuilder.ir import Ints
from corgibuilder.plan.components import Rule

from .chains import Machine
from .machine_code import SEEN, run

MOST_FRAMES = 400  #: after which the longest distance seen lately is taken for the interval;
#: where the first frame takes longer to leave, after twice as many
#: In which, once the first one is out, a pipeline has to show that it never stops: buffers may fill
#: slowly. Of 300 random graphs none took more than 268.
PROOF_FRAMES = 4_000
#: Cycles of machine code at once: milliseconds, after which signals are taken, and a run ends that
#: has shown what it is for. Without that, MobileNet at 1280x720 with a latency takes 23 million
#: cycles to plan instead of 16 million, and all of ResNet-50 is simulated for 1.8 instead of 1.4.
STEPS = 1 << 12
FURTHER_FRAMES = 3  #: that begin after the first one has left, and are looked at
SLOWER = 8  #: frames in turn that show that a pipeline is too slow
#: Frames, and those under way at once, after which a pipeline that keeps a pace is where it was.
TIMEOUT_FRAMES = 40


@dataclass(frozen=True)
class Pace:
    """Cycles of a pipeline whose outputs are always taken.

    ``interval`` is the longest time from the end of one frame to the end of the next, in steady
    state. Latencies are those of the first frame, from its first input word to the first and the
    last word of each output, by node.
    """

    interval: int
    latencies: dict[str, tuple[int, int]]

    @property
    def frames(self) -> int:
        """Frames that are under way at once, at most."""
        return -(-self.slowest[1] // self.interval) + 1

    @property
    def slowest(self) -> tuple[int, int]:
        """Latencies of the output that ends last."""
        return max(self.latencies.values(), key=lambda spans: spans[1])


@dataclass(frozen=True)
class PipelineTiming(Pace):
    """The pace of a pipeline into which frames go as fast as it takes them.

    The first ``warm_up_frames`` times from the end of one frame to the end of the next, while
    buffers fill, may be longer than ``interval``; no later one is.
    """

    warm_up_frames: int


@dataclass
class _Run:
    """A machine and how far it has come."""

    machine: Machine
    word_interval: int  #: 0: words come evenly over the interval of frames
    frame_interval: int = 0
    clock: Ints = field(init=False)
    flags: Ints = field(init=False)
    begun: Ints = field(init=False)
    spans: Ints = field(init=False)

    def __post_init__(self) -> None:
        self.machine = replace(self.machine, state=self.machine.state.copy())
        chains = len(self.machine.chains)
        self.clock, self.flags = np.zeros(3, np.int64), np.zeros((chains, 3), np.int64)
        self.begun = np.full(MOST_FRAMES + 2, -1, np.int64)
        self.spans = np.full((chains, MOST_FRAMES + 2, 2), -1, np.int64)

    def go_to(self, frames: int, enough: Callable[[], bool] = lambda: False) -> None:
        """Run until so many frames have begun, or ``enough`` is seen before.

        Raises :class:`DeadlockError`.
        """
        if frames + 2 > len(self.begun) or self._is_full:
            self._make_room()
        while self.begun[frames - 1] < 0 and not enough():
            if not self._goes_on(frames) and self.begun[frames - 1] < 0:
                if not self._is_full:
                    raise DeadlockError
                self._make_room()

    def _goes_on(self, frames: int) -> bool:
        """Run for some cycles; whether that was not all there is to do."""
        m = self.machine
        more: bool = run(
            m.rules, m.parameters, m.state, m.chains, m.joined, m.readers, m.words, self.flags,
            self.clock, self.begun, self.spans, self.word_interval, self.frame_interval, frames,
            STEPS, np.zeros(len(m.rules), SEEN), np.zeros(len(m.chains), SEEN),
        )  # fmt: skip
        return more

    @property
    def _is_full(self) -> bool:
        """Whether there is no room for another frame of an output, which is ahead of the input."""
        return bool((self.spans[:, -1, 1] >= 0).any())

    def _make_room(self) -> None:
        known = len(self.begun)
        self.begun = np.pad(self.begun, (0, known), constant_values=-1)
        self.spans = np.pad(self.spans, ((0, 0), (0, known), (0, 0)), constant_values=-1)

    def falls_back(self, frames: int) -> bool:
        """Whether so many frames in turn left an output too slowly, and none of them faster."""
        gaps = (np.diff(self.ends(chain))[-frames:] for chain in self.machine.outputs.values())
        late = (gap - self.frame_interval for gap in gaps if len(gap) == frames)
        return any(gap.min() >= 0 and gap.sum() > 0 for gap in late)

    @property
    def first_frame_is_out(self) -> bool:
        return all(self.spans[chain, 0, 1] >= 0 for chain in self.machine.outputs.values())

    def latencies(self) -> dict[str, tuple[int, int]]:
        spans = self.spans[:, 0] - self._first_word
        return {n: (int(spans[c, 0]), int(spans[c, 1])) for n, c in self.machine.outputs.items()}

    def first_frame_keeps(self, wanted: Pace) -> bool:
        """Whether no output of the first frame is later than wanted, nor will certainly be.

        What is not out leaves now at the earliest.
        """
        if self.begun[0] < 0:
            return True
        first = np.where(self.spans[:, 0] < 0, self.clock[0], self.spans[:, 0]) - self._first_word
        return all(
            bool((first[c] <= wanted.latencies[n]).all()) for n, c in self.machine.outputs.items()
        )

    @property
    def frames_under_way(self) -> int:
        """Frames that have begun before the last output of the first one left."""
        left = max(self.spans[chain, 0, 1] for chain in self.machine.outputs.values())
        return int(((self.begun >= 0) & (self.begun < left)).sum())

    @property
    def _first_word(self) -> int:
        """Cycle of the first word at any input."""
        others = [self.spans[c, 0, 0] for c in self.machine.inputs[1:]]
        return int(min([self.begun[0], *(cycle for cycle in others if cycle >= 0)]))

    def ends(self, chain: int) -> Ints:
        """Cycles of the last words of the frames that have left."""
        ends: Ints = self.spans[chain, :, 1]
        return ends[ends >= 0]

    def snapshot(self) -> bytes:
        """The state, of which equal ones go on in the same way."""
        state = self.machine.state.copy()
        _relative(state, self.machine.rules, self.machine.parameters)
        return state.tobytes() + self.flags[:, 1:].tobytes()


def _relative(state: NDArray[np.void], rules: Ints, parameters: NDArray[np.void]) -> None:
    """Count pixels from the one that is written next, and forget what follows from the rest."""
    by_row = rules == Rule.ROW_BANKS
    written = np.where(by_row, state["written"] // parameters["columns"].clip(1), state["written"])
    state["base"] -= np.where(rules == Rule.SHUFFLED, 0, written)
    state["pair"] -= np.where(rules == Rule.SHUFFLED, written, 0)
    for number, name in enumerate(("start_0", "start_1")):
        state[name] = np.where(state["starts"] > number, state[name] - written, 0)
    state["written"] = state["blocked"] = state["complete"] = 0


class DeadlockError(Exception):
    """Nothing moves any more, or might not, and frames are not complete."""


_known: dict[bytes, PipelineTiming] = {}  #: simulations that were run
_kept: dict[bytes, bool] = {}  #: and those that were compared with what was wanted
_unstoppable: dict[bytes, bool] = {}  #: whether pipelines go on with the least storage


def timing(machine: Machine) -> PipelineTiming:
    """Interval and latencies, the input being offered as fast as it is taken.

    Raises :class:`DeadlockError` for a pipeline that stops then, or would with some
    stalls.
    """
    key = hashlib.sha256(machine.key).digest()
    if key not in _known:
        if not never_stops(machine):
            raise DeadlockError
        _known[key] = _timing(machine)
    return _known[key]


def never_stops(machine: Machine) -> bool:
    """Whether a pipeline goes on with the least storage that its joins may find.

    Registers that advance together hold fewer words when there are gaps between these, so that
    late words or a slow reader can hold up a fork that never is at full rate. A lean pipeline holds
    in each component only what that takes with any gaps. What components give depends on their
    words, not on when these come; except for the last windows of a row, which may wait for columns
    of the next row or not. Pipelines have to go on both ways.
    """
    if not len(machine.joined):
        return True
    tails = ("tail_early", "tail_late") if machine.has_tails else ("tail_early",)
    key = hashlib.sha256(machine.key).digest()
    if key not in _unstoppable:
        _unstoppable[key] = all(_goes_on(machine.lean(tail)) for tail in tails)
    return _unstoppable[key]


def _goes_on(machine: Machine) -> bool:
    """Whether a state comes again: then the pipeline never stops. Otherwise it stops, or might."""
    progress = _Run(machine, 1)
    seen: set[bytes] = set()
    frames, most = 0, PROOF_FRAMES
    while frames < most:
        frames += 1
        try:
            progress.go_to(frames)
        except DeadlockError:
            return False
        state = progress.snapshot()
        if not progress.first_frame_is_out:
            most = frames + PROOF_FRAMES
        elif state in seen:
            return True
        seen.add(state)
    return False


def _timing(machine: Machine) -> PipelineTiming:
    progress = _Run(machine, 1)
    seen: dict[bytes, int] = {}
    most, frames = MOST_FRAMES, 1
    progress.go_to(1)
    while frames < most:
        frames += 1
        progress.go_to(frames)
        since = seen.setdefault(progress.snapshot(), frames)
        if not progress.first_frame_is_out:
            most = max(most, 2 * frames + 2)
        elif since < frames:
            break
    else:
        since = most // 2
    outputs = machine.outputs.values()
    interval = max(_longest(progress, chain, since) for chain in outputs)
    return PipelineTiming(
        interval=interval,
        latencies=progress.latencies(),
        warm_up_frames=max(_warm_up_frames(progress, chain, interval) for chain in outputs),
    )


def keeps_pace(machine: Machine, wanted: Pace) -> bool:
    """Whether a pipeline is never slower than wanted where nothing outside it stalls.

    Frames are offered in every ``wanted.interval`` cycles. A pipeline that keeps that pace is soon
    again in a state in which it was, however long it would take to fill all its buffers when words
    are offered as fast as they are taken. With such early words it may still be slower, where they
    are in the way of those before them: only :func:`timing` tells.
    One that falls back for ``SLOWER`` frames one after the other, or is in no such state after
    ``TIMEOUT_FRAMES`` frames and twice those that are under way at once, is taken not to keep it.
    """
    pace = repr((wanted.interval, wanted.latencies)).encode()
    key = hashlib.sha256(pace + machine.key).digest()
    if key not in _kept:
        try:
            _kept[key] = _keeps_pace(machine, wanted)
        except DeadlockError:
            _kept[key] = False
    return _kept[key]


def _keeps_pace(machine: Machine, wanted: Pace) -> bool:
    progress = _Run(machine, 1, wanted.interval)
    seen: dict[bytes, int] = {}
    for frames in range(1, TIMEOUT_FRAMES + 2 * wanted.frames + 1):
        progress.go_to(frames, lambda: not progress.first_frame_keeps(wanted))
        if not progress.first_frame_keeps(wanted) or progress.falls_back(SLOWER):
            return False
        since = seen.setdefault(progress.snapshot(), frames)
        if since < frames and progress.first_frame_is_out:
            period = int(progress.begun[frames - 1] - progress.begun[since - 1])
            return period <= (frames - since) * wanted.interval
    return False


def latencies(
    machine: Machine, *, interval: int = 1, frame_interval: int = 0
) -> dict[str, tuple[int, int]]:
    """Latencies as in :class:`PipelineTiming`.

    A word comes in in every ``interval`` cycles, and a frame in every ``frame_interval``.
    """
    return _first_frame(machine, interval, frame_interval).latencies()


def frame_ends(machine: Machine, frames: int) -> dict[str, list[int]]:
    """Cycles of the last words of the first ``frames`` at each output, by node.

    Words come as fast as they are taken.
    """
    progress = _Run(machine, 1)
    outputs = machine.outputs
    for begun in count(frames):
        progress.go_to(begun)
        if all(len(progress.ends(chain)) >= frames for chain in outputs.values()):
            break
    return {node: progress.ends(chain)[:frames].tolist() for node, chain in outputs.items()}


def fills(
    machine: Machine, frame_interval: int, *, even: bool = False
) -> tuple[dict[str, tuple[int, int]], dict[tuple[str, int], int]]:
    """Latencies of the first frame, and depths with which queues at joins would refuse no word.

    These are by stage and input. A frame comes in in every ``frame_interval`` cycles, its words as
    fast as they are taken or in ``even`` distances.
    """
    progress = _first_frame(machine, 0 if even else 1, frame_interval)
    return progress.latencies(), _fills(progress)


def fills_in_time(machine: Machine, wanted: Pace) -> dict[tuple[str, int], int] | None:
    """The depths of :func:`fills`; ``None`` if the first frame is late at an output, or stops."""
    try:
        progress = _first_frame(machine, 1, wanted.interval, wanted)
        return _fills(progress) if progress.first_frame_keeps(wanted) else None
    except DeadlockError:
        return None


def _fills(progress: _Run) -> dict[tuple[str, int], int]:
    """The depths of :func:`fills`, once some more frames have begun."""
    progress.go_to(progress.frames_under_way + FURTHER_FRAMES)
    machine = progress.machine
    return {port: int(machine.state[k]["most"]) for port, k in machine.queues.items()}


def _first_frame(
    machine: Machine, interval: int, frame_interval: int = 0, wanted: Pace | None = None
) -> _Run:
    """A run until the first frame is out, or certainly later than ``wanted``."""
    progress = _Run(machine, interval, frame_interval)

    def enough() -> bool:
        late = wanted is not None and not progress.first_frame_keeps(wanted)
        return late or progress.first_frame_is_out

    for frames in count(1):
        progress.go_to(frames, enough)
        if enough():
            break
    return progress


def _longest(progress: _Run, chain: int, since: int) -> int:
    """Longest distance of frames at an output, from frame ``since`` on over and over again."""
    begun = progress.begun[progress.begun >= 0]
    ends, period = progress.ends(chain), int(begun[-1] - begun[since - 1])
    ends = ends[ends > begun[since - 1]]
    return int(np.diff([*ends, ends[0] + period]).max())


def _warm_up_frames(progress: _Run, chain: int, interval: int) -> int:
    """Number, from 1 on, of the last time between two ends longer than ``interval``; or 0."""
    late = np.flatnonzero(np.diff(progress.ends(chain)) > interval)
    return int(late[-1]) + 1 if len(late) else 0
